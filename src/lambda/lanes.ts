import { createHash } from 'node:crypto';
import type { LaneStatus } from '../core/buffer.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { createBatch } from './batch-rows.ts';
import { tombstone, withoutVersion } from './bodies.ts';
import type { Entry, Sealing } from './lane-entries.ts';
import { sizeOf } from './parts.ts';
import type { NewRow, Row, RowKey } from './services.ts';
import type { Store } from './store.ts';

interface Turn {
  readonly sealing?: Sealing;
}

/** Lane names hold what is in records and may be longer than a key may be. */
function partitionOf(lane: LaneKey): string {
  return `lane/${createHash('sha256').update(lane).digest('base64url')}`;
}

const HEAD = 'head';
const headKey = (lane: LaneKey): RowKey => ({ partition: partitionOf(lane), name: HEAD });
const headOf = (lane: LaneKey): NewRow => ({ ...headKey(lane), lane, streamId: laneOf(lane).streamId, body: '{}' });
const turnKey = (lane: LaneKey): RowKey => ({ partition: partitionOf(lane), name: 'turn' });
const entryName = (id: string): string => `entry/${id}`;

/** Safe to repeat, also after the entry was sealed and its batch finished: its tombstone is found. */
export async function enter(store: Store, entry: Entry): Promise<LaneStatus> {
  const { rows, bodies } = store;
  const { lane, order } = entry;
  const { records, bytes } = sizeOf(entry.parts);
  const row = { partition: partitionOf(lane), name: entryName(entry.id), open: order, body: await bodies.fold(entry) };
  const isNew = await rows.create({ ...row, records, bytes });
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

/**
 * What was put and never answered may be open in a lane whose head was not told; what comes next finds it, and so does
 * this.
 */
export async function remember(store: Store, { lane, enteredAt }: Entry): Promise<void> {
  const head = await store.rows.get(headKey(lane));
  if (head?.dueAt === undefined) await grow(store, lane, { enteredAt, records: 0, bytes: 0 });
}

/** The lane's open entries themselves: what the head says is a hint. Closes the head of a lane that is empty. */
export async function statusOf(store: Store, lane: LaneKey): Promise<LaneStatus | undefined> {
  const head = await store.rows.get(headKey(lane));
  await settleLane(store, lane);
  const total = { records: 0, bytes: 0 };
  let openedAt = Number.POSITIVE_INFINITY;
  for await (const row of openRows(store, lane)) {
    total.records += row.records ?? 0;
    total.bytes += row.bytes ?? 0;
    openedAt = Math.min(openedAt, (await store.bodies.unfold<Entry>(row)).enteredAt);
  }
  if (openedAt !== Number.POSITIVE_INFINITY) return { lane, ...total, openedAt };
  await close(store, head);
  return undefined;
}

async function* openRows({ rows }: Store, lane: LaneKey): AsyncGenerator<Row> {
  let after: string | undefined;
  for (;;) {
    const page = await rows.open(partitionOf(lane), after);
    yield* page;
    after = page.at(-1)?.open;
    if (after === undefined) return;
  }
}

/**
 * Only the head that was read before the lane was found empty: an append that comes in between has changed its version,
 * or will open it again. Closing puts right the counts, which crashes leave behind.
 */
async function close({ rows }: Store, head: Row | undefined): Promise<boolean> {
  if (head?.dueAt === undefined) return false;
  const { partition, name, body } = head;
  return rows.replace({ partition, name, body, records: 0, bytes: 0 }, head.version);
}

/** A batch's list of members is kept this short: so many rows are marked one by one. */
const ENTRIES_MOST = 10_000;

export interface SealWanted {
  readonly id: string;
  readonly sizeBytes: number;
  readonly now: number;
}

/** Undefined when the lane is empty, or another sealed it at the same time and has made the batch. */
export async function sealLane(store: Store, lane: LaneKey, want: SealWanted): Promise<Sealing | undefined> {
  const head = await store.rows.get(headKey(lane));
  const { turn, settled } = await settleLane(store, lane);
  if (settled !== undefined) return settled;
  const { members, leftAt } = await oldest(store, lane, want.sizeBytes);
  if (members.length === 0) {
    await close(store, head);
    return undefined;
  }
  const sealing: Sealing = {
    id: want.id,
    lane,
    sealedAt: want.now,
    entries: members.map(({ id }) => entryName(id)),
    parts: members.flatMap(({ parts }) => parts),
    ...(leftAt !== undefined && { leftAt }),
  };
  const row = { ...turnKey(lane), body: await store.bodies.fold({ sealing } satisfies Turn) };
  const isDecided = turn === undefined ? await store.rows.create(row) : await store.rows.replace(row, turn.version);
  if (!isDecided) return (await settleLane(store, lane)).settled;
  const isEnder = await makeBatch(store, sealing, (turn?.version ?? 0) + 1);
  const isClosed = leftAt === undefined && (await close(store, head));
  if (isEnder && !isClosed) await shrink(store, sealing);
  return sealing;
}

async function oldest(store: Store, lane: LaneKey, sizeBytes: number) {
  const members: Entry[] = [];
  let bytes = 0;
  for await (const row of openRows(store, lane)) {
    const entry = await store.bodies.unfold<Entry>(row);
    const isEnough = members.length > 0 && (bytes >= sizeBytes || members.length === ENTRIES_MOST);
    if (isEnough) return { members, leftAt: entry.enteredAt };
    members.push(entry);
    bytes += sizeOf(entry.parts).bytes;
  }
  return { members, leftAt: undefined };
}

/** Completes what another has decided and not made, or not yet. */
async function settleLane(
  store: Store,
  lane: LaneKey,
): Promise<{ readonly turn: Row | undefined; readonly settled: Sealing | undefined }> {
  const turn = await store.rows.get(turnKey(lane));
  if (turn === undefined) return { turn, settled: undefined };
  const { sealing } = await store.bodies.unfold<Turn>(turn);
  if (sealing !== undefined && (await makeBatch(store, sealing, turn.version))) await shrink(store, sealing);
  return { turn, settled: sealing };
}

/** Rows marked at once. */
const MARKED_AT_ONCE = 25;

/**
 * From the decision to a batch, by whoever comes: each step finds out that it was taken already. Whether it was this
 * one who ended the turn, which happens once.
 */
async function makeBatch(store: Store, sealing: Sealing, turnVersion: number): Promise<boolean> {
  const { lane, entries } = sealing;
  await createBatch(store, sealing);
  const partition = partitionOf(lane);
  for (let i = 0; i < entries.length; i += MARKED_AT_ONCE) {
    await Promise.all(entries.slice(i, i + MARKED_AT_ONCE).map((name) => mark(store, { partition, name })));
  }
  return store.rows.replace({ ...turnKey(lane), body: await store.bodies.fold({} satisfies Turn) }, turnVersion);
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

async function mark({ rows, now }: Store, key: RowKey): Promise<void> {
  const row = await rows.get(key);
  if (row?.open !== undefined) await rows.replace(tombstone(withoutVersion(row), now()), row.version);
}
