import type { Alarm } from '../../src/host/alarm.ts';

export interface VirtualClock {
  now(): number;
  readonly alarm: Alarm;
  /**
   * Lets so much time pass; every alarm in between rings at its time, in order, and what it causes happens before the
   * next.
   */
  pass(ms: number): Promise<void>;
  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void>;
  /** Whoever set alarms is dead: none of them rings. */
  silence(): void;
}

/**
 * A clock that stands still until the test moves it. `turns` is how many turns of the event loop any chain of work may
 * take.
 */
export function virtualClock(startAt: number, turns = 20): VirtualClock {
  let time = startAt;
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    now: () => time,
    settle,
    silence: () => alarms.clear(),
    alarm(at, ring) {
      const alarm = { at, ring };
      alarms.add(alarm);
      return () => {
        alarms.delete(alarm);
      };
    },
    async pass(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const next = [...alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        alarms.delete(next);
        time = Math.max(time, next.at);
        next.ring();
        await settle();
      }
      time = end;
    },
  };
}
