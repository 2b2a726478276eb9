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
  /** Where the row is among its partition's open ones; rows without it are not among them (a sparse local index). */
  readonly open?: string;
  /** In the index of what is due, in ms since the epoch; rows without it are not there. */
  readonly dueAt?: number;
  /** In the index of what a stream holds; rows without it are not there. */
  readonly streamId?: string;
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

/** One table, single-item writes only: transactions cost double, and local emulators lack them. */
export interface Rows {
  /** Consistent: sees every write that was answered. */
  get(key: RowKey): Promise<Row | undefined>;
  /** False when there is such a row. */
  create(row: NewRow): Promise<boolean>;
  /** False when the row has another version. */
  replace(row: NewRow, ifVersion: number): Promise<boolean>;
  /**
   * Adds to the counts whatever the version, makes the row if there is none, and sets only those of the rest that are
   * not set.
   */
  add(row: NewRow): Promise<Row>;
  /** The open rows of a partition in order, a page at a time. Consistent. */
  open(partition: string, after?: string): Promise<readonly Row[]>;
  /** May be behind. */
  due(before: number): Promise<readonly Row[]>;
  /** May be behind. */
  held(streamId: string): Promise<readonly Row[]>;
  /** Every row that is there from the beginning to the end of the scan, and perhaps others. */
  all(): AsyncIterable<Row>;
}

/** What is to be looked at: a lane that may be due, or a batch that may be attempted. */
export type Wake = { readonly lane: string } | { readonly batch: string };

export interface Wakes {
  /** Not before this time, in ms since the epoch; at least once, in any order, or later. */
  send(wake: Wake, at: number): Promise<void>;
}
