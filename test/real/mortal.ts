import type { Random } from '../kit/random.ts';
import type { Calls, Invocation } from '../lambda/shaky.ts';

/** An invocation that may end at any of its awaits: those under way then never come back. */
export interface Mortal extends Invocation {
  readonly died: Promise<'died'>;
  die(): void;
}

export function mortal(deadline: number): Mortal {
  let announce: (died: 'died') => void = () => {};
  const died = new Promise<'died'>((resolve) => {
    announce = resolve;
  });
  return {
    ...{ isDead: false, skewMs: 0, deadline, stopping: new AbortController(), died },
    die() {
      this.isDead = true;
      announce('died');
    },
  };
}

export interface MortalCalls extends Calls {
  /** How many invocations were killed. */
  deaths(): number;
}

const NEVER = new Promise<never>(() => {});

/**
 * Requests to services that run, each of which may be its invocation's last, by seed: before it is sent, while it is
 * under way, or after its answer has come.
 */
export function mortalCalls(random: Random, now: () => number, deathsInThousand: number): MortalCalls {
  let isHealed = false;
  let deaths = 0;

  function isOver(by: Invocation): boolean {
    const mortal = by as Mortal; // made by `mortal`, as all of this run
    if (!mortal.isDead && now() >= mortal.deadline) kill(mortal);
    return mortal.isDead;
  }

  function kill(by: Mortal): void {
    deaths++;
    by.die();
  }

  async function call<T>(by: Invocation, apply: () => Promise<T>): Promise<T> {
    const mortal = by as Mortal; // as above
    if (isOver(by)) return NEVER;
    const isLast = !isHealed && random.chance(deathsInThousand / 1_000);
    const when = isLast ? random.pick(['before', 'under way', 'after'] as const) : 'never';
    if (when === 'before') kill(mortal);
    if (mortal.isDead) return NEVER;
    const answer = apply();
    if (when === 'under way') {
      kill(mortal);
      answer.catch(() => {}); // nobody is there to hear it
    }
    if (mortal.isDead) return NEVER;
    try {
      return await answer;
    } finally {
      if (when === 'after') kill(mortal);
      // Neither an answer nor a failure reaches the dead.
      if (isOver(by)) await NEVER;
    }
  }

  return {
    call,
    write: call,
    crowd: call,
    step: () => false,
    heal() {
      isHealed = true;
    },
    deaths: () => deaths,
  };
}
