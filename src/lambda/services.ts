import type { LaneKey, Stage } from '../core/lanes.ts';

/**
 * What the Lambda host asks of S3, DynamoDB and SQS, no more than each promises. Every call may fail, and then may have
 * had its effect all the same; every conditional write may answer false because its own first try had been counted.
 * Failures are `DeliveryError`s.
 */

/** The staging bucket. A key is written once and never again with other bytes. */
export interface StagedObjects {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Those that are gone already count as removed. */
  remove(keys: readonly string[]): Promise<void>;
  /** All, in any order; `storedAt` in ms since the epoch. */
  list(): AsyncIterable<{ readonly key: string; readonly storedAt: number }>;
}

export interface RowKey {
  readonly partition: string;
  readonly name: string;
}

export interface NewRow extends RowKey {
  /**
   * Where the row is among its partition's open ones; rows without it are not among them. A sparse local index of keys:
   * what a row holds is read from the row itself, so that long ones are not written twice.
   */
  readonly open?: string;
  /** In the index of what is due, in ms since the epoch; rows without it are not there. */
  readonly dueAt?: number;
  /** In the index of what a stream holds; rows without it are not there. */
  readonly streamId?: string;
  /** With the keys, all that the two indexes hold, so that a change of anything else is written once. */
  readonly lane?: LaneKey;
  readonly records?: number;
  readonly bytes?: number;
  /** From then on the table may remove the row, in ms since the epoch. Only tombstones have it. */
  readonly expiresAt?: number;
  /** Short: see `rowBodies`. */
  readonly body: string;
}

export interface Row extends NewRow {
  /** 1 when created; every write adds 1. */
  readonly version: number;
}

/** What an index tells of a row. It may be behind: the row may have changed since, or be gone. */
export type IndexedRow = Pick<NewRow, 'partition' | 'name' | 'dueAt' | 'lane'>;

/** One table, single-item writes only: transactions cost double, and local emulators lack them. */
export interface Rows {
  /** Consistent: sees every write that was answered. */
  get(key: RowKey): Promise<Row | undefined>;
  /**
   * False when there is such a row. Throws `Buffer.Throttled`, without another try, when it was refused for being one
   * too many for its partition: only where that is certain, so not after a try whose end is unknown.
   */
  create(row: NewRow): Promise<boolean>;
  /** False when the row has another version. */
  replace(row: NewRow, ifVersion: number): Promise<boolean>;
  /**
   * Adds to the counts whatever the version, makes the row if there is none, and sets only those of the rest that are
   * not set; `dueAt` in any case when it `isDueAnew`.
   */
  add(row: NewRow, how?: { readonly isDueAnew: true }): Promise<Row>;
  /** The open rows of a partition in order, a page at a time. Consistent. */
  open(partition: string, after?: string): Promise<readonly Row[]>;
  /** All that are due by then, in any order. */
  due(before: number): AsyncIterable<IndexedRow>;
  held(streamId: string): AsyncIterable<IndexedRow>;
  /** Every row that is there from the beginning to the end of the scan, and perhaps others. */
  all(): AsyncIterable<Row>;
}

/** What is to be looked at: a lane that may be due, or a batch that may be attempted. */
export type Wake = { readonly lane: LaneKey } | BatchWake;

export interface BatchWake {
  readonly batch: string;
  readonly streamId: string;
  readonly stage: Stage;
}

export interface Message {
  readonly wake: Wake;
  /**
   * Not before this time, in ms since the epoch, as far as the queue can wait: what is further away comes early. In the
   * past: at once.
   */
  readonly at: number;
}

export interface Wakes {
  /** Each at least once, in any order. Any number of them. Rejects when some may not have been sent. */
  send(messages: readonly Message[]): Promise<void>;
}
