import type { Batch, LaneStatus, LocalBuffer } from '../core/buffer.ts';
import type { Drain } from '../core/drain.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { dueAt, isCrowded, lanesToRelieve } from '../core/policy.ts';
import { retryAt } from '../core/retry.ts';
import { hintsOf } from '../core/settings.ts';
import type { StreamDefinition } from '../core/streams.ts';
import type { Alarm } from '../host/alarm.ts';
import { attempts } from './attempts.ts';
import type { Concurrency } from './slots.ts';

export interface TimersPorts {
  readonly drain: Drain;
  readonly buffer: LocalBuffer;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** Delivery attempts that may run at once. Each costs a few MiB of memory. */
  readonly concurrency: Concurrency;
  /** The buffer or the stream store failed while draining; the work is tried again. */
  readonly fault: (error: unknown) => void;
}

export interface Timers {
  /** A put has just added to this lane. */
  grew(stream: StreamDefinition, lane: LaneStatus): void;
  /** The stream was updated: its lanes have other hints, and what was put off may work now. */
  changed(streamId: string): void;
  /** The stream is gone: its attempts stop. */
  forget(streamId: string): void;
  /** Finds everything that waits: at start, and once a minute from then on. */
  start(): void;
  /**
   * Seals and attempts now all that is buffered for the stream, or for all streams; resolves when each batch has had
   * its attempt.
   */
  flush(streamId?: string): Promise<Flushed>;
  /**
   * No new attempts; running ones may end within the grace, then they are stopped. What they carried stays buffered.
   */
  stop(graceMs: number): Promise<void>;
}

export interface Flushed {
  readonly batches: number;
  readonly records: number;
  readonly postponed: readonly { readonly streamId: string; readonly code: string; readonly message: string }[];
}

/**
 * A lane with so many batches on their way seals no more: it grows, and is cut by its size hint once its destination is
 * back.
 */
const UNFINISHED_PER_LANE_LEAST = 8;
const SWEEP_EVERY_MS = 60_000;
const RELIEVE_EVERY_MS = 1_000;
const AFTER_FAULT_MS = 1_000;
/** Process lanes fill deliver lanes, which fill error lanes; nothing is further downstream. */
const FLUSH_ROUNDS = 4;

/** Wakes lanes when they are due. Keeps no truth: after a crash `start` finds all of it again. */
export function timers(ports: TimersPorts): Timers {
  const { drain, buffer, now } = ports;
  // With as many again sealed as may run, one is there when another ends.
  const unfinishedMost = Math.max(UNFINISHED_PER_LANE_LEAST, 2 * ports.concurrency.perStream);
  const alarms = new Map<LaneKey, () => void>();
  /** Lanes being sealed, and whether they grew meanwhile. */
  const sealing = new Map<LaneKey, { again: boolean }>();
  const batches = attempts({
    ...ports,
    over(lane, attempted) {
      void sealDue(lane);
      if (attempted.result === 'finished') for (const filled of attempted.filled) void sealDue(filled.lane);
    },
  });
  let cancelSweep: (() => void) | undefined;
  let cancelRelief: (() => void) | undefined;
  let isStopping = false;

  function grew(stream: StreamDefinition, lane: LaneStatus): void {
    const usage = buffer.usage();
    const at = dueAt(lane, hintsOf(stream, laneOf(lane.lane).stage), { usage, now: now() });
    if (at <= now()) void sealDue(lane.lane);
    else wakeAt(lane.lane, at);
    if (cancelRelief === undefined) relieve();
  }

  function wakeAt(lane: LaneKey, at: number): void {
    if (isStopping || alarms.has(lane)) return;
    const cancel = ports.alarm(at, () => {
      alarms.delete(lane);
      void sealDue(lane);
    });
    alarms.set(lane, cancel);
  }

  function silence(lane: LaneKey): void {
    alarms.get(lane)?.();
    alarms.delete(lane);
  }

  async function sealDue(lane: LaneKey): Promise<void> {
    const busy = sealing.get(lane);
    if (busy !== undefined) {
      busy.again = true;
      return;
    }
    const state = { again: false };
    sealing.set(lane, state);
    try {
      do {
        state.again = false;
        await sealWhileDue(lane);
      } while (state.again);
    } catch (error) {
      ports.fault(error);
      wakeAt(lane, now() + AFTER_FAULT_MS);
    } finally {
      sealing.delete(lane);
    }
  }

  async function sealWhileDue(lane: LaneKey): Promise<void> {
    const most = (await drain.isInOrder(lane)) ? 1 : unfinishedMost;
    while (!isStopping && batches.unfinished(lane) < most) {
      const at = await drain.laneDueAt(lane);
      if (at > now()) {
        if (at !== Number.POSITIVE_INFINITY) wakeAt(lane, at);
        return;
      }
      const batch = await drain.seal(lane);
      if (batch === undefined) return;
      silence(lane);
      batches.startNow(batch.id, lane);
    }
  }

  /**
   * Seals a batch of a lane that need not be due. Where batches go in order, none is sealed before the last is over,
   * and this one counts as under way at once.
   */
  async function sealEarly(lane: LaneKey): Promise<Batch | undefined> {
    if (!(await drain.isInOrder(lane))) return drain.seal(lane);
    if (batches.unfinished(lane) > 0 || sealing.has(lane)) return undefined;
    const state = { again: false };
    sealing.set(lane, state);
    try {
      const batch = await drain.seal(lane);
      if (batch !== undefined) batches.startAt(batch.id, lane, now() + AFTER_FAULT_MS);
      return batch;
    } finally {
      sealing.delete(lane);
      if (state.again) void sealDue(lane);
    }
  }

  /** Goes on for as long as the buffer is crowded: there may be no room for the put that would set it off again. */
  function relieve(): void {
    cancelRelief = undefined;
    const usage = buffer.usage();
    if (isStopping || !isCrowded(usage)) return;
    cancelRelief = ports.alarm(now() + RELIEVE_EVERY_MS, relieve);
    const lanes = buffer.due().lanes.filter(({ lane }) => batches.unfinished(lane) < unfinishedMost);
    for (const { lane } of lanesToRelieve(lanes, usage)) {
      sealEarly(lane).then((batch) => batch && batches.startNow(batch.id, lane), ports.fault);
    }
  }

  function sweep(): void {
    const waiting = buffer.due();
    for (const { lane } of waiting.lanes) if (!alarms.has(lane)) void sealDue(lane);
    for (const { id, lane, postponed } of waiting.batches) {
      batches.startAt(id, lane, postponed === undefined ? 0 : retryAt(postponed, now()));
    }
    cancelSweep = ports.alarm(now() + SWEEP_EVERY_MS, sweep);
  }

  /** Seals all the lane holds now, whatever its hints; what arrives meanwhile, or has its turn later, may stay. */
  async function sealAll({ lane, records }: LaneStatus): Promise<Sealed[]> {
    const sealed: Sealed[] = [];
    for (let left = records; left > 0; ) {
      const batch = await sealEarly(lane);
      if (batch === undefined) break;
      sealed.push({ id: batch.id, lane });
      left -= batch.records;
    }
    silence(lane);
    if (buffer.lane(lane) !== undefined) void sealDue(lane);
    return sealed;
  }

  async function flush(streamId?: string): Promise<Flushed> {
    const isWanted = ({ lane }: { readonly lane: LaneKey }) =>
      streamId === undefined || laneOf(lane).streamId === streamId;
    const waiting = buffer.due();
    let lanes: readonly LaneStatus[] = waiting.lanes.filter(isWanted);
    let sealed: readonly Sealed[] = waiting.batches.filter(isWanted);
    const tried = new Set<string>();
    const total = { batches: 0, records: 0, postponed: [] as Flushed['postponed'][number][] };
    for (let round = 0; round < FLUSH_ROUNDS && lanes.length + sealed.length > 0; round++) {
      const newlySealed = await Promise.all(lanes.map(sealAll));
      sealed = [...sealed, ...newlySealed.flat()];
      for (const { id } of sealed) tried.add(id);
      const outcomes = await Promise.all(sealed.map(({ id, lane }) => batches.outcome(id, lane)));
      total.batches += outcomes.length;
      for (const [i, attempted] of outcomes.entries()) {
        if (attempted.result === 'finished' && attempted.filled.length === 0) total.records += attempted.records;
        if (attempted.result !== 'postponed' && attempted.result !== 'pending') continue;
        const { code, message } = attempted.result === 'pending' ? UNCONFIRMED : attempted;
        total.postponed.push({ streamId: laneOf(sealed[i]!.lane).streamId, code, message }); // outcomes mirror sealed
      }
      const filled = outcomes.flatMap((attempted) => (attempted.result === 'finished' ? attempted.filled : []));
      const isFilled = new Set(filled.map(({ lane }) => lane));
      // Lanes that are due seal themselves: what came of this round may be in batches by now, or already beyond them.
      const since = buffer.due();
      lanes = since.lanes.filter(
        (status) => isWanted(status) && (isFilled.has(status.lane) || laneOf(status.lane).stage === 'error'),
      );
      sealed = since.batches.filter(
        (batch) => isWanted(batch) && !tried.has(batch.id) && laneOf(batch.lane).stage !== 'process',
      );
    }
    return total;
  }

  return {
    grew,
    flush,
    start: sweep,

    changed(streamId) {
      for (const { lane } of buffer.due().lanes) {
        if (laneOf(lane).streamId !== streamId) continue;
        silence(lane);
        void sealDue(lane);
      }
      batches.retry(streamId);
    },

    forget(streamId) {
      for (const lane of [...alarms.keys()]) if (laneOf(lane).streamId === streamId) silence(lane);
      batches.forget(streamId);
    },

    async stop(graceMs) {
      isStopping = true;
      cancelSweep?.();
      cancelRelief?.();
      for (const lane of [...alarms.keys()]) silence(lane);
      await batches.stop(graceMs);
    },
  };
}

const UNCONFIRMED = {
  code: 'Hydrant.Pending',
  message: 'The far side has the records and has not confirmed them yet.',
};

interface Sealed {
  readonly id: string;
  readonly lane: LaneKey;
}
