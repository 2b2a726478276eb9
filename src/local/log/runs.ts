import { isDeepStrictEqual } from 'node:util';
import type { FailureReason } from '../../core/records.ts';

/**
 * Consecutive records of one written lane: lanes and batches are lists of these, never of blocks or records. A run says
 * which records, not where they lie: the ledger knows in which segments an origin's records are to be found.
 */
export interface Run extends RunTimes {
  /** The segment they were first written to. */
  readonly origin: number;
  /** The lanes they were written to; see `writtenName`. */
  readonly name: string;
  /** Their numbers among the records of this name and origin, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly bytes: number;
  /** When only some of them: half-open ranges in order, flat. */
  readonly only?: readonly number[];
  /** Given when they were moved; stands above the reason they were written with. */
  readonly reason?: FailureReason;
}

/** In ms since the epoch. */
export interface RunTimes {
  /** Earliest arrival. */
  readonly oldestAt: number;
  /** When the first of them entered the lane. */
  readonly enteredAt: number;
}

/** Adds a run at the end, as one with the last if it continues that. */
export function pushRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last === undefined || !continues(last, run)) {
    runs.push(run);
    return;
  }
  runs[runs.length - 1] = {
    ...last,
    to: run.to,
    records: last.records + run.records,
    bytes: last.bytes + run.bytes,
    ...earliest(last, run),
  };
}

export function earliest(one: RunTimes, other: RunTimes): RunTimes {
  return {
    oldestAt: Math.min(one.oldestAt, other.oldestAt),
    enteredAt: Math.min(one.enteredAt, other.enteredAt),
  };
}

function continues(last: Run, run: Run): boolean {
  if (last.to !== run.from || last.origin !== run.origin || last.name !== run.name) return false;
  return last.only === undefined && run.only === undefined && isDeepStrictEqual(last.reason, run.reason);
}

/** The run's records as half-open ranges of their numbers, flat. */
export const rangesOf = (run: Run): readonly number[] => run.only ?? [run.from, run.to];

/** The record numbers of the run's records from place `first` (in the run) to before place `last`, as flat ranges. */
export function rangesBetween(run: Run, first: number, last: number): number[] {
  const picked: number[] = [];
  const ranges = rangesOf(run);
  let place = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i]!; // ranges come in pairs
    const length = ranges[i + 1]! - from;
    const start = Math.max(first - place, 0);
    const end = Math.min(last - place, length);
    if (start < end) addRange(picked, from + start, from + end);
    place += length;
  }
  return picked;
}

/** Where among the run's records the one of this number stands. */
export function placeIn(run: Run, number: number): number {
  const ranges = rangesOf(run);
  let place = 0;
  for (let i = 0; i < ranges.length && ranges[i]! < number; i += 2) {
    place += Math.min(number, ranges[i + 1]!) - ranges[i]!; // ranges come in pairs
  }
  return place;
}

/** Adds a range that starts at or after the end of the last. */
function addRange(ranges: number[], from: number, to: number): void {
  if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
  else ranges.push(from, to);
}

/** Flat ranges as pairs. */
export function pairsIn(ranges: readonly number[]): [from: number, to: number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]); // ranges come in pairs
  return pairs;
}

/** How many numbers flat ranges hold. */
export function sumOfRanges(ranges: readonly number[]): number {
  return pairsIn(ranges).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** What both lists of ranges hold. */
export function overlap(one: readonly number[], other: readonly number[]): number[] {
  const common: number[] = [];
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const from = Math.max(one[i]!, other[j]!); // ranges come in pairs
    const to = Math.min(one[i + 1]!, other[j + 1]!);
    if (from < to) addRange(common, from, to);
    if (one[i + 1]! < other[j + 1]!) i += 2;
    else j += 2;
  }
  return common;
}

/** The run's later part, from record number `from` on, when the records before it, holding `bytes`, are taken away. */
export function restOf(
  run: Run,
  from: number,
  taken: { readonly records: number; readonly bytes: number },
  times: RunTimes,
): Run {
  const only = run.only && overlap(run.only, [from, run.to]);
  return {
    ...run,
    from,
    records: run.records - taken.records,
    bytes: run.bytes - taken.bytes,
    oldestAt: times.oldestAt,
    enteredAt: times.enteredAt,
    ...(only && { only }),
  };
}

export const sumOf = (runs: readonly Run[], of: 'records' | 'bytes'): number =>
  runs.reduce((sum, run) => sum + run[of], 0);
export const earliestOf = (runs: readonly Run[], of: keyof RunTimes): number =>
  runs.reduce((earliest, run) => Math.min(earliest, run[of]), Infinity);
