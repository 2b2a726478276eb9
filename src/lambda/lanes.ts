import type { LaneStatus } from '../core/buffer.ts';
import type { LaneKey } from '../core/lanes.ts';
import { createBatch } from './batch-rows.ts';
import { type Entry, mark, type Sealing, type Turn } from './lane-entries.ts';
import { entryKey, headKey, headOf, partitionsToRead, turnKey } from './lane-keys.ts';
import { gathered, sizeOf } from './parts.ts';
import type { Row } from './services.ts';
import type { Store } from './store.ts';

/** The lane's open entries themselves: what the head says is a hint. Closes a lane that is empty. */
export async function statusOf(store: Store, lane: LaneKey): Promise<LaneStatus | undefined> {
  const reading = await beginReading(store, lane);
  const total = { records: 0, bytes: 0 };
  let openedAt = Number.POSITIVE_INFINITY;
  for await (const row of openRows(store, reading)) {
    total.records += row.records ?? 0;
    total.bytes += row.bytes ?? 0;
    openedAt = Math.min(openedAt, (await store.bodies.unfold<Entry>(row)).enteredAt);
  }
  if (openedAt !== Number.POSITIVE_INFINITY) return { lane, ...total, openedAt };
  await closeEmpty(store, reading);
  return undefined;
}

/** What was there before the lane's entries are read. Later writes are held against it. */
interface Reading {
  readonly lane: LaneKey;
  readonly head: Row | undefined;
  readonly turn: Row | undefined;
  readonly lateFrom: number | undefined;
  /** What another had decided and not made, or not yet: it is complete now. */
  readonly settled: Sealing | undefined;
}

async function beginReading(store: Store, lane: LaneKey): Promise<Reading> {
  const head = await store.rows.get(headKey(lane));
  const turn = await store.rows.get(turnKey(lane));
  const { sealing, lateFrom }: Turn = turn === undefined ? {} : await store.bodies.unfold<Turn>(turn);
  if (turn !== undefined && sealing !== undefined) {
    const isEnder = await makeBatch(store, { sealing, lateFrom, version: turn.version });
    if (isEnder) await shrink(store, sealing);
  }
  return { lane, head, turn, lateFrom, settled: sealing };
}

async function* openRows({ rows, now }: Store, { lane, head, lateFrom }: Reading): AsyncGenerator<Row> {
  for (const partition of partitionsToRead(lane, { head, lateFrom, now: now() })) {
    let after: string | undefined;
    do {
      const page = await rows.open(partition, after);
      yield* page;
      after = page.at(-1)?.open;
    } while (after !== undefined);
  }
}

/**
 * Only the head that was read before the lane was found empty: an append that comes in between has changed its version,
 * or will open it again. Closing puts right the counts, which crashes leave behind.
 */
async function close({ rows }: Store, { lane, head }: Reading): Promise<boolean> {
  if (head?.dueAt === undefined) return false;
  return rows.replace({ ...headKey(lane), body: head.body, records: 0, bytes: 0 }, head.version);
}

/** Nor need anybody look back any more, unless a late entry has come since. */
async function closeEmpty(store: Store, reading: Reading): Promise<void> {
  const { lane, turn, lateFrom, settled } = reading;
  if (turn !== undefined && lateFrom !== undefined && settled === undefined) {
    const isUnchanged = await store.rows.replace({ ...turnKey(lane), body: '{}' }, turn.version);
    if (!isUnchanged) return;
  }
  await close(store, reading);
}

/** A batch's list of members is kept this short: so many rows are marked one by one. */
const ENTRIES_MOST = 10_000;

export interface SealWanted {
  readonly id: string;
  readonly sizeBytes: number;
  readonly now: number;
}

const TRIES_MOST = 3;

/** Undefined when the lane is empty, or others seal it all the time. */
export async function sealLane(store: Store, lane: LaneKey, want: SealWanted): Promise<Sealing | undefined> {
  for (let i = 0; i < TRIES_MOST; i++) {
    const reading = await beginReading(store, lane);
    if (reading.settled !== undefined) return reading.settled;
    // What was refused may have counted and be a batch by now, whose id is its own: another try has another.
    const id = i === 0 ? want.id : `${want.id}-${i}`;
    const sealed = await sealRead(store, reading, { ...want, id });
    if (sealed !== 'changed') return sealed;
  }
  return undefined;
}

/** Another has sealed the lane, or something late has come in. */
type Changed = 'changed';

async function sealRead(store: Store, reading: Reading, want: SealWanted): Promise<Sealing | undefined | Changed> {
  const { lane, turn, lateFrom } = reading;
  const { members, leftAt } = await oldest(store, reading, want.sizeBytes);
  if (members.length === 0) {
    await closeEmpty(store, reading);
    return undefined;
  }
  const sealing: Sealing = {
    id: want.id,
    lane,
    sealedAt: want.now,
    entries: members.map(({ order }) => order),
    parts: await gathered(
      store,
      members.flatMap(({ parts }) => parts),
    ),
    ...(leftAt !== undefined && { leftAt }),
  };
  // Where nothing stays, nothing late does.
  const stays = leftAt === undefined ? undefined : lateFrom;
  const row = { ...turnKey(lane), body: await store.bodies.fold(turnOf(sealing, stays)) };
  const isDecided = turn === undefined ? await store.rows.create(row) : await store.rows.replace(row, turn.version);
  if (!isDecided) return 'changed';
  const isEnder = await makeBatch(store, { sealing, lateFrom: stays, version: (turn?.version ?? 0) + 1 });
  const isClosed = leftAt === undefined && (await close(store, reading));
  if (isEnder && !isClosed) await shrink(store, sealing);
  return sealing;
}

function turnOf(sealing: Sealing | undefined, lateFrom: number | undefined): Turn {
  return { ...(sealing && { sealing }), ...(lateFrom !== undefined && { lateFrom }) };
}

async function oldest(store: Store, reading: Reading, sizeBytes: number) {
  const members: Entry[] = [];
  let bytes = 0;
  for await (const row of openRows(store, reading)) {
    const entry = await store.bodies.unfold<Entry>(row);
    const isEnough = members.length > 0 && (bytes >= sizeBytes || members.length === ENTRIES_MOST);
    if (isEnough) return { members, leftAt: entry.enteredAt };
    members.push(entry);
    bytes += sizeOf(entry.parts).bytes;
  }
  return { members, leftAt: undefined };
}

/** Rows marked at once. */
const MARKED_AT_ONCE = 25;

/**
 * From the decision to a batch, by whoever comes: each step finds out that it was taken already. Whether it was this
 * one who ended the turn, which happens once.
 */
async function makeBatch(
  store: Store,
  { sealing, lateFrom, version }: Pick<Turn, 'lateFrom'> & { readonly sealing: Sealing; readonly version: number },
): Promise<boolean> {
  const { lane, entries } = sealing;
  await createBatch(store, sealing);
  for (let i = 0; i < entries.length; i += MARKED_AT_ONCE) {
    await Promise.all(entries.slice(i, i + MARKED_AT_ONCE).map((order) => mark(store, entryKey(lane, order))));
  }
  return store.rows.replace({ ...turnKey(lane), body: JSON.stringify(turnOf(undefined, lateFrom)) }, version);
}

/**
 * What stays has waited since then, or has just come. A head that was closed meanwhile is open without need, until the
 * sweep finds it.
 */
async function shrink({ rows }: Store, { lane, parts, leftAt, sealedAt }: Sealing): Promise<void> {
  const { records, bytes } = sizeOf(parts);
  const head = { ...headOf(lane), dueAt: leftAt ?? sealedAt, records: -records, bytes: -bytes };
  await rows.add(head, { isDueAnew: true });
}
