import type { RecordBuffer } from '../core/buffer.ts';
import { changeBatch } from './batch-changes.ts';
import { attemptAt, type BatchState, batchOf, leaseLost } from './batch-rows.ts';
import type { Store } from './store.ts';

export interface Leases extends Pick<RecordBuffer, 'lease' | 'release' | 'plan' | 'postpone'> {
  /** Throws when this process had leased the batch and has lost it. */
  fence(state: BatchState): void;
  /** The batch is finished. */
  forget(batch: string): void;
}

/** Attempts at batches, one at a time: what one says of a batch counts while it has the lease. */
export function leases(store: Store, leaseUntil: () => number): Leases {
  const { now, newId } = store;
  /** Of the batches that this process has leased. */
  const tokens = new Map<string, string>();

  function fence({ id, lease }: BatchState): void {
    const token = tokens.get(id);
    if (token !== undefined && token !== lease?.token) throw leaseLost(id);
  }

  return {
    fence,
    forget: (id) => void tokens.delete(id),

    async lease(id) {
      const token = newId();
      let leased: BatchState | undefined;
      await changeBatch(store, id, async (state) => {
        leased = undefined;
        if (state.lease?.token === token) leased = state;
        else if (attemptAt(state, now()) <= now()) {
          const { releasedAt: _, ...rest } = withInterruption(state, now());
          leased = { ...rest, lease: { token, takenAt: now(), until: leaseUntil() } };
        }
        return leased;
      }).then((done) => {
        if (done === undefined) leased = undefined;
      });
      if (leased === undefined) return undefined;
      tokens.set(id, token);
      return batchOf(leased);
    },

    async release(id) {
      await changeBatch(store, id, async ({ lease, ...state }) =>
        lease !== undefined && lease.token === tokens.get(id) ? { ...state, releasedAt: now() } : undefined,
      );
      tokens.delete(id);
    },

    async plan(id, plan) {
      const written = await changeBatch(store, id, async (state) => {
        fence(state);
        return { ...state, plan };
      });
      if (written === undefined && tokens.has(id)) throw leaseLost(id);
    },

    async postpone(id, postponed) {
      const token = tokens.get(id);
      await changeBatch(store, id, async ({ lease, ...state }) =>
        token === undefined || token === lease?.token ? { ...state, postponed } : undefined,
      );
      tokens.delete(id);
    },
  };
}

/**
 * An attempt whose lease lapsed, or was given back, ended by then and nobody knows how: the next one waits as after any
 * doubtful end before it asks what that has created.
 */
function withInterruption(state: BatchState, now: number): BatchState {
  const { plan, postponed, lease, releasedAt } = state;
  if (plan === undefined || plan.attempt <= (postponed?.attempts ?? 0)) return state;
  const endedAt = lease?.until ?? releasedAt ?? now;
  return {
    ...state,
    postponed: {
      firstAttemptAt: lease?.takenAt ?? endedAt,
      ...postponed,
      until: now,
      attempts: plan.attempt,
      endedAt,
      outcome: 'unknown',
      code: 'Hydrant.Interrupted',
      message: 'The function that delivered ended before it had the answer.',
    },
  };
}
