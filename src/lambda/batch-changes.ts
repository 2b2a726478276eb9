import type { LaneStatus } from '../core/buffer.ts';
import { DeliveryError } from '../core/errors.ts';
import { type BatchState, endBatch, type ReadBatch, readBatch, replaceBatch } from './batch-rows.ts';
import { type Entry, enter } from './lane-entries.ts';
import { objectsOf } from './parts.ts';
import type { Store } from './store.ts';

/**
 * A batch has one attempt at a time; others write to its row when its lease lapses, or to carry out what it decided.
 */
const TRIES_MOST = 10;

/**
 * Writes what `decide` makes of a batch's state, and carries out what that decides. Undefined, and nothing is written,
 * when the batch is gone or `decide` says so; when it returns the state as it is, that is so already. Resolves with the
 * lanes that were filled.
 */
export async function changeBatch(
  store: Store,
  id: string,
  decide: (state: BatchState) => Promise<BatchState | undefined>,
): Promise<readonly LaneStatus[] | undefined> {
  let ours: string | undefined;
  for (let i = 0; i < TRIES_MOST; i++) {
    const read = await readBatch(store, id);
    if (read === undefined) return undefined;
    const { decided } = read.state;
    if (decided !== undefined) {
      const filled = await carryOut(store, read);
      if (decided.id === ours) return filled;
      continue;
    }
    const next = await decide(read.state);
    if (next === undefined) return undefined;
    ours = next.decided?.id;
    if (next !== read.state && !(await replaceBatch(store, read, next))) continue;
    if (next.decided === undefined) return [];
    return carryOut(store, { row: { ...read.row, version: read.row.version + 1 }, state: next });
  }
  const message = `Batch ${id} was changed by others ${TRIES_MOST} times in a row; the change is made later.`;
  throw new DeliveryError(message, { code: 'Buffer.Contended', retryable: true });
}

/** From a decision to its effects, by whoever comes. The row says that it is to be done until all of it is. */
async function carryOut(store: Store, read: ReadBatch): Promise<readonly LaneStatus[]> {
  const { decided, ...state } = read.state;
  const entries = decided?.entries ?? [];
  const filled = await enterAll(store, entries);
  if (!decided?.isFinish) {
    // False when another has carried it out too.
    await replaceBatch(store, read, state);
    return filled;
  }
  const handedOver = new Set(entries.flatMap(({ parts }) => objectsOf(parts)));
  await store.objects.remove(state.parts.map(({ object }) => object).filter((object) => !handedOver.has(object)));
  await endBatch(store, read);
  return filled;
}

/** Entries written at once. */
const ENTERED_AT_ONCE = 25;

export async function enterAll(store: Store, entries: readonly Entry[]): Promise<readonly LaneStatus[]> {
  const filled: LaneStatus[] = [];
  for (let i = 0; i < entries.length; i += ENTERED_AT_ONCE) {
    filled.push(...(await Promise.all(entries.slice(i, i + ENTERED_AT_ONCE).map((entry) => enter(store, entry)))));
  }
  return filled;
}
