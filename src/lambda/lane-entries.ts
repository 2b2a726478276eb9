import type { LaneStatus } from '../core/buffer.ts';
import { DeliveryError } from '../core/errors.ts';
import type { LaneKey } from '../core/lanes.ts';
import { namesOnly, tombstone } from './bodies.ts';
import { entryKey, headKey, headOf, isLate, timeOf, turnKey } from './lane-keys.ts';
import { objectsOf, type Part, type StagedPart, sizeOf } from './parts.ts';
import type { RowKey } from './services.ts';
import { addShards, laneOfShard, shardOf } from './shards.ts';
import type { Store } from './store.ts';

/** What one change put into one lane. */
export interface Entry {
  /** Its shard, like that of a sealing and in all that is said of lanes here. */
  readonly lane: LaneKey;
  /** Where it is in its lane, and its name there; see `orderOf`. */
  readonly order: string;
  readonly enteredAt: number;
  readonly parts: readonly Part[];
}

/** A decided batch that may not be made yet. */
export interface Sealing {
  readonly id: string;
  readonly lane: LaneKey;
  readonly sealedAt: number;
  /** When the oldest of what stays behind entered; absent when nothing does. */
  readonly leftAt?: number;
  /** The entries' orders. A list: one that comes later may stand before them in the lane. */
  readonly entries: readonly string[];
  readonly parts: readonly StagedPart[];
}

/** Whose turn it is: the row by which seals of a lane are decided one after another. */
export interface Turn {
  readonly sealing?: Sealing;
  /** A late entry came in; it is no older than this. */
  readonly lateFrom?: number | undefined;
}

/** Safe to repeat, also after the entry was sealed and its batch finished: its tombstone is found. */
export async function enter(store: Store, entry: Entry): Promise<LaneStatus> {
  return announce(store, entry, await create(store, entry));
}

/** Shards that an entry is offered to. */
const OFFERS_MOST = 4;

/** Of an entry that is in no decision: a shard that refuses it has no trace of it, and another one takes it. */
export async function enterAnywhere(store: Store, entry: Entry): Promise<LaneStatus> {
  let offered = entry;
  for (let i = 1; ; i++) {
    try {
      const isNew = await create(store, offered);
      return await announce(store, offered, isNew);
    } catch (error) {
      if (i === OFFERS_MOST || !wasRefused(error)) throw error;
      offered = { ...entry, lane: shardOf(store.shards, laneOfShard(entry.lane), `${entry.order}/${i}`) };
    }
  }
}

async function create({ rows, bodies, shards }: Store, entry: Entry): Promise<boolean> {
  const { lane, order } = entry;
  const row = { ...entryKey(lane, order), open: order, ...sizeOf(entry.parts), body: await bodies.fold(entry) };
  try {
    return await rows.create(row);
  } catch (error) {
    if (wasRefused(error)) addShards(shards, lane);
    throw error;
  }
}

function wasRefused(error: unknown): boolean {
  return error instanceof DeliveryError && error.code === 'Buffer.Throttled';
}

async function announce(store: Store, entry: Entry, isNew: boolean): Promise<LaneStatus> {
  const { lane, order } = entry;
  const { records, bytes } = sizeOf(entry.parts);
  if (isLate(order, store.now())) await lookBackTo(store, lane, timeOf(order));
  return grow(store, lane, { enteredAt: entry.enteredAt, records: isNew ? records : 0, bytes: isNew ? bytes : 0 });
}

/** After its entry, never before: a head that was closed in between is opened again. */
async function grow(
  { rows }: Store,
  lane: LaneKey,
  { enteredAt, records, bytes }: { readonly enteredAt: number; readonly records: number; readonly bytes: number },
): Promise<LaneStatus> {
  const head = await rows.add({ ...headOf(lane), dueAt: enteredAt, records, bytes });
  return { lane, records: head.records ?? 0, bytes: head.bytes ?? 0, openedAt: head.dueAt ?? enteredAt };
}

/** Late entries are rare, seals of one lane too. */
const TRIES_MOST = 10;

/**
 * A late entry is in a partition that nobody may look at any more. The turn is written even where it says so already:
 * then a seal that has looked there before the entry came cannot be decided.
 */
async function lookBackTo({ rows, bodies }: Store, lane: LaneKey, time: number): Promise<void> {
  for (let i = 0; i < TRIES_MOST; i++) {
    const row = await rows.get(turnKey(lane));
    const turn: Turn = row === undefined ? {} : await bodies.unfold<Turn>(row);
    const next: Turn = { ...turn, lateFrom: Math.min(turn.lateFrom ?? time, time) };
    const written = { ...turnKey(lane), body: await bodies.fold(next) };
    if (row === undefined ? await rows.create(written) : await rows.replace(written, row.version)) return;
  }
  const message = `The lane of a late entry was sealed ${TRIES_MOST} times in a row; it is entered later.`;
  throw new DeliveryError(message, { code: 'Buffer.Contended', retryable: true });
}

/**
 * What was put and never answered may be open in a lane whose head was not told, and so in a partition that nobody
 * looks at. It is made known.
 */
export async function remember(store: Store, { lane, order, enteredAt }: Entry): Promise<void> {
  if (isLate(order, store.now())) await lookBackTo(store, lane, timeOf(order));
  const head = await store.rows.get(headKey(lane));
  if (head?.dueAt === undefined) await grow(store, lane, { enteredAt, records: 0, bytes: 0 });
}

/** The entry is in a batch: its row stays as a tombstone, without its records. */
export async function mark({ rows, bodies, now }: Store, key: RowKey): Promise<void> {
  const row = await rows.get(key);
  if (row?.open === undefined) return;
  const { parts } = await bodies.unfold<Entry>(row);
  await rows.replace(tombstone({ ...key, body: namesOnly(row, objectsOf(parts)) }, now()), row.version);
}
