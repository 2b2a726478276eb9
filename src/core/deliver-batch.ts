import assert from 'node:assert';
import type { Cut, Plan, Progress, RecordBuffer } from './buffer.ts';
import type { Delivered, Pending, Slice } from './destination.ts';
import { type Delivery, sliceToPlan } from './plan.ts';
import { blocksWithin, deliverInSlices } from './slices.ts';

export interface DeliverPorts {
  readonly read: RecordBuffer['read'];
  /** Makes what an attempt came to durable, with the plan. */
  readonly keep: (change: Pick<Plan, 'note'> | Pick<Plan, 'progress'>) => Promise<void>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/**
 * One attempt at a batch under its plan, whole or in slices as its destination has it. Resolves when each record was
 * taken, refused for good, or waits for the far side's word; throws when the attempt failed.
 */
export async function deliverBatch(
  { read, keep, now }: DeliverPorts,
  { delivery, plan }: { readonly delivery: Delivery; readonly plan: Plan },
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly progress: Progress }> {
  const { batch, route } = delivery;
  const { destination } = route;
  const limits = destination.limits?.(route.config);
  const whole: Cut = { from: 0, to: batch.records, records: batch.records, bytes: batch.bytes };
  const readFrom = (from: number) => read(batch.id, from);
  let bytes = 0;

  function sliceOf({ from, to, records, bytes }: Cut): Slice {
    const isWhole = limits === undefined;
    return {
      ...sliceToPlan(delivery),
      ...(!isWhole && { id: `${batch.id}/${from}-${to}` }),
      ...{ records, bytes, plan },
      read: () => (isWhole ? read(batch.id) : blocksWithin(readFrom, { from, to })),
      note: (note) => keep({ note }),
    };
  }

  function counted(result: Delivered | Pending): Delivered | Pending {
    if ('bytes' in result) bytes += result.bytes;
    return result;
  }

  const progress = await deliverInSlices(
    {
      ...{ whole, limits, now },
      read: readFrom,
      deliver: async (cut) => counted(await destination.deliver(sliceOf(cut), signal)),
      async check(cut, state) {
        assert(destination.check !== undefined, 'a destination that leaves slices pending can be asked about them');
        return counted(await destination.check(sliceOf(cut), state, signal));
      },
      keep: (progress) => keep({ progress }),
    },
    plan.progress,
  );
  return { bytes, progress };
}
