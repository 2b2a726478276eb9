import type { LaneStatus } from '../core/buffer.ts';
import type { Attempted, Drain } from '../core/drain.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { hintsOf } from '../core/settings.ts';
import type { StreamDefinition, StreamStore } from '../core/streams.ts';
import { CLOCKS_DIFFER_MS } from './batch-rows.ts';
import type { SharedBuffer } from './buffer.ts';
import type { BatchWake, Wake, Wakes } from './services.ts';

export interface WakeUpPorts {
  readonly buffer: Pick<SharedBuffer, 'overdue' | 'attemptAt'>;
  readonly drain: Drain;
  readonly streams: Pick<StreamStore, 'byId'>;
  readonly wakes: Wakes;
  /**
   * The latest opening of each lane that this process has sent a wake-up for: one is enough. A container's invocations
   * share it.
   */
  readonly announced?: Map<LaneKey, number>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** A wake-up was not sent; the sweep finds what it was about. */
  readonly fault: (error: unknown) => void;
}

export interface WakeUps {
  /** A put has just added to this lane. */
  grew(stream: StreamDefinition, lane: LaneStatus): void;
  /** Resolves when the wake-ups for what grew are sent, before which a function must not end. */
  sent(): Promise<void>;
  /** What a wake-up asks for. Rejects when it is to be delivered again. */
  handle(wake: Wake, signal: AbortSignal): Promise<void>;
  /** Once a minute: what lost wake-ups have forgotten. */
  sweep(): Promise<void>;
}

/** Batches that one wake-up of a lane seals. */
const SEALS_MOST = 100;
/** Lanes whose wake-ups are remembered. */
const REMEMBERED_MOST = 10_000;

/**
 * Turns growth, postponements and lost messages into wake-ups, and wake-ups into work. Any of them may come twice, late
 * or in any order: what is due is asked of the buffer each time.
 */
export function wakeUps(ports: WakeUpPorts): WakeUps {
  const { drain, now, announced = new Map<LaneKey, number>() } = ports;
  const sending = new Set<Promise<void>>();

  function send(wake: Wake, at: number): void {
    const sent = ports.wakes.send([{ wake, at }]).catch(ports.fault);
    sending.add(sent);
    void sent.then(() => sending.delete(sent));
  }

  function grew(stream: StreamDefinition, { lane, bytes, openedAt }: LaneStatus): void {
    const { sizeBytes, intervalMs } = hintsOf(stream, laneOf(lane).stage);
    if (bytes >= sizeBytes) send({ lane }, now());
    if (announced.get(lane) === openedAt) return;
    if (announced.size >= REMEMBERED_MOST) announced.clear();
    announced.set(lane, openedAt);
    send({ lane }, openedAt + intervalMs);
  }

  async function sent(): Promise<void> {
    while (sending.size > 0) await Promise.all(sending);
  }

  async function sealWhileDue(lane: LaneKey): Promise<void> {
    let hasSealed = false;
    for (let i = 0; i < SEALS_MOST; i++) {
      const at = await drain.laneDueAt(lane);
      if (at === Number.POSITIVE_INFINITY) return;
      if (at > now()) {
        // Of what stays behind nobody has sent a wake-up. Any other lane that is not due was opened by an append, which
        // has; but by another clock that may have come early.
        if (hasSealed || at <= now() + CLOCKS_DIFFER_MS) send({ lane }, at);
        return;
      }
      const batch = await drain.seal(lane);
      if (batch === undefined) return;
      hasSealed = true;
      send(wakeOf(batch.id, lane), now());
    }
    send({ lane }, now());
  }

  async function follow(wake: BatchWake, attempted: Attempted): Promise<void> {
    if (attempted.result === 'left') {
      // It was stopped, and is for the next function at once; or its wake-up came early, by another clock. One that
      // comes earlier than that is a double of one that has had its attempt, or the queue could not wait any longer:
      // then the sweep finds the batch.
      const at = await ports.buffer.attemptAt(wake.batch);
      if (at <= now() + CLOCKS_DIFFER_MS) send(wake, at);
      return;
    }
    if (attempted.result !== 'finished') return send(wake, attempted.until);
    for (const filled of attempted.filled) {
      const stream = await ports.streams.byId(laneOf(filled.lane).streamId);
      if (stream !== undefined) grew(stream, filled);
    }
  }

  return {
    grew,
    sent,

    async handle(wake, signal) {
      if ('lane' in wake) await sealWhileDue(wake.lane);
      else await follow(wake, await drain.attempt(wake.batch, signal));
      await sent();
    },

    async sweep() {
      for await (const overdue of ports.buffer.overdue()) {
        const { lane } = overdue;
        if ('batch' in overdue) send(wakeOf(overdue.batch, lane), now());
        else if ((await drain.laneDueAt(lane)) <= now()) send({ lane }, now());
      }
      await sent();
    },
  };
}

function wakeOf(batch: string, lane: LaneKey): BatchWake {
  const { streamId, stage } = laneOf(lane);
  return { batch, streamId, stage };
}
