import { DeliveryError } from '../../core/errors.ts';
import type { Thread } from './thread.ts';

export interface Threads {
  /**
   * Has the work done by a thread that does nothing else meanwhile. When all are busy it waits for its turn, first come
   * first served; rejects with the signal's reason when that aborts before.
   */
  run<T>(work: (thread: Thread) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Ends all threads. What is under way rejects, and so does whatever comes later. */
  close(): Promise<void>;
}

/** Calls that may wait. Streams have few attempts under way each, so that more means something is stuck. */
const WAITING_MOST = 1_000;

/**
 * Up to `most` threads of one function, each started when a call finds all others busy, and started anew after it
 * ended. A thread that ended is not missed before there is a call for it.
 */
export function threads({ start, most }: { readonly start: () => Thread; readonly most: number }): Threads {
  const idle: Thread[] = [];
  const busy = new Set<Thread>();
  const waiting = new Set<{ readonly go: () => void; readonly refuse: (reason: Error) => void }>();
  let taken = 0;
  let isClosed = false;

  async function turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (isClosed) throw closed();
    if (taken < most) {
      taken++;
      return;
    }
    if (waiting.size >= WAITING_MOST) throw limitExceeded();
    await new Promise<void>((resolve, reject) => {
      const aborted = () => turnOver(() => reject(signal.reason));
      const turnOver = (end: () => void) => {
        waiting.delete(each);
        signal.removeEventListener('abort', aborted);
        end();
      };
      const each = { go: () => turnOver(resolve), refuse: (reason: Error) => turnOver(() => reject(reason)) };
      waiting.add(each);
      signal.addEventListener('abort', aborted);
    });
  }

  function give(): void {
    const [next] = waiting;
    if (next === undefined) taken--;
    else next.go();
  }

  function takeThread(): Thread {
    for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) if (thread.isAlive()) return thread;
    return start();
  }

  return {
    async run(work, signal) {
      await turn(signal);
      let thread: Thread | undefined;
      try {
        if (isClosed) throw closed();
        thread = takeThread();
        busy.add(thread);
        return await work(thread);
      } finally {
        if (thread !== undefined) busy.delete(thread);
        if (thread?.isAlive()) idle.push(thread);
        give();
      }
    },

    async close() {
      isClosed = true;
      for (const { refuse } of waiting) refuse(closed());
      await Promise.all([...busy, ...idle].map((thread) => thread.kill()));
    },
  };
}

function closed(): DeliveryError {
  return new DeliveryError('The service is stopping; the function is not called any more.', {
    code: 'Lambda.ServiceUnavailable',
    retryable: true,
  });
}

/** What Lambda calls it when a function has too many invocations at once. */
function limitExceeded(): DeliveryError {
  const message = 'The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.';
  return new DeliveryError(message, { code: 'Lambda.InvokeLimitExceeded', retryable: true });
}
