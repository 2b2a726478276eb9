import type { Batch, LaneStatus, RecordBuffer } from '../core/buffer.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { changeBatch, enterAll } from './batch-changes.ts';
import { attemptAt, batchIdOf, batchOf, newBatch, readBatch } from './batch-rows.ts';
import { rowBodies } from './bodies.ts';
import { collect } from './collect.ts';
import { commitChange, endAppend } from './commit.ts';
import type { Entry } from './lane-entries.ts';
import { sealLane, statusOf } from './lanes.ts';
import { leases } from './leases.ts';
import { readParts } from './parts.ts';
import type { RowKey, Rows, StagedObjects } from './services.ts';
import { isOtherShard, type Shards } from './shards.ts';
import type { Store } from './store.ts';

/**
 * The durable buffer of many functions at once, in S3 and DynamoDB, with single-item conditional writes only.
 *
 * Rows. A lane's partition (the hash of its name) has `head`, counts and the opening time, a hint; and `turn`, the seal
 * that is decided. What one change put into the lane is an `entry/<order>`, open until sealed, in a partition of its
 * two hours (`lane-keys.ts`). A batch has one row, a change that fills several lanes has one. Bodies are JSON, long
 * ones objects (`bodies.ts`). A few KB of records are in their entry; all others in objects under keys that are used
 * once. Each object belongs to one entry or one batch at a time, which removes it. So two lanes that take the same
 * records get an object each, and only a whole batch changes lanes without a copy.
 *
 * Append: put the object; create the entry; add to the head, which opens the lane when it is not. Cut off before the
 * entry: an object that nobody names, for `collect`. Before the head: nobody was answered; the lane's next seal takes
 * the entry, or `collect` finds it. Several lanes: a row with all entries first, removed when they are in; cut off in
 * between, the sweep completes it, perhaps much later.
 *
 * Seal: read the head, then the turn (a seal found there is completed first), then the open entries; put the inline
 * records among them into objects; decide by writing the list into the turn if that has not changed; then create the
 * batch, mark each entry, end the turn. Cut off before the decision: objects for `collect`, the entries are as they
 * were. After it: whoever comes completes it, each step finds out that it was taken. Membership is that list, never a
 * range of the order: clocks differ, and an entry may come in before the last one that was sealed. A seal that found
 * the lane's end closes the head if its version is still the one that was read first: an append in between has changed
 * it, and one that comes later opens it again. Without that an entry could wait in a lane that nobody looks at.
 *
 * Entries are looked for from an hour before their lane opened. One that comes in half an hour after its change, or
 * later, may be older: once it is there it writes its time into the turn, and adds to the head after that. A seal that
 * has looked before is then not decided, or not ended, and the next one looks back. That time is forgotten with a seal
 * that leaves nothing behind, if the turn has not changed.
 *
 * Shards: a lane that is more than one partition takes has several (`shards.ts`), each with all of the above. Which one
 * a change goes to is decided with it, and never changed: whoever carries it out, or does so again, finds its trace.
 * Only a put into one lane, refused before it was written, tries another.
 *
 * Advance, move, finish: put the results' objects; write the new mark and the entries to be made into the batch's row,
 * if that is as it was read. This decides, once: who loses finds the lease lost, and its results are garbage. (A
 * function answers differently each time, so two attempts must never be mixed.) Then the entries are made, and the
 * batch is marked as finished or the decision removed. Cut off before the decision: garbage. After it: the next lease,
 * or the sweep, goes on.
 *
 * What is gone leaves a tombstone for a day, longer than any function or request lasts: repeats that come late find it,
 * and make neither an entry nor a batch again. It has no records, only names of objects, which another owns by then:
 * `collect`, on its way through the table, meets one of the two. Only tombstones expire; objects have no lifecycle
 * rule.
 *
 * Leases are in the batch's row, with a token that every later write of that attempt must find there, so what an
 * attempt says after its lease has lapsed is void, whatever clocks say. Only what an attempt does outside needs time: a
 * lease lasts until its function has certainly ended, plus 5 s by which clocks may differ; an attempt that said nothing
 * counts as one of unknown outcome that ended with its lease. Use one of these buffers for one invocation. What is put
 * off is not leased before its time, so that neither early messages nor double ones shorten a backoff.
 *
 * Answers may be lost. A write that was refused may have been counted (a client's own retry), so each is made such that
 * a repeat finds its own trace. A commit that rejects may have happened; its producer repeats it, as with any put.
 */

export interface SharedBufferOptions {
  readonly objects: StagedObjects;
  readonly rows: Rows;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Never the same twice, in any process. */
  readonly newId: () => string;
  /** How many shards lanes were seen to need. A container's invocations share it. */
  readonly shards?: Shards;
  /** When a lease that is taken now lapses: not before this process has certainly ended, by any clock. */
  readonly leaseUntil: () => number;
}

export interface SharedBuffer extends RecordBuffer {
  /** What a lost wake-up may have forgotten: lanes that hold something, and batches whose next attempt is due. */
  overdue(): AsyncIterable<Overdue>;

  /**
   * When the batch may be leased, in ms since the epoch: not while it is leased or put off. `Infinity` when its wake-up
   * is somebody else's business: it is leased, or gone.
   */
  attemptAt(batch: string): Promise<number>;

  /** Once a day: removes what crashes have left in the staging bucket. Resolves with how many objects that were. */
  collect(): Promise<number>;
}

export type Overdue =
  /** The lane holds something since then. */
  | { readonly lane: LaneKey; readonly openedAt: number }
  /** The batch may be attempted since then. */
  | { readonly batch: string; readonly lane: LaneKey; readonly dueAt: number };

/**
 * One durable buffer of many processes, in S3 and DynamoDB. Each process has one of these. `commit` and `overdue` name
 * lanes by their shards (`shards.ts`), and `lane` and `seal` are asked by them; batches have the lane's own name.
 */
export function sharedBuffer(options: SharedBufferOptions): SharedBuffer {
  const { rows, objects, now, newId, shards = new Map() } = options;
  const bodies = rowBodies(objects, newId);
  const store: Store = { rows, objects, now, newId, bodies, shards };
  const { fence, forget, ...attempts } = leases(store, options.leaseUntil);
  let count = 0;

  async function* waiting(before: number): AsyncGenerator<Overdue> {
    const failures: unknown[] = [];
    for await (const row of rows.due(before)) {
      const { name, lane, dueAt = 0 } = row;
      if (lane === undefined) await carryOutAppend(row).catch((error: unknown) => failures.push(error));
      else if (name === 'head') yield { lane, openedAt: dueAt };
      else yield { batch: batchIdOf(row), lane, dueAt };
    }
    // One that cannot be carried out keeps nothing else waiting.
    if (failures.length > 0) throw failures[0];
  }

  async function carryOutAppend(key: RowKey): Promise<void> {
    const row = await rows.get(key);
    // The index is behind: it was carried out.
    if (row?.dueAt === undefined) return;
    const entries = await bodies.unfold<readonly Entry[]>(row);
    await enterAll(store, entries);
    await endAppend(store, row, entries);
  }

  async function discard(streamId: string): Promise<void> {
    for await (const row of rows.held(streamId)) {
      if (row.name === 'batch') await discardBatch(batchIdOf(row));
      else if (row.lane !== undefined) await discardLane(row.lane);
    }
  }

  async function discardLane(lane: LaneKey): Promise<void> {
    for (let i = 0; i < SEALS_MOST; i++) {
      const sealed = await sealLane(store, lane, { id: newId(), sizeBytes: Number.POSITIVE_INFINITY, now: now() });
      if (sealed === undefined) return;
      await discardBatch(sealed.id);
    }
  }

  async function discardBatch(id: string): Promise<void> {
    await changeBatch(store, id, async (state) => ({
      ...state,
      decided: { id: newId(), entries: [], isFinish: true },
    }));
  }

  return {
    ...attempts,

    async commit(change) {
      if (change.discard !== undefined) await discard(change.discard);
      const filled = await commitChange({ ...store, fence, next: () => ++count }, change);
      if (change.finish !== undefined) forget(change.finish);
      return filled;
    },

    async seal(lane, want) {
      const sealing = await sealLane(store, lane, want);
      return sealing && batchOf(newBatch(sealing));
    },

    async *read(id, from = 0) {
      const batch = await readBatch(store, id);
      if (batch === undefined) return;
      const { parts, advanced } = batch.state;
      yield* readParts(objects, parts, Math.max(advanced, from));
    },

    lane: (lane) => statusOf(store, lane),

    async laneCount(streamId, stage) {
      let lanes = 0;
      for await (const { name, lane } of rows.held(streamId)) {
        // The first shards: whether a lane that has others is active, `lane` says by its first one too.
        if (name !== 'head' || lane === undefined || isOtherShard(lane)) continue;
        if (laneOf(lane).stage === stage) lanes++;
      }
      return lanes;
    },

    async due() {
      const lanes: LaneStatus[] = [];
      const batches: Batch[] = [];
      for await (const one of waiting(Number.POSITIVE_INFINITY)) {
        if ('batch' in one) {
          const read = await readBatch(store, one.batch);
          if (read !== undefined) batches.push(batchOf(read.state));
          continue;
        }
        const status = await statusOf(store, one.lane);
        if (status !== undefined) lanes.push(status);
      }
      return { lanes, batches };
    },

    overdue: () => waiting(now()),

    async attemptAt(id) {
      const read = await readBatch(store, id);
      return read === undefined ? Number.POSITIVE_INFINITY : attemptAt(read.state, now());
    },

    collect: () => collect(store),

    async close() {},
  };
}

/** Of a lane that is being discarded; what is put meanwhile is discarded when its lane is due. */
const SEALS_MOST = 100;
