import type { Attempted, Drain } from '../core/drain.ts';
import { DeliveryError } from '../core/errors.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import type { Alarm } from '../host/alarm.ts';
import { type Concurrency, type Job, slots } from './slots.ts';

export interface AttemptsPorts {
  readonly drain: Drain;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** Attempts that may run at once. */
  readonly concurrency: Concurrency;
  /** A batch left the lane's list of unfinished ones. */
  readonly over: (lane: LaneKey, attempted: Attempted) => void;
  readonly fault: (error: unknown) => void;
}

export interface Attempts {
  /** Queues the batch's next attempt, ahead of its time if it was put off. No-op while one is queued or running. */
  startNow(batch: string, lane: LaneKey): void;
  /** Starts it at a time, unless it is to start already. */
  startAt(batch: string, lane: LaneKey, at: number): void;
  /** Starts it now, or joins the attempt under way, and resolves with what came of that. */
  outcome(batch: string, lane: LaneKey): Promise<Attempted>;
  /** Sealed batches of the lane that are not over yet. */
  unfinished(lane: LaneKey): number;
  /** Everything of the stream that was put off starts now. */
  retry(streamId: string): void;
  /** The stream is gone: what runs is stopped, what waits is dropped. */
  forget(streamId: string): void;
  /** Nothing starts any more; what runs may end within the grace, then is stopped. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Adapters have timeouts of their own; this is for the one that forgot, so that it cannot hold its batch and slot for
 * ever.
 */
const ATTEMPT_LONGEST_MS = 15 * 60_000;
const AFTER_FAULT_MS = 1_000;

interface Scheduled {
  readonly lane: LaneKey;
  state: 'waiting' | 'queued' | 'running';
  cancelAlarm?: () => void;
  stop?: AbortController;
  readonly watchers: ((attempted: Attempted) => void)[];
}

/** Runs delivery attempts when they are due, as many at once as there are slots. */
export function attempts(ports: AttemptsPorts): Attempts {
  const { now } = ports;
  const queue = slots(ports.concurrency);
  const batches = new Map<string, Scheduled>();
  const unfinished = new Map<LaneKey, number>();
  const running = new Set<Promise<void>>();
  let isStopping = false;

  function scheduled(id: string, lane: LaneKey): Scheduled {
    let batch = batches.get(id);
    if (batch === undefined) {
      batch = { lane, state: 'waiting', watchers: [] };
      batches.set(id, batch);
      unfinished.set(lane, (unfinished.get(lane) ?? 0) + 1);
    }
    return batch;
  }

  function startAt(id: string, lane: LaneKey, at: number): void {
    const batch = scheduled(id, lane);
    if (isStopping || batch.state !== 'waiting' || batch.cancelAlarm !== undefined) return;
    batch.cancelAlarm = ports.alarm(at, () => startNow(id, lane));
  }

  function startNow(id: string, lane: LaneKey): void {
    const batch = scheduled(id, lane);
    if (isStopping || batch.state !== 'waiting') return;
    batch.cancelAlarm?.();
    delete batch.cancelAlarm;
    batch.state = 'queued';
    queue.offer({ streamId: laneOf(lane).streamId, batch: id });
    startQueued();
  }

  function startQueued(): void {
    while (!isStopping) {
      const job = queue.next();
      if (job === undefined) return;
      const work = run(job);
      running.add(work);
      void work.finally(() => {
        running.delete(work);
        startQueued();
      });
    }
  }

  async function run(job: Job): Promise<void> {
    const batch = batches.get(job.batch);
    if (batch === undefined) {
      queue.done(job, 'succeeded');
      return;
    }
    batch.state = 'running';
    const stop = new AbortController();
    batch.stop = stop;
    const cancelTimeout = ports.alarm(now() + ATTEMPT_LONGEST_MS, () => stop.abort(tookTooLong()));
    const attempted = await ports.drain.attempt(job.batch, stop.signal).catch((error: unknown): Attempted => {
      ports.fault(error);
      return {
        result: 'postponed',
        until: now() + AFTER_FAULT_MS,
        code: 'Hydrant.BufferFault',
        message: String(error),
      };
    });
    cancelTimeout();
    batch.state = 'waiting';
    queue.done(job, attempted.result === 'postponed' ? 'failed' : 'succeeded');
    conclude(job.batch, batch, attempted);
  }

  function conclude(id: string, batch: Scheduled, attempted: Attempted): void {
    const { lane } = batch;
    if (attempted.result === 'postponed' || attempted.result === 'pending') {
      startAt(id, lane, attempted.until);
    } else {
      batch.cancelAlarm?.();
      batches.delete(id);
      const left = (unfinished.get(lane) ?? 1) - 1;
      if (left > 0) unfinished.set(lane, left);
      else unfinished.delete(lane);
      if (!isStopping) ports.over(lane, attempted);
    }
    for (const watch of batch.watchers.splice(0)) watch(attempted);
  }

  return {
    startNow,
    startAt,
    unfinished: (lane) => unfinished.get(lane) ?? 0,

    outcome(id, lane) {
      if (isStopping) return Promise.resolve({ result: 'left' });
      return new Promise((resolve) => {
        scheduled(id, lane).watchers.push(resolve);
        startNow(id, lane);
      });
    },

    retry(streamId) {
      for (const [id, { lane }] of batches) if (laneOf(lane).streamId === streamId) startNow(id, lane);
    },

    forget(streamId) {
      queue.forget(streamId);
      for (const [id, batch] of batches) {
        if (laneOf(batch.lane).streamId !== streamId) continue;
        if (batch.state === 'running') batch.stop?.abort();
        else conclude(id, batch, { result: 'left' });
      }
    },

    async stop(graceMs) {
      isStopping = true;
      for (const [id, batch] of batches) if (batch.state !== 'running') conclude(id, batch, { result: 'left' });
      const cancelGrace = ports.alarm(now() + graceMs, () => {
        for (const { stop } of batches.values()) stop?.abort();
      });
      await Promise.all(running);
      cancelGrace();
    },
  };
}

function tookTooLong(): DeliveryError {
  const message = `The delivery attempt was stopped: it took longer than ${ATTEMPT_LONGEST_MS / 60_000} minutes.`;
  return new DeliveryError(message, { code: 'Hydrant.AttemptTimeout', retryable: true });
}
