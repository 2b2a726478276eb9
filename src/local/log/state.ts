import type { Plan, Postponement } from '../../core/buffer.ts';
import type { LaneKey } from '../../core/lanes.ts';
import type { FailureReason } from '../../core/records.ts';
import type { Run, RunTimes } from './runs.ts';

/**
 * Everything the log knows, in memory: which records each lane and batch holds, and in which segments they lie. One
 * function, `applyGroup`, changes it: live, after a group has become durable, and when the log is opened, for each
 * group found. What is in the groups since the last snapshot, applied to that snapshot, is the state, whoever does it.
 */
export interface Ledger {
  /** Records the log has ever taken. */
  seq: number;
  readonly lanes: Map<LaneKey, LaneState>;
  /** How many of them each stage of each stream has; see `stageKey`. */
  readonly laneCounts: Map<string, number>;
  readonly batches: Map<string, BatchState>;
  readonly cursors: Map<string, string>;
  /** What is live of the records that were first written to each segment, and where they lie now. */
  readonly origins: Map<number, Origin>;
  /** Those that were not freed: also one that holds nothing but copies which do not count yet. */
  readonly segments: Map<number, SegmentState>;
  readonly heldBytes: Map<string, number>;
  /** The segment that takes new groups; 0 before the first. */
  active: number;
}

export interface LaneState {
  runs: Run[];
  records: number;
  bytes: number;
  openedAt: number;
}

export interface BatchState {
  readonly id: string;
  readonly lane: LaneKey;
  readonly runs: readonly Run[];
  readonly records: number;
  readonly bytes: number;
  readonly oldestAt: number;
  readonly sealedAt: number;
  advanced: number;
  plan?: Plan;
  postponed?: Postponement;
}

export interface Origin {
  /** References from lanes and batches: a record in two of them counts twice. At zero nothing of the origin is live. */
  records: number;
  bytes: number;
  places: readonly Place[];
}

/** A segment that holds records of an origin, and how many bytes of them. */
export interface Place {
  readonly segment: number;
  readonly bytes: number;
}

export interface SegmentState {
  readonly salt: number;
  /** The segment before it in time. */
  readonly previous?: number;
  /** Where its groups end. */
  end: number;
}

/**
 * What a group does besides the blocks it brings. Everything is spelled out, so that a group can be applied after an
 * earlier one was lost.
 */
export type Operation =
  | {
      readonly do: 'seal';
      readonly id: string;
      readonly lane: LaneKey;
      readonly now: number;
      readonly runs: readonly Run[];
      /** When the lane keeps the later part of the last run. */
      readonly rest?: RunTimes;
    }
  | { readonly do: 'plan'; readonly batch: string; readonly plan: Plan }
  | { readonly do: 'postpone'; readonly batch: string; readonly attempt: Postponement }
  | { readonly do: 'move'; readonly lane: LaneKey; readonly runs: readonly Run[] }
  | { readonly do: 'advance'; readonly batch: string; readonly upTo: number }
  | { readonly do: 'finish'; readonly batch: string }
  | { readonly do: 'discard'; readonly stream: string }
  /** Without a value it is forgotten. */
  | { readonly do: 'cursor'; readonly name: string; readonly value?: string | undefined }
  | {
      readonly do: 'relocate';
      readonly from: number;
      readonly places: readonly (readonly [origin: number, segment: number, bytes: number])[];
    };

/**
 * One block's metadata. Records of a written lane are numbered within the segment they were first written to, their
 * `origin`: a block holds `count` of them from number `from` on, wherever a copy of it lies.
 */
export interface BlockMeta {
  readonly origin: number;
  /** The lanes it was written to, in one name; see `writtenName`. */
  readonly name: string;
  readonly from: number;
  readonly count: number;
  /** Of the records, without the table of lengths. */
  readonly bytes: number;
  readonly arrivedAt: number;
  /** When its records entered the lane. */
  readonly enteredAt: number;
  readonly reason?: FailureReason;
}

export interface StoredBlock extends BlockMeta {
  /** In the segment's file. */
  readonly offset: number;
  readonly crc: number;
}

/**
 * What opens a segment. `previousEnd` is where the previous segment validly ends, whatever a failed write left behind
 * it.
 */
export interface SegmentHeader {
  readonly version: number;
  readonly number: number;
  readonly salt: number;
  readonly previous?: number;
  readonly previousEnd?: number;
  /** Records the log had taken before. */
  readonly seq: number;
}

/** The ledger as JSON; `restore` makes it a ledger again. Counters that follow from the rest are left out. */
export interface Snapshot {
  readonly seq: number;
  readonly active: number;
  readonly lanes: readonly (readonly [LaneKey, readonly PackedRun[]])[];
  readonly batches: readonly (Omit<BatchState, 'runs' | 'records' | 'bytes' | 'oldestAt'> & {
    readonly runs: readonly PackedRun[];
  })[];
  readonly cursors: readonly (readonly [name: string, value: string])[];
  readonly origins: readonly (readonly [number, readonly Place[]])[];
  readonly segments: readonly (readonly [number, SegmentState])[];
}

export type PackedRun = readonly [
  origin: number,
  /** Empty when it is the lane itself. */
  name: string,
  from: number,
  to: number,
  records: number,
  bytes: number,
  oldestAt: number,
  enteredAt: number,
  rest?: Pick<Run, 'only' | 'reason'>,
];
