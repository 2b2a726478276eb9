import type { Batch, Plan, Postponement } from './buffer.ts';
import { DeliveryError } from './errors.ts';
import { laneOf } from './lanes.ts';
import { isInDoubt, wasRefused } from './plan.ts';
import { backoffMs } from './retry.ts';
import { processingRetriesMost, retriesOf } from './settings.ts';
import type { StreamDefinition } from './streams.ts';

export interface FailedAttempt {
  readonly batch: Batch;
  readonly stream: StreamDefinition;
  readonly startedAt: number;
  /** Undefined when the attempt failed before it had one. */
  readonly plan: Plan | undefined;
  readonly error: unknown;
  /** It is tried again, whatever failed and however long that has been so. */
  readonly isKept?: true;
}

/** What becomes of a batch whose attempt failed. */
export type Consequence =
  | { readonly is: 'given up'; readonly code: string; readonly message: string; readonly attempts: number }
  | { readonly is: 'postponed'; readonly attempt: Postponement };

/** A far side that asks for more is asked again all the same: it may have recovered, or have been replaced. */
const RETRY_AFTER_LONGEST_MS = 10 * 60_000;

/**
 * Whether a batch is tried again, and when. What nobody retries, or has been retried for as long as its stream says,
 * goes to the error output; S3 objects, backups and the error output itself are tried for ever.
 */
export function consequence(
  failed: FailedAttempt,
  { now: endedAt, random }: { readonly now: number; readonly random: number },
): Consequence {
  const { batch, startedAt, plan, error } = failed;
  const failure = error instanceof DeliveryError ? error : undefined;
  const before = batch.postponed;
  const attempts = plan?.attempt ?? (before?.attempts ?? 0) + 1;
  const code = failure?.code ?? 'Hydrant.InternalError';
  const message = failure?.message ?? `The delivery attempt failed unexpectedly: ${String(error)}`;
  const firstAttemptAt = before?.firstAttemptAt ?? startedAt;
  // The far side's time to confirm is not the batch's to wait, and a clock that was set back must not give time back.
  const waitedFrom = before === undefined || before.isPending === true ? startedAt : before.endedAt;
  const waitedMs = (before?.waitedMs ?? 0) + Math.max(0, startedAt - waitedFrom);
  const leftMs = retryTimeLeftMs(failed, { waitedMs, lastedMs: Math.max(0, endedAt - firstAttemptAt) });
  if (failure !== undefined && failed.isKept === undefined && (isFinal(failure, failed, attempts) || leftMs <= 0)) {
    return { is: 'given up', code, message, attempts };
  }
  const askedMs = Math.min(failure?.retryAfterMs ?? 0, RETRY_AFTER_LONGEST_MS);
  // The last attempt is made when the time is up, not given up before.
  const waitMs = Math.min(leftMs, Math.max(backoffMs(attempts, random), askedMs));
  // Without a plan nothing was sent; with one, a single doubtful attempt taints all later ones under it.
  const isRefused = plan === undefined ? wasRefused(batch) : failure?.refused === true && !isInDoubt(batch, plan);
  const outcome = isRefused ? 'refused' : 'unknown';
  const until = endedAt + waitMs;
  return {
    is: 'postponed',
    attempt: { until, attempts, firstAttemptAt, endedAt, waitedMs, outcome, code, message },
  };
}

function isFinal({ code, retryable }: DeliveryError, { batch, stream }: FailedAttempt, attempts: number): boolean {
  switch (laneOf(batch.lane).stage) {
    case 'process':
      // What the buffer could not store in the meantime is no fault of the records.
      return code.startsWith('Lambda.') && (!retryable || attempts > processingRetriesMost(stream));
    case 'deliver':
      return !retryable;
    default:
      return false;
  }
}

/** How much longer the batch may be retried; for ever where its stream sets no limit. */
function retryTimeLeftMs(
  { batch, stream, isKept }: FailedAttempt,
  { waitedMs, lastedMs }: { readonly waitedMs: number; readonly lastedMs: number },
): number {
  const retries = laneOf(batch.lane).stage === 'deliver' && isKept === undefined ? retriesOf(stream) : undefined;
  if (retries === undefined) return Number.POSITIVE_INFINITY;
  return retries.durationMs - (retries.countsOnlyWaits ? waitedMs : lastedMs);
}
