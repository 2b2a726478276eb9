import { describe, expect, it } from 'vitest';
import type { LocalBuffer } from '../../src/core/buffer.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';
import { aStream } from '../kit/streams.ts';
import { inDoubt, world } from '../kit/world.ts';

const stream = aStream({
  kind: 'Redshift',
  config: {
    RetryOptions: { DurationInSeconds: 3_600 },
    S3Configuration: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
  },
});
const others = new Map([['Redshift', undefined] as const]);
const aWorld = (options: { buffer?: LocalBuffer; startAt?: number } = {}) => world([stream], { ...options, others });
const MIB = 1024 * 1024;

describe("a Redshift stream's batches", () => {
  it('are loaded one after the other, while one of them is pending and while one is tried again', async () => {
    const w = await aWorld();
    const order: string[] = [];
    w.farSide = ({ id }) => {
      order.push(`send ${id}`);
      return { pending: id, checkAt: w.now() + 5_000 };
    };
    let isFailing = true;
    w.answer = ({ id }) => {
      order.push(`ask ${id}`);
      if (id === 'batch-1/0' && isFailing) {
        isFailing = false;
        return inDoubt();
      }
      return { bytes: 1 };
    };
    for (const record of ['a', 'b', 'c']) {
      await w.put(stream, record);
      await w.pass(1_500);
    }
    await w.pass(60_000);

    const batch = (n: number) => [`send batch-${n}/0`, `ask batch-${n}/0`];
    expect(order).toEqual([...batch(1), ...batch(1), ...batch(2)]);
    expect(w.seen.map(({ records }) => records)).toEqual([['a'], ['a'], ['b', 'c']]);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('keep their order when they are flushed', async () => {
    const w = await aWorld();
    let underWay = 0;
    let most = 0;
    w.farSide = ({ id }) => {
      most = Math.max(most, ++underWay);
      return { pending: id, checkAt: w.now() + 5_000 };
    };
    w.answer = () => {
      underWay--;
      return { bytes: 1 };
    };
    for (let n = 0; n < 7; n++) {
      await w.put(stream, `${n}${'x'.repeat(MIB)}`);
      await Promise.all([w.timers.flush(), w.timers.flush()]);
    }
    await w.pass(300_000);

    expect(most).toBe(1);
    expect(w.seen.map(({ records }) => records.map(([first]) => first).join('')).join('')).toBe('0123456');
  });

  it('keep their order when the buffer is crowded', async () => {
    const slow = { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 900 } };
    const streams = [...'abcdefg'].map((name) => {
      return aStream({ name, kind: 'Redshift', config: { S3Configuration: slow } });
    });
    const w = await world(streams, { others, budgetBytes: 8 * MIB });
    w.farSide = ({ id }) => ({ pending: id, checkAt: w.now() + 3_600_000 });
    for (const each of streams) await w.put(each, 'x'.repeat(0.9 * MIB));
    await w.pass(10_000);
    const sealed = w.buffer.due().batches.length;
    for (const each of streams) await w.put(each, 'later');

    await w.pass(10_000);

    expect(sealed).toBeGreaterThan(0);
    expect(w.buffer.due().batches).toHaveLength(sealed);
  });

  it('keep their order over a restart', async () => {
    const buffer = memoryBuffer();
    const before = await aWorld({ buffer });
    before.farSide = ({ id }) => ({ pending: id, checkAt: before.now() + 60_000 });
    await before.put(stream, 'a');
    await before.pass(1_000);
    await before.put(stream, 'b');
    await before.pass(10_000);

    const after = await aWorld({ buffer, startAt: before.now() });
    after.timers.start();
    await after.pass(40_000);
    expect(after.seen).toEqual([]);
    await after.pass(20_000);

    expect(after.seen.map(({ records }) => records)).toEqual([['b']]);
  });

  it('of another kind of stream are not held up by each other', async () => {
    const splunk = aStream({ kind: 'Splunk', intervalSeconds: 1 });
    const w = await world([splunk], { others: new Map([['Splunk', undefined]]) });
    w.farSide = () => inDoubt();
    await w.put(splunk, 'a');
    await w.pass(1_000);
    await w.put(splunk, 'b');
    await w.pass(1_000);

    expect(new Set(w.seen.map(({ id }) => id)).size).toBe(0);
    expect(w.buffer.due().batches).toHaveLength(2);
  });
});

describe('a batch that is given up', () => {
  const failing = aStream({
    kind: 'Redshift',
    config: {
      RetryOptions: { DurationInSeconds: 0 },
      S3Configuration: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
    },
  });

  it('goes to the error output once its destination has left behind what helps to mend it', async () => {
    const w = await world([failing], { others });
    w.farSide = ({ errorOutputType }) => (errorOutputType === undefined ? inDoubt('Far.Down') : { bytes: 1 });
    const told: string[] = [];
    w.abandon = (id) => void told.push(`${id} at ${w.events.length}`);
    await w.put(failing, 'a');

    await w.pass(120_000);

    expect(told).toEqual(['batch-1/0 at 0']);
    expect(w.seen).toMatchObject([{ records: ['a'], errorOutputType: 'redshift-failed' }]);
  });

  it('is kept and tried again while its destination cannot do that', async () => {
    const w = await world([failing], { others });
    let isDown = true;
    w.farSide = ({ errorOutputType }) => (errorOutputType === undefined && isDown ? inDoubt('Far.Down') : { bytes: 1 });
    w.abandon = () => inDoubt('S3.Down');
    await w.put(failing, 'a');
    await w.pass(600_000);

    expect(w.buffer.due().batches).toMatchObject([{ postponed: { code: 'S3.Down', outcome: 'unknown' } }]);
    isDown = false;
    await w.pass(60_000);

    expect(w.seen).toMatchObject([{ records: ['a'] }]);
    expect(w.seen[0]?.errorOutputType).toBeUndefined();
  });
});
