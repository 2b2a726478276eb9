import type { JsonValue } from './json.ts';
import type { LaneKey, Stage } from './lanes.ts';
import type { Ranges } from './ranges.ts';
import type { FailureReason, RecordBlock } from './records.ts';
import type { Refusal } from './refusals.ts';

/**
 * The durable buffer: lanes of records, and the batches sealed from them. Two hosts implement it, and a memory form for
 * tests; all pass the same contract kit (`test/kit/buffer.ts`). Questions are answered at once where the state is in
 * memory, and later where it is a service's.
 *
 * Every method's promise resolves only when what it did survives a crash (in a weaker fsync mode: when the system has
 * the bytes). It rejects with a `DeliveryError` when the store cannot take it; then nothing of it happened.
 */
export interface RecordBuffer {
  /** The one way anything moves; see `Change`. Resolves with the state of the lanes it put records into. */
  commit(change: Change): Promise<readonly LaneStatus[]>;

  /**
   * Takes the lane's oldest records, at least `sizeBytes` of them if it holds as many, into a batch that never changes
   * again. Cuts between commits, so a batch may exceed `sizeBytes` by one commit. Undefined when the lane is empty.
   */
  seal(
    lane: LaneKey,
    want: { readonly id: string; readonly sizeBytes: number; readonly now: number },
  ): Promise<Batch | undefined>;

  /**
   * The batch's newest state for one attempt, or undefined while another attempt holds it or once it is finished.
   * `postpone`, `release` and a finishing commit end the lease.
   */
  lease(batch: string): Promise<Batch | undefined>;

  /** Ends a lease without a word about the outcome (shutdown). */
  release(batch: string): Answer<void>;

  /**
   * The batch's records in order, from its `advanced` mark and place `from` on, in pieces of at most a few MiB. May be
   * called again. Records whose stored bytes are damaged are left out, counted and reported; `place` tells where they
   * are missing.
   */
  read(batch: string, from?: number): AsyncIterable<BatchBlock>;

  /**
   * Stores what the delivery will create, before its first byte leaves. Replaces an earlier plan: when that is allowed
   * is the drain's decision.
   */
  plan(batch: string, plan: Plan): Promise<void>;

  /** Puts a failed batch off. Its bytes are not copied. A batch that is gone stays gone. */
  postpone(batch: string, attempt: Postponement): Promise<void>;

  /** One lane's state now, or undefined when it holds nothing. */
  lane(lane: LaneKey): Answer<LaneStatus | undefined>;

  /** How many lanes of a stream's stage hold something. */
  laneCount(streamId: string, stage: Stage): Answer<number>;

  /** Everything that waits, for the sweep at start and once a minute. */
  due(): Answer<Waiting>;

  close(): Promise<void>;
}

type Answer<T> = T | Promise<T>;

export interface Waiting {
  readonly lanes: readonly LaneStatus[];
  readonly batches: readonly Batch[];
}

/** A buffer of one process: it knows its state at any moment, has room for so much, and keeps cursors of sources. */
export interface LocalBuffer extends RecordBuffer, Room {
  release(batch: string): void;
  lane(lane: LaneKey): LaneStatus | undefined;
  laneCount(streamId: string, stage: Stage): number;
  due(): Waiting;

  /** A named cursor's last committed value. */
  cursor(name: string): string | undefined;
}

/** How much a host may buffer, and does. */
export interface Room {
  usage(): Usage;

  /** Bytes held for a stream, in all its lanes and batches. */
  heldBytes(streamId: string): number;
}

/**
 * All or nothing, and safe to repeat: when a batch that it advances, moves or finishes is gone, or advanced that far
 * already, the whole change is a no-op.
 */
export interface Change {
  /**
   * The time, in ms since the epoch, at which its records enter their lanes; absent, each does when it arrived. What
   * has been processed or moved waits anew: its lane's interval does not count from its arrival.
   */
  readonly now?: number;
  readonly append?: readonly Append[];
  readonly move?: readonly Move[];
  /**
   * The first `upTo` records of the batch have been dealt with; `read` starts after them. What is left has had no
   * attempt: `postponed` is gone.
   */
  readonly advance?: { readonly batch: string; readonly upTo: number };
  /** The batch is done: its records, except those moved in this or an earlier change, are gone. */
  readonly finish?: string;
  /** Everything the stream holds, in all lanes and batches, is gone, and so are its cursors. */
  readonly discard?: string;
  /** How far a source has been read. A name is `<stream id>/…`; a value of undefined forgets it. */
  readonly cursor?: { readonly name: string; readonly value: string | undefined };
}

export interface Append {
  /** More than one lane when the same records go two ways (delivery and source backup): the bytes are stored once. */
  readonly lanes: readonly LaneKey[];
  readonly records: RecordBlock;
}

/** Records of a batch change lanes without their bytes being copied. The batch itself still has to be finished. */
export interface Move {
  readonly batch: string;
  readonly lane: LaneKey;
  /** Record numbers within the batch, as half-open ranges in order; absent means all from its `advanced` mark on. */
  readonly records?: Ranges;
  readonly reason?: FailureReason;
}

export interface LaneStatus {
  readonly lane: LaneKey;
  readonly records: number;
  readonly bytes: number;
  /** When the first of its records entered the lane, in ms since the epoch: the buffering interval counts from it. */
  readonly openedAt: number;
}

/** Some of a batch's records. */
export interface BatchBlock extends RecordBlock {
  /** Of its first record among the batch's records. */
  readonly place: number;
}

export interface Batch {
  readonly id: string;
  readonly lane: LaneKey;
  readonly records: number;
  readonly bytes: number;
  /** Arrival of its oldest record, in ms since the epoch. */
  readonly oldestAt: number;
  readonly sealedAt: number;
  readonly advanced: number;
  readonly plan?: Plan;
  /** The state of past attempts; absent before the first has failed. */
  readonly postponed?: Postponement;
}

/**
 * What a delivery will create, written down before each attempt so that a repeat overwrites and a crash can be told
 * from a refusal.
 */
export interface Plan {
  readonly streamVersion: number;
  /** The attempt that is under way, 1 for the first. */
  readonly attempt: number;
  /** Belongs to the destination: bucket and key, document ids, client tokens. */
  readonly output: JsonValue;
  /** What the destination noted in the middle of an attempt: an upload id, finished slices. */
  readonly note?: JsonValue;
  /** Of a batch that goes out in slices: what needs no further attempt. */
  readonly progress?: Progress;
}

export interface Progress {
  /** Records that were taken or refused for good. */
  readonly settled: Ranges;
  /** Those of them that were refused. They go to the error output when the batch is done. */
  readonly refusals: readonly Refusal[];
  /** Slices that the far side has and has not answered for. */
  readonly pending: readonly PendingSlice[];
  /** Places where slices that were too large were cut, in order. */
  readonly halvedAt: readonly number[];
}

/** Records of a batch that go out in one request: from place `from` to before place `to`. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  /** How many there are; damaged ones are missing. */
  readonly records: number;
  readonly bytes: number;
}

export interface PendingSlice extends Cut {
  /** The destination's, handed back to its `check`. */
  readonly state: JsonValue;
  /** Not before this time, in ms since the epoch. */
  readonly checkAt: number;
}

export interface Postponement {
  /** Next attempt, in ms since the epoch. */
  readonly until: number;
  readonly attempts: number;
  readonly firstAttemptAt: number;
  /** When the last attempt ended. */
  readonly endedAt: number;
  /** How long the batch has waited for another try, all waits together. */
  readonly waitedMs?: number;
  /** It waits for the far side's word on what that has, not for another try. */
  readonly isPending?: true;
  /** `refused`: in every attempt under this plan the far side certainly took nothing. `unknown`: it may have. */
  readonly outcome: 'refused' | 'unknown';
  readonly code: string;
  readonly message: string;
}

export interface Usage {
  readonly usedBytes: number;
  readonly budgetBytes: number;
}
