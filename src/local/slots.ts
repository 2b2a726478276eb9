export interface Job {
  readonly streamId: string;
  readonly batch: string;
}

export interface Concurrency {
  /** Over all streams. */
  readonly total: number;
  readonly perStream: number;
}

export interface Slots {
  offer(job: Job): void;
  /** The attempt is over; `failed` when it has to be made again. */
  done(job: Job, outcome: 'succeeded' | 'failed'): void;
  /** The next job that may start now, counted as started; undefined when none may. */
  next(): Job | undefined;
  /** Drops what waits for the stream. */
  forget(streamId: string): void;
}

/**
 * Which delivery attempts may run at once. Streams take turns. A stream whose last attempt failed probes with one
 * attempt at a time, and all such streams together have half the slots, so that dead destinations cannot hold up the
 * healthy ones. A quarter is kept for streams that have no attempt under way: destinations that hang have not failed
 * yet, and a few of them would otherwise take every slot until they do.
 */
export function slots({ total, perStream }: Concurrency): Slots {
  /** In the order of their turns: whoever starts a job goes to the end. */
  const waiting = new Map<string, Job[]>();
  const running = new Map<string, number>();
  const failing = new Set<string>();
  let runningNow = 0;
  const keptForNewcomers = Math.floor(total / 4);

  function mayStart(streamId: string): boolean {
    const own = running.get(streamId) ?? 0;
    if (!failing.has(streamId)) return own === 0 || (own < perStream && runningNow < total - keptForNewcomers);
    let runningFailing = 0;
    for (const id of failing) runningFailing += running.get(id) ?? 0;
    return own < 1 && runningFailing < Math.max(1, Math.floor(total / 2));
  }

  return {
    offer(job) {
      const jobs = waiting.get(job.streamId);
      if (jobs === undefined) waiting.set(job.streamId, [job]);
      else jobs.push(job);
    },

    done({ streamId }, outcome) {
      runningNow--;
      const left = (running.get(streamId) ?? 1) - 1;
      if (left === 0) running.delete(streamId);
      else running.set(streamId, left);
      if (outcome === 'failed') failing.add(streamId);
      else failing.delete(streamId);
    },

    next() {
      if (runningNow >= total) return undefined;
      for (const [streamId, jobs] of waiting) {
        if (!mayStart(streamId)) continue;
        const job = jobs.shift()!; // empty lists are removed below
        waiting.delete(streamId);
        if (jobs.length > 0) waiting.set(streamId, jobs);
        running.set(streamId, (running.get(streamId) ?? 0) + 1);
        runningNow++;
        return job;
      }
      return undefined;
    },

    forget(streamId) {
      waiting.delete(streamId);
      failing.delete(streamId);
    },
  };
}
