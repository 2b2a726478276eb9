import type { JsonObject } from '../../core/json.ts';

export interface TransformRecord {
  /** The same at every attempt; unique within a batch. */
  readonly id: string;
  /** In ms since the epoch. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
  /** Further members of the record in the event, which tell where its source had it. */
  readonly members?: JsonObject;
}

export interface TransformBatch {
  readonly stream: {
    readonly name: string;
    readonly arn: string;
    readonly region: string;
    /** Further members of the event, which name the stream's source. */
    readonly members?: JsonObject;
    /** What a record's bytes are called, in the event and in the answer. */
    readonly dataMember: 'data' | 'kafkaRecordValue';
  };
  /** As the stream names it, with its version or alias. */
  readonly functionArn: string;
  readonly records: readonly TransformRecord[];
}

export interface TransformOutput {
  readonly data: Uint8Array;
  /**
   * What the function says the record is to be partitioned by. A key whose value it left null is missing here; whether
   * a value may be empty is for the partitioning to say.
   */
  readonly partitionKeys?: Readonly<Record<string, string>>;
}

export type TransformOutcome =
  | { readonly result: 'Ok'; readonly outputs: readonly TransformOutput[] }
  | { readonly result: 'Dropped' }
  /** AWS's code and message. It is final: the record is not tried again. */
  | { readonly result: 'failed'; readonly code: string; readonly message: string };

/**
 * One attempt at one batch: outcomes in the order of its records. Rejects with a `DeliveryError` (code `Lambda.…`) when
 * the whole attempt failed, or with the signal's reason once that aborted; the caller counts attempts and decides when
 * to give up. The records' bytes stay the caller's.
 */
export type Transform = (batch: TransformBatch, signal: AbortSignal) => Promise<readonly TransformOutcome[]>;

/**
 * Calls a function once: an event's JSON in, its answer's JSON out. Rejects with a `DeliveryError`, which is
 * `tooLarge()` when the function's host refused the size of either. The payload is given away: it may be transferred.
 */
export type Invoke = (payload: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<Uint8Array>;
