import type { Batch, Plan } from './buffer.ts';
import type { SliceToPlan } from './destination.ts';
import type { Destined } from './route.ts';
import type { StreamDefinition } from './streams.ts';

/** A batch on its way to a destination. */
export interface Delivery {
  readonly batch: Batch;
  readonly stream: StreamDefinition;
  readonly route: Destined;
}

/** Longer than a request can be under way whose sender has stopped or died. */
const DOUBT_SETTLES_MS = 30_000;

/**
 * What the next attempt will create, to be stored before its first byte leaves.
 *
 * The plan of the first attempt holds for every repeat, so that a repeat overwrites. A newer version of the stream
 * replaces it (a wrong bucket can be put right) only when nothing can have been created under the old one. Each attempt
 * has its number in the plan: one that a crash cut off is then told from one that was refused.
 */
export async function nextPlan(delivery: Delivery, signal: AbortSignal): Promise<Plan> {
  const { batch, stream, route } = delivery;
  const before = Math.max(batch.postponed?.attempts ?? 0, batch.plan?.attempt ?? 0);
  // To ask about what an attempt has sent belongs to that attempt.
  const attempt = batch.postponed?.isPending === true ? before : before + 1;
  if (batch.plan !== undefined && !(await isReplaceable(batch.plan, delivery, signal)))
    return { ...batch.plan, attempt };
  const output = (await route.destination.plan?.(sliceToPlan(delivery))) ?? null;
  const progress = batch.plan?.progress;
  return { streamVersion: stream.version, attempt, output, ...(progress && { progress }) };
}

async function isReplaceable(old: Plan, { batch, stream, route }: Delivery, signal: AbortSignal): Promise<boolean> {
  if (old.streamVersion === stream.version) return false;
  return wasRefused(batch) || ((await route.destination.isAbsent?.(old, signal)) ?? false);
}

/**
 * When the far side can be asked what an old plan has created, in ms since the epoch: what an attempt sent may still be
 * on its way when the attempt is over, or its process dead. Only a plan that might be replaced is worth the wait.
 */
export function settledAt({ batch, stream, route }: Delivery, hostStartedAt: number): number {
  if (batch.plan === undefined || batch.plan.streamVersion === stream.version || wasRefused(batch)) return 0;
  if (route.destination.isAbsent === undefined) return 0;
  // Later attempts may have failed before they had a plan of their own.
  const sawItEnd = batch.postponed !== undefined && batch.postponed.attempts >= batch.plan.attempt;
  return (sawItEnd ? batch.postponed.endedAt : hostStartedAt) + DOUBT_SETTLES_MS;
}

/** Every attempt under the batch's plan ended, and each in a definite refusal. */
export function wasRefused(batch: Batch): boolean {
  return batch.postponed?.outcome === 'refused' && batch.postponed.attempts === batch.plan?.attempt;
}

/** Some attempt before the plan's current one, under that same plan, may have created something. */
export function isInDoubt(batch: Batch, plan: Plan): boolean {
  return batch.plan !== undefined && batch.plan.streamVersion === plan.streamVersion && !wasRefused(batch);
}

export function sliceToPlan({ batch, stream, route }: Delivery): SliceToPlan {
  return {
    id: `${batch.id}/0`,
    stream: { name: stream.name, arn: stream.arn, version: stream.version },
    config: route.config,
    ...(route.extensions && { extensions: route.extensions }),
    ...(route.errorOutputType !== undefined && { errorOutputType: route.errorOutputType }),
    ...(route.partition !== undefined && { partition: route.partition }),
    records: batch.records,
    bytes: batch.bytes,
    oldestAt: batch.oldestAt,
  };
}
