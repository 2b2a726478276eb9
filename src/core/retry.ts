import type { Postponement } from './buffer.ts';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;

/**
 * How long to wait after the nth failed attempt: exponential with full jitter, so that many batches do not come back at
 * once. `random` is in [0, 1).
 */
export function backoffMs(failedAttempts: number, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failedAttempts - 1, 20));
  // Half is certain: a jitter that may be nothing would hammer a far side that has just said no.
  return ceiling / 2 + (ceiling / 2) * random;
}

/**
 * When a batch that was put off is due, in ms since the epoch. A clock that was set back since then does not make it
 * wait longer than it was meant to.
 */
export function retryAt({ until, endedAt }: Pick<Postponement, 'until' | 'endedAt'>, now: number): number {
  return Math.min(until, now + until - endedAt);
}
