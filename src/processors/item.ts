import type { SourceRecord } from '../core/processing.ts';
import type { FailureReason } from '../core/records.ts';

/** A record on its way through the processors. */
export interface Item {
  /** What was put: the record, or the part of it that de-aggregation made of it. Failures are about this. */
  readonly source: SourceRecord;
  /** Which part it is; 0 for a whole record. */
  readonly part: number;
  /** What the processors so far have made of it. */
  readonly data: Uint8Array;
  /** Partition keys that a Lambda processor gave it. */
  readonly lambdaKeys?: Keys;
  /** Partition keys that a query found in it. */
  readonly queryKeys?: Keys;
}

export type Keys = ReadonlyMap<string, string>;

export type Reason = Pick<FailureReason, 'type' | 'code' | 'message'>;

/** What a processor makes of one record: as many as it likes, none when it drops it, or the reason why it cannot. */
export type Outcome = readonly Item[] | Reason;
