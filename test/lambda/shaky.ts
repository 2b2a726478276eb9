import { DeliveryError } from '../../src/core/errors.ts';
import type { Rows, StagedObjects, Wakes } from '../../src/lambda/services.ts';
import type { Random } from '../kit/random.ts';

/** One invocation of a function, as far as the services see it. */
export interface Invocation {
  isDead: boolean;
  /** How far its clock is from the true time, in ms. */
  readonly skewMs: number;
  /** True time at which it is killed. */
  readonly deadline: number;
  readonly stopping: AbortController;
}

export interface Calls {
  /** A request to a service: happens when its turn comes, in any order among those under way, or fails. */
  call<T>(by: Invocation, apply: () => Promise<T>): Promise<T>;
  /** One that may hang on the way and count long after the function that made it is dead. */
  write<T>(by: Invocation, apply: () => Promise<T>): Promise<T>;
  /** One into a partition that may have too many already: then it is refused, and certainly does not happen. */
  crowd<T>(by: Invocation, apply: () => Promise<T>): Promise<T>;
  /** Lets one request that is under way happen. False when there is none. */
  step(): boolean;
  /** From now on every request succeeds. */
  heal(): void;
}

const NEVER = new Promise<never>(() => {});
export const LONGEST_STALL_MS = 100_000;

/**
 * The fates of requests, by seed: refused, lost before or after they counted, counted twice, late, and deaths anywhere.
 */
export function shakyCalls(random: Random, now: () => number): Calls {
  const ready: (() => void)[] = [];
  const stalled: { readonly at: number; readonly run: () => void }[] = [];
  let isHealed = false;

  async function turn(by: Invocation): Promise<void> {
    if (by.isDead || now() >= by.deadline) return NEVER;
    await new Promise<void>((resolve) => ready.push(resolve));
    if (by.isDead || now() >= by.deadline) return NEVER;
  }

  const failure = (code: string) => new DeliveryError(`The service answered ${code}.`, { code, retryable: true });

  async function call<T>(by: Invocation, apply: () => Promise<T>): Promise<T> {
    await turn(by);
    const fate = isHealed ? 1 : random.next();
    if (fate < 0.008) by.isDead = true;
    if (fate < 0.004) return NEVER;
    if (fate >= 0.008 && fate < 0.018) throw failure('Throttled');
    if (fate >= 0.018 && fate < 0.024) throw failure('TimedOut');
    if (fate >= 0.024 && fate < 0.034) await apply(); // the client's own retry
    if (fate >= 0.034 && fate < 0.038) by.stopping.abort();
    const answer = await apply();
    if (by.isDead || now() >= by.deadline) return NEVER;
    if (fate >= 0.038 && fate < 0.048) throw failure('TimedOut');
    return answer;
  }

  const write = <T>(by: Invocation, apply: () => Promise<T>): Promise<T> =>
    call(by, async () => {
      if (!isHealed && random.chance(0.015)) {
        await new Promise<void>((run) => stalled.push({ at: now() + random.below(LONGEST_STALL_MS), run }));
      }
      return apply();
    });

  const isCrowded = random.chance(0.3);

  return {
    call,
    write,
    async crowd(by, apply) {
      if (!isCrowded || isHealed || !random.chance(0.3)) return write(by, apply);
      await turn(by);
      throw failure('Buffer.Throttled');
    },
    step() {
      for (const one of stalled.filter(({ at }) => isHealed || at <= now())) {
        stalled.splice(stalled.indexOf(one), 1);
        ready.push(one.run);
      }
      if (ready.length === 0) return false;
      const [next] = ready.splice(random.below(ready.length), 1);
      next?.();
      return true;
    },
    heal() {
      isHealed = true;
    },
  };
}

export interface Services {
  readonly objects: StagedObjects;
  readonly rows: Rows;
  readonly wakes: Wakes;
}

/** Requests that one scan makes of so many rows or keys each. */
const SCAN_PAGE = 5;

/** The services as one invocation reaches them. */
export function servicesOf(
  { objects, rows, wakes }: Services,
  { call, write, crowd }: Calls,
  by: Invocation,
): Services {
  async function* scan<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
    let count = 0;
    for await (const one of all) {
      if (count++ % SCAN_PAGE === 0) await call(by, async () => {});
      yield one;
    }
  }
  return {
    objects: {
      put: (key, bytes) => write(by, () => objects.put(key, bytes)),
      get: (key) => call(by, () => objects.get(key)),
      remove: (keys) => write(by, () => objects.remove(keys)),
      list: () => scan(objects.list()),
    },
    rows: {
      get: (key) => call(by, () => rows.get(key)),
      create: (row) => {
        const make = () => rows.create(row);
        return row.open === undefined ? write(by, make) : crowd(by, make);
      },
      replace: (row, ifVersion) => write(by, () => rows.replace(row, ifVersion)),
      add: (row, how) => write(by, () => rows.add(row, how)),
      open: (partition, after) => call(by, () => rows.open(partition, after)),
      due: (before) => scan(rows.due(before)),
      held: (streamId) => scan(rows.held(streamId)),
      all: () => scan(rows.all()),
    },
    wakes: {
      // Some of them may be sent when others are not.
      async send(messages) {
        const half = Math.ceil(messages.length / 2);
        for (const some of [messages.slice(0, half), messages.slice(half)]) {
          if (some.length > 0) await write(by, () => wakes.send(some));
        }
      },
    },
  };
}
