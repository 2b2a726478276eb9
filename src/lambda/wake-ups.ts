import assert from 'node:assert';
import type { LaneStatus } from '../core/buffer.ts';
import type { Attempted, Drain } from '../core/drain.ts';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import { hintsOf } from '../core/settings.ts';
import type { StreamDefinition, StreamStore } from '../core/streams.ts';
import type { Overdue, SharedBuffer } from './buffer.ts';
import type { BatchWake, Message, Wake, Wakes } from './services.ts';
import { CLOCKS_DIFFER_MS } from './store.ts';

export interface WakeUpPorts {
  readonly buffer: Pick<SharedBuffer, 'overdue' | 'attemptAt'>;
  /** Absent in a function that no wake-up is sent to. */
  readonly drain?: Drain;
  readonly streams: Pick<StreamStore, 'byId'>;
  readonly wakes: Wakes;
  /** What has been sent for each lane. A container's invocations share it. */
  readonly announced?: Map<LaneKey, Announced>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** A wake-up was not sent; the sweep finds what it was about. */
  readonly fault: (error: unknown) => void;
}

export interface Announced {
  /** The latest opening that a wake-up was sent for: one is enough. */
  readonly openedAt: number;
  /** When the latest wake-up for its size comes. */
  readonly fullAt: number;
}

export interface WakeUps {
  /** A put has just added to this lane. */
  grew(stream: StreamDefinition, lane: LaneStatus): void;
  /** Resolves when the wake-ups for what grew are sent, before which a function must not end. */
  sent(): Promise<void>;
  /** What a wake-up asks for. Rejects when it is to be delivered again. */
  handle(wake: Wake, signal: AbortSignal): Promise<void>;
  /**
   * Once a minute: what lost wake-ups have forgotten. Rejects when something could not be looked at; the rest was. When
   * all are lost, such as with their queue, each lane and batch that waits is sent one, also for what is not due yet.
   */
  sweep(lost?: 'some' | 'all'): Promise<void>;
}

/** Batches that one wake-up of a lane seals. */
const SEALS_MOST = 100;
/** Lanes whose wake-ups are remembered. */
const REMEMBERED_MOST = 10_000;
/** A lane that is full wakes so often, from each container. */
const FULL_EVERY_MS = 1_000;
/** Messages that the sweep holds at a time. */
const SENT_AT_ONCE = 200;

/**
 * Turns growth, postponements and lost messages into wake-ups, and wake-ups into work. Any of them may come twice, late
 * or in any order: what is due is asked of the buffer each time.
 */
export function wakeUps(ports: WakeUpPorts): WakeUps {
  const { now, announced = new Map<LaneKey, Announced>() } = ports;
  const sending = new Set<Promise<void>>();

  function send(...messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const sent = ports.wakes.send(messages).catch(ports.fault);
    sending.add(sent);
    void sent.then(() => sending.delete(sent));
  }

  function wakesOfGrowth(stream: StreamDefinition, { lane, bytes, openedAt }: LaneStatus): Message[] {
    const { sizeBytes, intervalMs } = hintsOf(stream, laneOf(lane).stage);
    const messages: Message[] = [];
    const before = announced.get(lane);
    let fullAt = before?.fullAt ?? 0;
    if (bytes >= sizeBytes && fullAt <= now()) {
      fullAt = Math.max(now(), fullAt + FULL_EVERY_MS);
      messages.push({ wake: { lane }, at: fullAt });
    }
    if (before?.openedAt !== openedAt) messages.push({ wake: { lane }, at: openedAt + intervalMs });
    if (announced.size >= REMEMBERED_MOST) announced.clear();
    announced.set(lane, { openedAt, fullAt });
    return messages;
  }

  async function sent(): Promise<void> {
    while (sending.size > 0) await Promise.all(sending);
  }

  async function sealWhileDue(drain: Drain, lane: LaneKey): Promise<void> {
    let hasSealed = false;
    for (let i = 0; i < SEALS_MOST; i++) {
      const at = await drain.laneDueAt(lane);
      if (at === Number.POSITIVE_INFINITY) return;
      if (at > now()) {
        // Of what stays behind nobody has sent a wake-up. Any other lane that is not due was opened by an append, which
        // has; but by another clock that may have come early.
        if (hasSealed || at <= now() + CLOCKS_DIFFER_MS) send({ wake: { lane }, at });
        return;
      }
      const batch = await drain.seal(lane);
      if (batch === undefined) return;
      hasSealed = true;
      send({ wake: wakeOf(batch.id, lane), at: now() });
    }
    send({ wake: { lane }, at: now() });
  }

  async function follow(wake: BatchWake, attempted: Attempted): Promise<void> {
    if (attempted.result === 'left') {
      // It was stopped, and is for the next function at once; or its wake-up came early, by another clock. One that
      // comes earlier than that is a double of one that has had its attempt, or the queue could not wait any longer:
      // then the sweep finds the batch.
      const at = await ports.buffer.attemptAt(wake.batch);
      if (at <= now() + CLOCKS_DIFFER_MS) send({ wake, at });
      return;
    }
    if (attempted.result !== 'finished') return send({ wake, at: attempted.until });
    const stream = await ports.streams.byId(wake.streamId);
    if (stream !== undefined) send(...attempted.filled.flatMap((filled) => wakesOfGrowth(stream, filled)));
  }

  /** A lane is asked for its records when it is woken; what the index says of it is enough to wake it. */
  async function dueSince(overdue: Overdue, intervals: Map<string, number>): Promise<number> {
    if ('batch' in overdue) return overdue.dueAt;
    const { streamId, stage } = laneOf(overdue.lane);
    const key = `${streamId}/${stage}`;
    let interval = intervals.get(key);
    if (interval === undefined) {
      const stream = await ports.streams.byId(streamId);
      interval = stream === undefined ? 0 : hintsOf(stream, stage).intervalMs;
      intervals.set(key, interval);
    }
    return overdue.openedAt + interval;
  }

  return {
    grew: (stream, lane) => send(...wakesOfGrowth(stream, lane)),
    sent,

    async handle(wake, signal) {
      const { drain } = ports;
      assert(drain !== undefined, 'wake-ups are sent to functions that can do what they ask for');
      if ('lane' in wake) await sealWhileDue(drain, wake.lane);
      else await follow(wake, await drain.attempt(wake.batch, signal));
      await sent();
    },

    async sweep(lost = 'some') {
      const intervals = new Map<string, number>();
      let messages: Message[] = [];
      const flush = async (): Promise<void> => {
        send(...messages);
        messages = [];
        await sent();
      };
      try {
        for await (const overdue of ports.buffer.overdue()) {
          const since = await dueSince(overdue, intervals);
          if (lost === 'some' && !isAskedAgain(now() - since)) continue;
          const { lane } = overdue;
          const wake = 'batch' in overdue ? wakeOf(overdue.batch, lane) : { lane };
          messages.push({ wake, at: Math.max(since, now()) });
          if (messages.length === SENT_AT_ONCE) await flush();
        }
      } finally {
        await flush();
      }
    },
  };
}

const MINUTE_MS = 60_000;

/**
 * After 1, 2, 4, … minutes, then each hour. What is late has mostly not lost its wake-up but waits its turn in a busy
 * queue, and another message each minute would make that longer and longer.
 */
function isAskedAgain(lateMs: number): boolean {
  const minutes = Math.floor(lateMs / MINUTE_MS);
  return minutes < 60 ? Number.isInteger(Math.log2(minutes)) : minutes % 60 === 0;
}

function wakeOf(batch: string, lane: LaneKey): BatchWake {
  const { streamId, stage } = laneOf(lane);
  return { batch, streamId, stage };
}
