/** Calls back at or soon after a time in ms since the epoch, once; the result cancels it. */
export type Alarm = (at: number, ring: () => void) => () => void;

/** setTimeout's own limit. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function alarmOf(now: () => number): Alarm {
  return (at, ring) => {
    const timer = setTimeout(ring, Math.min(Math.max(at - now(), 0), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  };
}
