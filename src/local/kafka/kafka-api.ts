import type { DeliveryError } from '../../core/errors.ts';
import type { AbortedTransaction } from './record-batches.ts';

export interface Topic {
  /** Another one when the topic was deleted and made again; absent where the cluster gives topics none. */
  readonly id?: string;
  readonly partitions: readonly { readonly partition: number; readonly leader: number }[];
}

/** The first record there is, the end, or the first record at or after a time in ms since the epoch. */
export type Place = 'earliest' | 'latest' | number;

/** What a broker has of a partition from an offset on. */
export interface Fetched {
  readonly partition: number;
  /** Instead of all else. */
  readonly error?: DeliveryError;
  /** Where the partition ends for readers: nothing from there on is decided. */
  readonly end: number;
  /** Whole batches, the first of which may begin before the offset; the last may be cut off. */
  readonly batches: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

/** What reading a topic takes. All reject with a `DeliveryError`, or with the signal's reason once that aborted. */
export interface KafkaApi {
  topic(name: string, signal: AbortSignal): Promise<Topic>;
  /** By partition; absent where there is nothing at or after the time. Of partitions that the broker leads. */
  offsets(
    from: { readonly leader: number; readonly topic: string },
    places: readonly { readonly partition: number; readonly place: Place }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, number>>;
  /** Answers at once, with or without records; the first partitions get the most. */
  fetch(
    from: { readonly leader: number; readonly topic: string },
    partitions: readonly { readonly partition: number; readonly offset: number }[],
    signal: AbortSignal,
  ): Promise<readonly Fetched[]>;
}
