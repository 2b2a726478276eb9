import type { Batch, Plan, Postponement } from '../core/buffer.ts';
import { DeliveryError } from '../core/errors.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { namesOnly, tombstone } from './bodies.ts';
import type { Entry, Sealing } from './lane-entries.ts';
import { objectsOf, type StagedPart, sizeOf } from './parts.ts';
import type { NewRow, Row, RowKey } from './services.ts';
import { laneOfShard } from './shards.ts';
import { CLOCKS_DIFFER_MS, type Store } from './store.ts';

export interface BatchState {
  readonly id: string;
  readonly lane: LaneKey;
  readonly parts: readonly StagedPart[];
  readonly sealedAt: number;
  readonly advanced: number;
  readonly plan?: Plan;
  readonly postponed?: Postponement;
  readonly lease?: { readonly token: string; readonly takenAt: number; readonly until: number };
  /** When a lease was given back without a word about its attempt. */
  readonly releasedAt?: number;
  /** A change of this batch that is decided and not carried out yet. */
  readonly decided?: Decided;
}

/** What a change does beyond its own row. */
export interface Decided {
  readonly id: string;
  readonly entries: readonly Entry[];
  /** The batch is done once the entries are in. */
  readonly isFinish: boolean;
}

const batchKey = (id: string): RowKey => ({ partition: `batch/${id}`, name: 'batch' });
export const batchIdOf = ({ partition }: RowKey): string => partition.slice('batch/'.length);

export async function createBatch(store: Store, sealing: Sealing): Promise<void> {
  // Not created when there is one already, or its tombstone.
  await store.rows.create(await rowOf(store, newBatch(sealing)));
}

export function newBatch({ id, lane, parts, sealedAt }: Sealing): BatchState {
  return { id, lane: laneOfShard(lane), parts, sealedAt, advanced: 0 };
}

async function rowOf({ bodies }: Store, state: BatchState): Promise<NewRow> {
  const { id, lane } = state;
  const { streamId } = laneOf(lane);
  return { ...batchKey(id), streamId, lane, dueAt: dueAt(state), body: await bodies.fold(state) };
}

/** A leased batch is looked at again once its lease has lapsed. */
function dueAt({ sealedAt, lease, postponed }: BatchState): number {
  return lease?.until ?? postponed?.until ?? sealedAt;
}

/**
 * When the batch may be leased; `Infinity` while another has it. Where clocks differ so much that the last attempt ends
 * in the future, the wake-up counts, which has waited by the queue's clock: nothing waits longer than it was meant to.
 */
export function attemptAt({ lease, postponed, sealedAt }: BatchState, now: number): number {
  if (lease !== undefined && lease.until > now) return Number.POSITIVE_INFINITY;
  if (postponed === undefined || postponed.endedAt > now + CLOCKS_DIFFER_MS) return Math.min(sealedAt, now);
  return postponed.until;
}

export interface ReadBatch {
  readonly row: Row;
  readonly state: BatchState;
}

/** Undefined when it is finished, or never was. */
export async function readBatch({ rows, bodies }: Store, id: string): Promise<ReadBatch | undefined> {
  const row = await rows.get(batchKey(id));
  if (row === undefined || row.expiresAt !== undefined) return undefined;
  return { row, state: await bodies.unfold<BatchState>(row) };
}

/** False when it has changed since it was read. */
export async function replaceBatch(store: Store, read: ReadBatch, state: BatchState): Promise<boolean> {
  return store.rows.replace(await rowOf(store, state), read.row.version);
}

export async function endBatch({ rows, now }: Store, { row, state }: ReadBatch): Promise<void> {
  // False when another has ended it.
  await rows.replace(tombstone({ ...row, body: namesOnly(row, objectsOf(state.parts)) }, now()), row.version);
}

export function batchOf(state: BatchState): Batch {
  const { id, lane, parts, sealedAt, advanced, plan, postponed } = state;
  return {
    ...{ id, lane, sealedAt, advanced },
    ...sizeOf(parts),
    oldestAt: Math.min(...parts.map(({ arrivedAt }) => arrivedAt)),
    ...(plan && { plan }),
    ...(postponed && { postponed }),
  };
}

/** Another has the batch now: whatever this attempt would still say comes too late. */
export function leaseLost(id: string): DeliveryError {
  const message = `The lease on batch ${id} has lapsed, and another attempt has the batch or has finished it.`;
  return new DeliveryError(message, { code: 'Buffer.LeaseLost', retryable: true });
}
