import { expect, it } from 'vitest';
import type { Destination } from '../../src/core/destination.ts';
import { drain } from '../../src/core/drain.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { laneKey } from '../../src/core/lanes.ts';
import { recordBlock } from '../../src/core/records.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import { wakeUps } from '../../src/lambda/wake-ups.ts';
import { processors } from '../../src/processors/index.ts';
import { memoryStreams } from '../kit/memory-streams.ts';
import { noFunctions } from '../kit/no-functions.ts';
import { aStream } from '../kit/streams.ts';
import { modelServices } from './model-services.ts';

const INTERVAL_MS = 60_000;
const STREAM = aStream({ intervalSeconds: INTERVAL_MS / 1000, sizeMb: 20 / 2 ** 20 });
const LANE = laneKey({ streamId: STREAM.id, stage: 'deliver', partition: '' });
const BATCH = { batch: 'b1', streamId: STREAM.id, stage: 'deliver' } as const;
const RUNNING = new AbortController().signal;

/** One function of a stream whose bucket fails, or is `stopping` it, at a time that the test sets. */
async function aFunction({ retryAfterMs = 0, stopping = new AbortController() } = {}) {
  const clock = { now: 1_000_000_000 };
  const now = () => clock.now;
  const model = modelServices(now);
  const streams = memoryStreams();
  await streams.change(STREAM.name, () => STREAM);
  let attempts = 0;
  let made = 0;
  const bucket: Destination = {
    plan: ({ id }) => id,
    async deliver() {
      attempts++;
      stopping.signal.throwIfAborted();
      throw new DeliveryError('Slow down.', { code: 'S3.SlowDown', retryable: true, refused: true, retryAfterMs });
    },
  };
  const buffer = sharedBuffer({ ...model, now, newId: () => `n${++made}`, leaseUntil: () => clock.now + 30_000 });
  const sent: number[] = [];
  const wakes = wakeUps({
    ...{ buffer, streams, now },
    wakes: {
      async send(messages) {
        sent.push(messages.length);
        await model.wakes.send(messages);
      },
    },
    fault: (error) => expect.unreachable(String(error)),
    drain: drain({
      ...{ buffer, streams, now, startedAt: 0, random: () => 0, report: () => {} },
      room: { usage: () => ({ usedBytes: 0, budgetBytes: Number.POSITIVE_INFINITY }) },
      adapters: { s3: bucket, others: new Map() },
      processing: processors({ transform: noFunctions }),
      newBatchId: () => 'b1',
    }),
  });
  return {
    ...{ clock, buffer, wakes, sent, stopping },
    attempts: () => attempts,
    /** What was sent since it was last asked. */
    messages: () => model.state.messages.splice(0),
    async put(text: string, lane = LANE) {
      const records = recordBlock(clock.now, [Buffer.from(text)]);
      for (const grown of await buffer.commit({ append: [{ lanes: [lane], records }] })) wakes.grew(STREAM, grown);
      await wakes.sent();
    },
  };
}

/** The same, with a batch that is sealed and was not attempted. */
async function aBatch(options?: Parameters<typeof aFunction>[0]) {
  const made = await aFunction(options);
  await made.put('record');
  await made.buffer.seal(LANE, { id: 'b1', sizeBytes: 1, now: made.clock.now });
  made.messages();
  return made;
}

it('the put that opens a lane wakes it when its interval is over, and no other put does', async () => {
  const { clock, put, messages } = await aFunction();

  await put('one');
  await put('two');

  expect(messages()).toEqual([{ wake: { lane: LANE }, at: clock.now + INTERVAL_MS }]);
});

it('puts into a full lane wake it at once, then once a second', async () => {
  const { clock, put, messages } = await aFunction();
  const start = clock.now;
  await put('twenty characters, and');
  messages();

  for (let i = 0; i < 49; i++) {
    clock.now += 100;
    await put('more');
  }

  expect(messages().map(({ at }) => at - start)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
});

it('a double wake-up of a batch that was put off does not attempt it', async () => {
  const { clock, wakes, attempts, messages } = await aBatch({ retryAfterMs: 60_000 });

  await wakes.handle(BATCH, RUNNING);
  await wakes.handle(BATCH, RUNNING);

  expect(attempts()).toBe(1);
  expect(messages()).toEqual([{ wake: BATCH, at: clock.now + 60_000 }]);
});

it('a wake-up that is early by less than clocks differ is sent again for its time', async () => {
  const { clock, wakes, attempts, messages } = await aBatch({ retryAfterMs: 60_000 });
  await wakes.handle(BATCH, RUNNING);
  const [{ at = 0 } = {}] = messages();

  clock.now = at - 9_000;
  await wakes.handle(BATCH, RUNNING);
  const again = messages();
  clock.now = at;
  await wakes.handle(BATCH, RUNNING);

  expect(again).toEqual([{ wake: BATCH, at }]);
  expect(attempts()).toBe(2);
});

it('a clock that is far behind does not make a batch wait longer than its wake-up did', async () => {
  const { clock, wakes, attempts } = await aBatch({ retryAfterMs: 60_000 });
  await wakes.handle(BATCH, RUNNING);

  clock.now -= 3_600_000;
  await wakes.handle(BATCH, RUNNING);

  expect(attempts()).toBe(2);
});

it('a wake-up of a batch that another function has asks for nothing', async () => {
  const { buffer, wakes, attempts, messages } = await aBatch();
  await buffer.lease('b1');

  await wakes.handle(BATCH, RUNNING);

  expect([attempts(), messages()]).toEqual([0, []]);
});

it('a batch whose function must end is for the next one at once', async () => {
  const { clock, wakes, stopping, messages } = await aBatch();
  stopping.abort();

  await wakes.handle(BATCH, stopping.signal);

  expect(messages()).toEqual([{ wake: BATCH, at: clock.now }]);
});

it('the sweep asks for what stays overdue ever more rarely, at least each hour', async () => {
  const { clock, wakes, put, messages } = await aFunction();
  await put('record');
  messages();
  clock.now += INTERVAL_MS;
  const asked: number[] = [];

  for (let minute = 0; minute <= 180; minute++) {
    await wakes.sweep();
    if (messages().length > 0) asked.push(minute);
    clock.now += 60_000;
  }

  expect(asked).toEqual([1, 2, 4, 8, 16, 32, 60, 120, 180]);
});

it('the sweep wakes all that waits when it is told that all is lost, at its time', async () => {
  const { clock, wakes, put, messages } = await aFunction();
  await put('record');
  messages();
  const dueAt = clock.now + INTERVAL_MS;

  await wakes.sweep();
  expect(messages()).toEqual([]);
  await wakes.sweep('all');

  expect(messages()).toEqual([{ wake: { lane: LANE }, at: dueAt }]);
});

it('the sweep wakes thousands of lanes a few hundred at a time', async () => {
  const { clock, wakes, put, sent } = await aFunction();
  for (let i = 0; i < 1_000; i++) await put('record', `${LANE}${i}`);
  sent.splice(0);

  clock.now += INTERVAL_MS + 60_000;
  await wakes.sweep();

  expect(sent).toEqual([200, 200, 200, 200, 200]);
});
