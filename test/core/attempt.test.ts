import { describe, expect, it } from 'vitest';
import { drain } from '../../src/core/drain.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { laneKey } from '../../src/core/lanes.ts';
import { recordBlock } from '../../src/core/records.ts';
import { processors } from '../../src/processors/index.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';
import { memoryStreams } from '../kit/memory-streams.ts';
import { noFunctions } from '../kit/no-functions.ts';
import { aStream } from '../kit/streams.ts';
import { inDoubt, refusing, world } from '../kit/world.ts';

describe('an attempt', () => {
  it('sends nothing before its plan is durable', async () => {
    const memory = memoryBuffer();
    const stored: (() => void)[] = [];
    const plan = async (...plan: Parameters<typeof memory.plan>) => {
      await new Promise<void>((resolve) => stored.push(resolve));
      await memory.plan(...plan);
    };
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream], { buffer: { ...memory, plan } });
    await w.put(stream, 'a');

    await w.pass(10_000);
    expect(w.seen).toEqual([]);
    stored[0]?.();
    await w.settle();

    expect(w.seen).toHaveLength(1);
  });

  it('hands what it noted to every later attempt under its plan', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    const found: (JsonValue | undefined)[] = [];
    w.farSide = async (slice) => {
      found.push(slice.plan.note);
      if (slice.plan.attempt === 1) await slice.note({ uploadId: 'U1' });
      return slice.plan.attempt < 3 ? inDoubt() : { bytes: 1 };
    };
    await w.put(stream, 'a');

    await w.pass(60_000);

    expect(found).toEqual([undefined, { uploadId: 'U1' }, { uploadId: 'U1' }]);
  });

  it('that came to no plan leaves the doubt about earlier ones as it was', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const memory = memoryBuffer();
    let isFailing = false;
    const plan = async (...plan: Parameters<typeof memory.plan>) => {
      if (isFailing) throw new DeliveryError('The disk is full.', { code: 'Log.ENOSPC', retryable: true });
      await memory.plan(...plan);
    };
    const w = await world([stream], { buffer: { ...memory, plan } });
    w.farSide = () => inDoubt();
    await w.put(stream, 'a');
    await w.pass(1_000);

    isFailing = true;
    await w.pass(60_000);

    expect(w.buffer.due().batches).toMatchObject([{ postponed: { code: 'Log.ENOSPC', outcome: 'unknown' } }]);
  });

  it('is settled by when its own end was seen, not by when an earlier one ended', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const before = await world([stream]);
    before.farSide = (slice) => (slice.plan.attempt === 1 ? inDoubt() : new Promise(() => {}));
    await before.put(stream, 'a');
    await before.pass(100_000);
    before.buffer.release('batch-1');

    const after = await world([aStream({ version: 2 })], { buffer: before.buffer, startAt: before.now() });
    after.isAbsent = true;
    after.timers.start();
    await after.pass(29_999);
    expect(after.seen).toEqual([]);
    await after.pass(1);

    expect(after.seen).toMatchObject([{ output: { key: 'events-2-batch-1/0' } }]);
  });

  it('refused under a new plan is certain, whatever became of the old one', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.isAbsent = true;
    w.farSide = () => inDoubt();
    await w.put(stream, 'a');
    await w.pass(1_000);
    w.farSide = () => refusing();

    await w.update(aStream({ version: 2 }));
    await w.pass(30_000);

    expect(w.buffer.due().batches).toMatchObject([{ plan: { streamVersion: 2 }, postponed: { outcome: 'refused' } }]);
  });

  it('whose end cannot be stored lets the batch go, to be tried again', async () => {
    const stream = aStream();
    const memory = memoryBuffer();
    const streams = memoryStreams();
    await streams.change(stream.name, () => stream);
    const postpone = () =>
      Promise.reject(new DeliveryError('The disk is full.', { code: 'Log.ENOSPC', retryable: true }));
    const { seal, attempt } = drain({
      buffer: { ...memory, postpone },
      room: memory,
      streams,
      adapters: { s3: { deliver: () => inDoubt() }, others: new Map() },
      processing: processors({ transform: noFunctions }),
      startedAt: 0,
      now: () => 0,
      newBatchId: () => 'batch-1',
      random: () => 0.5,
      report: () => {},
    });
    const lane = laneKey({ streamId: stream.id, stage: 'deliver', partition: '' });
    await memory.commit({ append: [{ lanes: [lane], records: recordBlock(0, [Buffer.from('a')]) }] });
    await seal(lane);

    await expect(attempt('batch-1', new AbortController().signal)).rejects.toMatchObject({ code: 'Log.ENOSPC' });

    expect(await memory.lease('batch-1')).toMatchObject({ id: 'batch-1' });
  });

  it('that fails for good sends the batch to the error output, whose own attempts never fail for good', async () => {
    const stream = aStream({ intervalSeconds: 60 });
    const w = await world([stream]);
    w.farSide = () => {
      throw new DeliveryError('Never.', { code: 'Far.Never', retryable: false });
    };
    await w.put(stream, 'a');

    await w.pass(600_000);

    expect(w.events.filter(({ type }) => type === 'diverted')).toMatchObject([{ records: 1, reason: { attempts: 1 } }]);
    expect(w.buffer.due().batches).toMatchObject([{ lane: 'idevents/error/format-conversion-failed' }]);
  });

  it('is stopped when its stream is deleted, and when the service stops and its grace is over', async () => {
    const [deleted, kept] = [
      aStream({ name: 'deleted', intervalSeconds: 1 }),
      aStream({ name: 'kept', intervalSeconds: 1 }),
    ];
    const w = await world([deleted, kept]);
    const stopped: string[] = [];
    w.farSide = ({ stream }, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          stopped.push(stream.name);
          reject(signal.reason);
        }),
      );
    await w.put(deleted, 'a');
    await w.put(kept, 'b');
    await w.pass(1_000);

    w.timers.forget(deleted.id);
    await w.settle();
    expect(stopped).toEqual(['deleted']);
    const stopping = w.timers.stop(5_000);
    await w.pass(5_000);
    await stopping;

    expect(stopped).toEqual(['deleted', 'kept']);
    expect(w.buffer.due().batches.map(({ postponed }) => postponed)).toEqual([undefined, undefined]);
  });
});
