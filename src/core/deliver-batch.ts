import type { Plan, RecordBuffer } from './buffer.ts';
import type { Slice } from './destination.ts';
import { type Delivery, sliceToPlan } from './plan.ts';
import { type Refusal, withRefused } from './refusals.ts';
import { blocksWithin, type Cut, deliverInSlices } from './slices.ts';

export interface DeliverPorts {
  readonly read: RecordBuffer['read'];
  /** Makes the plan durable in place of the one before. */
  readonly keep: (plan: Plan) => Promise<void>;
}

/**
 * One attempt at a batch under its plan, whole or in slices as its destination has it. Resolves when each record was
 * taken or refused for good; throws when the attempt failed.
 */
export async function deliverBatch(
  ports: DeliverPorts,
  { delivery, plan }: { readonly delivery: Delivery; readonly plan: Plan },
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly refusals: readonly Refusal[] }> {
  const { batch, route } = delivery;
  const { destination } = route;
  const whole: Slice = {
    ...sliceToPlan(delivery),
    plan,
    read: () => ports.read(batch.id),
    note: (note) => ports.keep({ ...plan, note }),
  };
  const limits = destination.limits?.(route.config);
  if (limits === undefined) {
    const { bytes, refused = [] } = await destination.deliver(whole, signal);
    return { bytes, refusals: withRefused([], refused) };
  }
  const read = (from: number) => ports.read(batch.id, from);
  let bytes = 0;
  async function deliver({ from, to, records, bytes: sliceBytes }: Cut) {
    const id = `${batch.id}/${from}-${to}`;
    const slice = { ...whole, id, records, bytes: sliceBytes, read: () => blocksWithin(read, { from, to }) };
    const delivered = await destination.deliver(slice, signal);
    bytes += delivered.bytes;
    return delivered;
  }
  const keep: Parameters<typeof deliverInSlices>[0]['keep'] = (progress) => ports.keep({ ...plan, progress });
  const { refusals } = await deliverInSlices({ records: batch.records, limits, read, deliver, keep }, plan.progress);
  return { bytes, refusals };
}
