import type { Batch, LaneStatus } from '../../core/buffer.ts';
import { type LaneKey, laneOf, type Stage } from '../../core/lanes.ts';
import { lanesOf } from './format.ts';
import { earliestOf, pushRun, type Run, type RunTimes, restOf, sumOf } from './runs.ts';
import type { BatchState, Ledger, Operation, Place, SegmentHeader, StoredBlock } from './state.ts';

export function emptyLedger(): Ledger {
  return {
    seq: 0,
    lanes: new Map(),
    laneCounts: new Map(),
    batches: new Map(),
    cursors: new Map(),
    origins: new Map(),
    segments: new Map(),
    heldBytes: new Map(),
    active: 0,
  };
}

/**
 * What a durable group changes. First its seals, for each was decided on what its lane held before the group; then the
 * blocks it brought fill their lanes; then its other operations, in order.
 */
export function applyGroup(
  ledger: Ledger,
  group: {
    readonly segment: number;
    readonly seq: number;
    readonly blocks: readonly StoredBlock[];
    readonly operations: readonly Operation[];
  },
  end: number,
): void {
  for (const operation of group.operations) if (operation.do === 'seal') applySeal(ledger, operation);
  let records = 0;
  for (const block of group.blocks) {
    // A block of another origin is a copy: nothing changes until `relocate` says that it counts.
    if (block.origin !== group.segment) continue;
    records += block.count;
    place(ledger, block);
  }
  ledger.seq = group.seq + records;
  for (const operation of group.operations) applyOperation(ledger, operation);
  const segment = ledger.segments.get(group.segment);
  if (segment) segment.end = end;
}

/** The log goes on in a new segment; the previous one ends where the header says. */
export function applyOpen(ledger: Ledger, header: Omit<SegmentHeader, 'version' | 'seq'>, end: number): void {
  const { number, salt, previous, previousEnd } = header;
  const before = previous === undefined ? undefined : ledger.segments.get(previous);
  if (before) before.end = previousEnd ?? before.end;
  ledger.segments.set(number, { salt, end, ...(previous !== undefined && { previous }) });
  ledger.origins.set(number, { records: 0, bytes: 0, places: [{ segment: number, bytes: 0 }] });
  const last = ledger.active;
  ledger.active = number;
  forgetIfDead(ledger, last);
}

/**
 * The segments that must be kept: those that hold live records, the active one, and the one before it, should the
 * active one's snapshot be damaged.
 */
export function segmentsInUse(ledger: Ledger): Set<number> {
  const used = new Set([ledger.active]);
  const previous = ledger.segments.get(ledger.active)?.previous;
  if (previous !== undefined) used.add(previous);
  for (const { places } of ledger.origins.values()) for (const { segment } of places) used.add(segment);
  return used;
}

export function laneStatus(ledger: Ledger, lane: LaneKey): LaneStatus | undefined {
  const state = ledger.lanes.get(lane);
  return state && { lane, records: state.records, bytes: state.bytes, openedAt: state.openedAt };
}

export function batchOf({ runs: _, ...batch }: BatchState): Batch {
  return { ...batch };
}

function place(ledger: Ledger, block: StoredBlock): void {
  const { origin, name, from, count: records, bytes, arrivedAt: oldestAt, enteredAt } = block;
  const run: Run = { origin, name, from, to: from + records, records, bytes, oldestAt, enteredAt };
  for (const lane of lanesOf(name)) addToLane(ledger, lane, run);
  const home = ledger.origins.get(origin);
  const held = home?.places[0];
  if (home && held) home.places = [{ segment: origin, bytes: held.bytes + bytes }];
}

/** Adds a run to the end of a lane. */
export function addToLane(ledger: Ledger, lane: LaneKey, run: Run): void {
  const state = ledger.lanes.get(lane);
  if (state === undefined) {
    countLane(ledger, lane, 1);
    ledger.lanes.set(lane, { runs: [run], records: run.records, bytes: run.bytes, openedAt: run.enteredAt });
  } else {
    pushRun(state.runs, run);
    state.records += run.records;
    state.bytes += run.bytes;
    state.openedAt = Math.min(state.openedAt, run.enteredAt);
  }
  hold(ledger, lane, [run], 1);
}

export function stageKey(streamId: string, stage: Stage): string {
  return `${streamId}/${stage}`;
}

function dropLane(ledger: Ledger, lane: LaneKey): void {
  if (ledger.lanes.delete(lane)) countLane(ledger, lane, -1);
}

function countLane(ledger: Ledger, lane: LaneKey, sign: 1 | -1): void {
  const { streamId, stage } = laneOf(lane);
  const key = stageKey(streamId, stage);
  const count = (ledger.laneCounts.get(key) ?? 0) + sign;
  if (count === 0) ledger.laneCounts.delete(key);
  else ledger.laneCounts.set(key, count);
}

/** Counts what a lane or batch holds (sign 1), or holds no more (-1), with the stream and with the origins. */
export function hold(ledger: Ledger, lane: LaneKey, runs: readonly Run[], sign: 1 | -1): void {
  const { streamId } = laneOf(lane);
  const held = (ledger.heldBytes.get(streamId) ?? 0) + sign * sumOf(runs, 'bytes');
  for (const run of runs) {
    const origin = ledger.origins.get(run.origin) ?? { records: 0, bytes: 0, places: [] };
    ledger.origins.set(run.origin, origin);
    origin.records += sign * run.records;
    origin.bytes += sign * run.bytes;
    forgetIfDead(ledger, run.origin);
  }
  // Records of no bytes hold none; whether the stream's entry stays matters to nobody.
  if (sign < 0 && held === 0) ledger.heldBytes.delete(streamId);
  else ledger.heldBytes.set(streamId, held);
}

function forgetIfDead(ledger: Ledger, number: number): void {
  const origin = ledger.origins.get(number);
  if (origin?.records === 0 && number !== ledger.active) ledger.origins.delete(number);
}

function applyOperation(ledger: Ledger, operation: Operation): void {
  // A batch that is not there was lost with an earlier group, or is gone: what happens to it has no effect.
  const batch = 'batch' in operation ? ledger.batches.get(operation.batch) : undefined;
  if (operation.do === 'plan' && batch) batch.plan = operation.plan;
  else if (operation.do === 'postpone' && batch) batch.postponed = operation.attempt;
  else if (operation.do === 'advance' && batch) advance(batch, operation.upTo);
  else if (operation.do === 'finish' && batch) dropBatch(ledger, batch);
  else if (operation.do === 'move') for (const run of operation.runs) addToLane(ledger, operation.lane, run);
  else if (operation.do === 'discard') applyDiscard(ledger, operation.stream);
  else if (operation.do === 'cursor') applyCursor(ledger, operation);
  else if (operation.do === 'relocate') applyRelocate(ledger, operation);
}

function advance(batch: BatchState, upTo: number): void {
  batch.advanced = upTo;
  delete batch.postponed;
}

function applySeal(ledger: Ledger, seal: Operation & { readonly do: 'seal' }): void {
  const { id, lane, now, runs } = seal;
  const state = ledger.lanes.get(lane);
  // What stays is counted before what goes: an origin at zero is forgotten.
  hold(ledger, lane, runs, 1);
  if (state) {
    const before = state.runs;
    state.runs = without(before, runs, seal.rest);
    hold(ledger, lane, state.runs, 1);
    hold(ledger, lane, before, -1);
    state.records = sumOf(state.runs, 'records');
    state.bytes = sumOf(state.runs, 'bytes');
    state.openedAt = earliestOf(state.runs, 'enteredAt');
    if (state.runs.length === 0) dropLane(ledger, lane);
  }
  const [records, bytes, oldestAt] = [sumOf(runs, 'records'), sumOf(runs, 'bytes'), earliestOf(runs, 'oldestAt')];
  ledger.batches.set(id, { id, lane, runs, records, bytes, oldestAt, sealedAt: now, advanced: 0 });
}

/**
 * The lane's runs without those a batch took. Both are in the lane's order, and only the last one taken can be the
 * earlier part of a run; but where damage took a group away, a run may be missing from the lane.
 */
function without(runs: readonly Run[], taken: readonly Run[], rest: RunTimes | undefined): Run[] {
  const left: Run[] = [];
  let next = 0;
  for (const run of runs) {
    let found = next;
    while (found < taken.length && !isPartOf(taken[found]!, run)) found += 1; // found < length
    const one = taken[found];
    if (one === undefined) {
      left.push(run);
      continue;
    }
    next = found + 1;
    if (one.to < run.to) left.push(restOf(run, one.to, one, rest ?? run));
  }
  return left;
}

function isPartOf(taken: Run, run: Run): boolean {
  return taken.origin === run.origin && taken.name === run.name && taken.from === run.from && taken.to <= run.to;
}

function applyDiscard(ledger: Ledger, stream: string): void {
  for (const [lane, { runs }] of ledger.lanes) {
    if (laneOf(lane).streamId !== stream) continue;
    dropLane(ledger, lane);
    hold(ledger, lane, runs, -1);
  }
  for (const batch of ledger.batches.values()) if (laneOf(batch.lane).streamId === stream) dropBatch(ledger, batch);
  for (const name of ledger.cursors.keys()) if (name.startsWith(`${stream}/`)) ledger.cursors.delete(name);
  ledger.heldBytes.delete(stream);
}

function applyCursor(ledger: Ledger, { name, value }: Operation & { readonly do: 'cursor' }): void {
  if (value === undefined) ledger.cursors.delete(name);
  else ledger.cursors.set(name, value);
}

function dropBatch(ledger: Ledger, batch: BatchState): void {
  ledger.batches.delete(batch.id);
  hold(ledger, batch.lane, batch.runs, -1);
}

function applyRelocate(ledger: Ledger, { from, places }: Operation & { readonly do: 'relocate' }): void {
  const copies = new Map<number, Place[]>();
  for (const [of, segment, bytes] of places) {
    const known = copies.get(of);
    if (known) known.push({ segment, bytes });
    else copies.set(of, [{ segment, bytes }]);
  }
  for (const [number, origin] of ledger.origins) {
    if (!origin.places.some(({ segment }) => segment === from)) continue;
    origin.places = [...origin.places.filter(({ segment }) => segment !== from), ...(copies.get(number) ?? [])];
  }
}
