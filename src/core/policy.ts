import type { LaneStatus, Usage } from './buffer.ts';
import type { Hints } from './settings.ts';

/** Of what is left of the budget, how much a lane may hold before it drains, whatever its size hint. */
const LANE_SHARE = 1 / 3;

/**
 * When the lane should drain: now if it holds its size, else when its oldest record has waited for the interval. Ms
 * since the epoch.
 *
 * Where hints are large beside the budget, a lane drains before its stream may hold no more: the puts that follow find
 * room while it is delivered. And where a record is from the future the clock was set back: nobody knows how long it
 * has waited, so it waits no longer.
 */
export function dueAt(lane: LaneStatus, hints: Hints, { usage, now }: { usage: Usage; now: number }): number {
  if (lane.openedAt > now) return now;
  const sizeBytes = Math.min(hints.sizeBytes, (usage.budgetBytes - usage.usedBytes) * LANE_SHARE);
  return lane.bytes >= sizeBytes ? lane.openedAt : lane.openedAt + hints.intervalMs;
}

/** From here on the largest lanes drain before their hints say so. */
const EARLY_FLUSH_SHARE = 0.75;

/** From here on puts are refused; the rest of the budget is for the commits that make room. */
const REFUSE_SHARE = 0.9;

/** How much an early flush tries to set in motion at once. */
const RELIEF_SHARE = 0.1;

/**
 * Whether a put of so many bytes may enter. A stream may hold at most as many bytes as remain free for all: one stalled
 * stream can take half of the budget, two a third each, and a lively one among them always finds room.
 */
export function admits(usage: Usage, streamHeldBytes: number, putBytes: number): boolean {
  const usedAfter = usage.usedBytes + putBytes;
  if (usedAfter > usage.budgetBytes * REFUSE_SHARE) return false;
  return streamHeldBytes + putBytes <= usage.budgetBytes - usedAfter;
}

export function isCrowded(usage: Usage): boolean {
  return usage.usedBytes > usage.budgetBytes * EARLY_FLUSH_SHARE;
}

/** The largest lanes, enough of them to matter, to be drained ahead of their hints. */
export function lanesToRelieve(lanes: readonly LaneStatus[], usage: Usage): readonly LaneStatus[] {
  const largestFirst = [...lanes].sort((a, b) => b.bytes - a.bytes);
  const chosen: LaneStatus[] = [];
  let bytes = 0;
  for (const lane of largestFirst) {
    if (bytes >= usage.budgetBytes * RELIEF_SHARE) break;
    chosen.push(lane);
    bytes += lane.bytes;
  }
  return chosen;
}
