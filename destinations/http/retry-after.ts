import type { Answer } from './post.ts';

/** How long an answer asks to be left alone, in ms: `Retry-After` in seconds or as a date. */
export function retryAfterMs({ headers }: Answer, now: number): number | undefined {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
