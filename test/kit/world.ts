import type { LocalBuffer } from '../../src/core/buffer.ts';
import type { Delivered, Destination, Pending, Slice, SliceLimits } from '../../src/core/destination.ts';
import { drain } from '../../src/core/drain.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { DrainEvent } from '../../src/core/events.ts';
import { ingest } from '../../src/core/ingest.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { eachRecord, recordBlock } from '../../src/core/records.ts';
import type { DestinationKind, StreamDefinition } from '../../src/core/streams.ts';
import { type Timers, timers } from '../../src/local/timers.ts';
import { processors } from '../../src/processors/index.ts';
import { memoryBuffer } from './memory-buffer.ts';
import { memoryStreams } from './memory-streams.ts';
import { noFunctions } from './no-functions.ts';
import { virtualClock } from './virtual-clock.ts';

/** What the far side saw of one attempt. */
export interface Seen {
  readonly id: string;
  readonly stream: string;
  readonly records: readonly string[];
  readonly output: JsonValue;
  readonly attempt: number;
  readonly at: number;
  readonly errorOutputType?: string;
  readonly partition?: string;
}

export interface World {
  readonly buffer: LocalBuffer;
  readonly timers: Timers;
  readonly seen: Seen[];
  readonly events: DrainEvent[];
  /** Decides what the far side makes of an attempt; default: takes everything. */
  farSide: (slice: Slice, signal: AbortSignal) => Promise<Delivered | Pending> | Delivered | Pending;
  /** What the far side says of a slice that it left pending; default: it has it. */
  answer: (slice: Slice, state: JsonValue) => Delivered | Pending;
  /** Told of each batch before it is given up, by its slice's id; default: is content. */
  abandon: (id: string) => void;
  /** Answers the drain's question after a doubtful attempt; default: it may be there. */
  isAbsent: boolean;
  now(): number;
  put(stream: StreamDefinition, ...records: string[]): Promise<void>;
  update(stream: StreamDefinition): Promise<void>;
  /** Lets time pass; everything due in between happens in order. */
  pass(ms: number): Promise<void>;
  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void>;
}

/**
 * The real core and timers, on a buffer in memory and a clock that the test moves. Beside S3 there are destinations of
 * the kinds in `others`, which take slices within limits, or whole batches.
 */
export async function world(
  streamList: readonly StreamDefinition[],
  {
    budgetBytes = 1 << 30,
    concurrency = 8,
    startAt = 1_000_000,
    buffer = memoryBuffer({ budgetBytes }),
    processing = processors({ transform: noFunctions }),
    others = new Map<DestinationKind, SliceLimits | undefined>(),
  } = {},
): Promise<World> {
  const clock = virtualClock(startAt);
  const streams = memoryStreams();
  for (const stream of streamList) await streams.change(stream.name, () => stream);
  let batches = 0;

  const destination: Destination = {
    plan: (slice) => ({ key: `${slice.stream.name}-${slice.stream.version}-${slice.id}` }),
    isAbsent: async () => world.isAbsent,
    check: async (slice, state) => world.answer(slice, state),
    abandon: async ({ id }) => world.abandon(id),
    async deliver(slice, signal) {
      const records: string[] = [];
      for await (const block of slice.read())
        for (const record of eachRecord(block)) records.push(Buffer.from(record).toString());
      const { id, stream, plan, errorOutputType } = slice;
      const delivered = await world.farSide(slice, signal);
      world.seen.push({
        id,
        stream: stream.name,
        records,
        output: plan.output,
        attempt: plan.attempt,
        at: clock.now(),
        ...(errorOutputType && { errorOutputType }),
        ...(slice.partition !== undefined && { partition: slice.partition }),
      });
      return delivered;
    },
  };

  const within = (limits: SliceLimits | undefined): Destination =>
    limits === undefined ? destination : { ...destination, limits: () => limits };

  const wakes = timers({
    buffer,
    now: clock.now,
    alarm: clock.alarm,
    concurrency: { total: concurrency, perStream: 4 },
    fault: (error) => {
      throw error;
    },
    drain: drain({
      startedAt: clock.now(),
      buffer,
      room: buffer,
      streams,
      adapters: { s3: destination, others: new Map([...others].map(([kind, limits]) => [kind, within(limits)])) },
      processing,
      now: clock.now,
      newBatchId: () => `batch-${++batches}`,
      random: () => 0.5,
      report: (event) => world.events.push(event),
    }),
  });
  const take = ingest({ buffer, room: buffer, grew: wakes.grew });

  const world: World = {
    buffer,
    timers: wakes,
    seen: [],
    events: [],
    farSide: () => ({ bytes: 0 }),
    answer: () => ({ bytes: 0 }),
    abandon: () => {},
    isAbsent: false,
    now: clock.now,
    put: (stream, ...records) =>
      take(
        stream,
        recordBlock(
          clock.now(),
          records.map((record) => Buffer.from(record)),
        ),
      ),
    async update(stream) {
      await streams.change(stream.name, () => stream);
      wakes.changed(stream.id);
    },
    pass: clock.pass,
    settle: clock.settle,
  };
  return world;
}

export const refusing = (code = 'S3.NoSuchBucket') => {
  throw new DeliveryError('The far side said no.', { code, retryable: true, refused: true });
};

export const inDoubt = (code = 'S3.RequestTimeout') => {
  throw new DeliveryError('The connection broke.', { code, retryable: true });
};
