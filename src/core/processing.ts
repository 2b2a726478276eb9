import type { JsonObject } from './json.ts';
import type { FailureReason } from './records.ts';
import type { StreamDefinition } from './streams.ts';

/**
 * Turns source records into what their destination is to get: a stream's processors, in AWS's order. Knows nothing of
 * lanes and buffers; the drain commits what it says.
 */
export interface Processing {
  /**
   * One attempt at a chunk of a batch. Every record ends in an output, a failure, or nothing, when a processor dropped
   * it. Throws a `DeliveryError` when the whole attempt failed.
   */
  process(chunk: Chunk, signal: AbortSignal): Promise<Processed>;
}

export interface Chunk {
  readonly stream: StreamDefinition;
  /** With a record's place it makes an id that is the same in every attempt. */
  readonly batch: string;
  readonly records: readonly SourceRecord[];
}

export interface SourceRecord {
  /** Among the batch's records. */
  readonly place: number;
  /** Ms since the epoch. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
  /** What the stream's own source says of it. */
  readonly metadata?: JsonObject;
}

export interface Processed {
  readonly outputs: readonly ProcessedRecord[];
  readonly failures: readonly ProcessingFailure[];
}

export interface ProcessedRecord {
  readonly arrivedAt: number;
  readonly data: Uint8Array;
  /** The dynamic partition it goes to; empty without partitioning. */
  readonly partition: string;
}

export interface ProcessingFailure {
  readonly arrivedAt: number;
  /** The source record as it was put, or the part of it that failed. */
  readonly data: Uint8Array;
  /** Its attempts are one, and end now, unless it says otherwise. */
  readonly reason: Pick<FailureReason, 'type' | 'code' | 'message'> & Partial<FailureReason>;
}
