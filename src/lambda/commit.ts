import assert from 'node:assert';
import type { Change, LaneStatus, Move } from '../core/buffer.ts';
import type { LaneKey } from '../core/lanes.ts';
import type { RecordBlock } from '../core/records.ts';
import { changeBatch, enterAll } from './batch-changes.ts';
import type { BatchState } from './batch-rows.ts';
import { namesOnly, tombstone } from './bodies.ts';
import { type Entry, enterAnywhere } from './lane-entries.ts';
import { orderOf } from './lane-keys.ts';
import { copyParts, handOver, objectsOf, type Part, sizeOf, storePart } from './parts.ts';
import type { NewRow, Row } from './services.ts';
import { shardOf } from './shards.ts';
import type { Store } from './store.ts';

export interface CommitPorts extends Store {
  /** Throws when this process has lost its lease on the batch. */
  readonly fence: (state: BatchState) => void;
  /** A number that grows with each call, in this process. */
  readonly next: () => number;
}

/** Everything but discarding; see the design in `buffer.ts`. */
export async function commitChange(ports: CommitPorts, change: Change): Promise<readonly LaneStatus[]> {
  assert(change.cursor === undefined, 'functions are handed what sources have; they keep no cursors');
  const id = ports.newId();
  const batches = [change.finish, change.advance?.batch, ...(change.move ?? []).map(({ batch }) => batch)];
  const [batch, ...others] = new Set(batches.filter((named) => named !== undefined));
  assert(others.length === 0, 'a change is about one batch');
  const appended = new Map<LaneKey, Promise<readonly Part[]>>();
  for (const [lane, blocks] of blocksByLane(change))
    appended.set(
      lane,
      storePart(ports, blocks).then((part) => [part]),
    );
  const stored = await allOf(appended);
  if (batch === undefined) return appendOnly(ports, entriesOf(ports, { id, change, parts: stored }));

  const filled = await changeBatch(ports, batch, async (state) => {
    if (change.advance !== undefined && state.advanced >= change.advance.upTo) return undefined;
    ports.fence(state);
    const parts = new Map(stored);
    for (const move of change.move ?? []) {
      parts.set(move.lane, [...(parts.get(move.lane) ?? []), ...(await moved(ports, state, { change, move }))]);
    }
    const decided = {
      id,
      entries: entriesOf(ports, { id, change, parts }),
      isFinish: change.finish !== undefined,
    };
    return { ...advanced(state, change), decided };
  });
  return filled ?? [];
}

function advanced(state: BatchState, { advance }: Change): BatchState {
  if (advance === undefined) return state;
  const { postponed: _, ...untried } = state;
  return { ...untried, advanced: advance.upTo };
}

function blocksByLane({ append }: Change): Map<LaneKey, RecordBlock[]> {
  const byLane = new Map<LaneKey, RecordBlock[]>();
  for (const { lanes, records } of append ?? []) {
    if (records.lengths.length === 0) continue;
    for (const lane of lanes) byLane.set(lane, [...(byLane.get(lane) ?? []), records]);
  }
  return byLane;
}

async function allOf<K, V>(promises: ReadonlyMap<K, Promise<V>>): Promise<Map<K, V>> {
  return new Map(await Promise.all([...promises].map(async ([key, promise]) => [key, await promise] as const)));
}

interface Made {
  readonly id: string;
  readonly change: Change;
  readonly parts: ReadonlyMap<LaneKey, readonly Part[]>;
}

function entriesOf({ now, next, shards }: CommitPorts, { id, change, parts }: Made): readonly Entry[] {
  const order = orderOf({ at: now(), number: next(), id });
  return [...parts].flatMap(([lane, all]) => {
    const enteredAt = change.now ?? Math.min(...all.map(({ arrivedAt }) => arrivedAt));
    return sizeOf(all).records === 0 ? [] : [{ lane: shardOf(shards, lane, order), order, enteredAt, parts: all }];
  });
}

/**
 * A batch that goes to one other lane as it is hands its objects over. Where only some of its records go, or to several
 * lanes, theirs are copied: an object has one owner.
 */
async function moved(
  ports: CommitPorts,
  state: BatchState,
  { change, move }: { readonly change: Change; readonly move: Move },
): Promise<readonly Part[]> {
  const { reason, records } = move;
  const isWhole = records === undefined && change.finish !== undefined && change.move?.length === 1;
  if (isWhole) return handOver(ports, state.parts, { from: state.advanced, reason });
  const ranges = records ?? [[state.advanced, sizeOf(state.parts).records] as const];
  return copyParts(ports, state.parts, { ranges, reason });
}

/** Several lanes are filled by way of a row that says so until they are. */
async function appendOnly(ports: CommitPorts, entries: readonly Entry[]): Promise<readonly LaneStatus[]> {
  const [entry, ...others] = entries;
  if (entry === undefined) return [];
  if (others.length === 0) return [await enterAnywhere(ports, entry)];
  const { rows, bodies, newId, now } = ports;
  const key = { partition: `change/${newId()}`, name: 'change' };
  const row: NewRow = { ...key, dueAt: now() + UNDERWAY_MS, body: await bodies.fold(entries) };
  await rows.create(row);
  const filled = await enterAll(ports, entries);
  await endAppend(ports, { ...row, version: 1 }, entries);
  return filled;
}

export async function endAppend({ rows, now }: Store, row: Row, entries: readonly Entry[]): Promise<void> {
  const objects = entries.flatMap(({ parts }) => objectsOf(parts));
  // False when another has ended it.
  await rows.replace(tombstone({ ...row, body: namesOnly(row, objects) }, now()), row.version);
}

/** A change that is not carried out by then is found by the sweep. */
const UNDERWAY_MS = 10_000;
