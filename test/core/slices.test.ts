import { describe, expect, it } from 'vitest';
import type { Slice, SliceLimits } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';
import { aStream } from '../kit/streams.ts';
import { inDoubt, type World, world } from '../kit/world.ts';

const http = (options: Parameters<typeof aStream>[0] = {}) =>
  aStream({ kind: 'HttpEndpoint', intervalSeconds: 1, ...options });

/** Where HTTP endpoints take slices within the limits, and OpenSearch whole batches. */
function sliced(
  streams: Parameters<typeof world>[0],
  {
    limits = { records: 10_000, bytes: 1 << 20 },
    ...options
  }: Parameters<typeof world>[1] & { limits?: SliceLimits } = {},
) {
  const others = new Map([
    ['HttpEndpoint', limits],
    ['Amazonopensearchservice', undefined],
  ] as const);
  return world(streams, { ...options, others });
}

const isData = ({ errorOutputType }: { readonly errorOutputType?: string }) => errorOutputType === undefined;

/** What the far side took, without the error output. */
const taken = (w: World) => w.seen.filter(isData).map(({ records }) => records);

const failed = (w: World) => w.seen.filter((seen) => !isData(seen)).map(({ records }) => records);

const tooLarge = () => {
  throw new DeliveryError('Too large.', { code: 'Far.TooLarge', retryable: false, isTooLarge: true });
};

const final = () => {
  throw new DeliveryError('Never.', { code: 'Far.Never', retryable: false });
};

const busy = (retryAfterMs?: number) => {
  throw new DeliveryError('Busy.', { code: 'Far.Busy', retryable: true, refused: true, retryAfterMs });
};

/** Which records an attempt is asked to deliver, as the id says. */
const places = ({ id }: Slice) => id.slice(id.indexOf('/') + 1);

describe('a batch whose destination has limits', () => {
  it('goes out in slices of at most so many records', async () => {
    const w = await sliced([http()], { limits: { records: 2, bytes: 1_000 } });
    await w.put(http(), 'a', 'b', 'c');
    await w.put(http(), 'd', 'e');

    await w.pass(1_000);

    expect(w.seen.map(({ id, records }) => [id, records])).toEqual([
      ['batch-1/0-2', ['a', 'b']],
      ['batch-1/2-4', ['c', 'd']],
      ['batch-1/4-5', ['e']],
    ]);
  });

  it('goes out in slices of at most so many bytes; a larger record is alone', async () => {
    const w = await sliced([http()], { limits: { records: 100, bytes: 4 } });
    await w.put(http(), 'aa', 'bb', 'c', 'dddddd', 'e');

    await w.pass(1_000);

    expect(taken(w)).toEqual([['aa', 'bb'], ['c'], ['dddddd'], ['e']]);
  });

  it('is one slice, with one id, when it fits', async () => {
    const w = await sliced([http()]);
    await w.put(http(), 'a', 'b');

    await w.pass(1_000);

    expect(w.seen).toMatchObject([{ id: 'batch-1/0-2', records: ['a', 'b'] }]);
  });

  it('is tried again without the slices that were taken', async () => {
    const w = await sliced([http()], { limits: { records: 1, bytes: 10 } });
    w.farSide = (slice) => (places(slice) === '1-2' && slice.plan.attempt === 1 ? inDoubt() : { bytes: 1 });
    await w.put(http(), 'a', 'b', 'c');

    await w.pass(60_000);

    expect(taken(w).flat().sort()).toEqual(['a', 'b', 'c']);
    expect(w.seen.filter(({ records }) => records[0] === 'b')).toMatchObject([{ id: 'batch-1/1-2', attempt: 2 }]);
  });

  it('is tried again after a crash without the slices that were taken', async () => {
    const before = await sliced([http()], { limits: { records: 1, bytes: 10 } });
    before.farSide = (slice) => (places(slice) === '1-2' ? new Promise(() => {}) : { bytes: 1 });
    await before.put(http(), 'a', 'b', 'c');
    await before.pass(1_000);
    before.buffer.release('batch-1');

    const after = await sliced([http()], { buffer: before.buffer, limits: { records: 1, bytes: 10 } });
    after.timers.start();
    await after.pass(60_000);

    expect(taken(before).flat().sort()).toEqual(['a', 'c']);
    expect(taken(after)).toEqual([['b']]);
  });

  it('asks a far side that fails no further slice', async () => {
    const w = await sliced([http()], { limits: { records: 1, bytes: 10 } });
    let asked = 0;
    w.farSide = () => {
      asked++;
      return busy();
    };
    await w.put(http(), ...Array.from({ length: 100 }, (_, i) => `${i}`));

    await w.pass(1_000);

    expect(asked).toBeLessThanOrEqual(4);
  });

  it('keeps a slice from being sent again when only the next one failed, whatever version the stream has', async () => {
    const w = await sliced([http()], { limits: { records: 1, bytes: 10 } });
    w.farSide = (slice) => (places(slice) === '1-2' ? busy() : { bytes: 1 });
    await w.put(http(), 'a', 'b');
    await w.pass(1_000);
    w.farSide = () => ({ bytes: 1 });

    await w.update(http({ version: 2 }));
    await w.settle();

    expect(taken(w)).toEqual([['a'], ['b']]);
  });
});

describe('a slice that is too large', () => {
  it('is halved until it is taken', async () => {
    const w = await sliced([http()]);
    w.farSide = ({ records }) => (records > 2 ? tooLarge() : { bytes: 1 });
    await w.put(http(), 'a', 'b', 'c', 'd', 'e');

    await w.pass(1_000);

    expect(taken(w)).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
    expect(failed(w)).toEqual([]);
  });

  it('is sent in the same halves when it is tried again', async () => {
    const w = await sliced([http()]);
    const ids: string[] = [];
    w.farSide = (slice) => {
      ids.push(places(slice));
      if (slice.records > 2) return tooLarge();
      return places(slice) === '0-2' && slice.plan.attempt === 1 ? inDoubt() : { bytes: 1 };
    };
    await w.put(http(), 'a', 'b', 'c', 'd', 'e', 'f');

    await w.pass(60_000);

    expect(ids).toEqual(['0-6', '0-3', '0-2', '0-2', '2-3', '3-6', '3-5', '5-6']);
  });

  it('of one record sends that record to the error output, and no other', async () => {
    const w = await sliced([http()]);
    w.farSide = (slice) => (isData(slice) && slice.bytes >= 9 ? tooLarge() : { bytes: 1 });
    await w.put(http(), 'a', 'enormous!', 'c');

    await w.pass(10_000);

    expect(taken(w)).toEqual([['a'], ['c']]);
    expect(w.seen.filter((seen) => !isData(seen))).toMatchObject([
      { records: ['enormous!'], errorOutputType: 'http-endpoint-failed' },
    ]);
  });
});

describe('records of a slice that are refused', () => {
  const refuse = (retryable: boolean) => (slice: Slice) => ({
    bytes: 1,
    ...(isData(slice) &&
      slice.plan.attempt === 1 && { refused: [{ index: 1, code: 'Far.No', message: 'No.', retryable }] }),
  });

  it('for good go to the error output', async () => {
    const w = await sliced([http()]);
    w.farSide = refuse(false);
    await w.put(http(), 'a', 'b', 'c');

    await w.pass(60_000);

    expect(failed(w)).toEqual([['b']]);
    expect(taken(w)).toEqual([['a', 'b', 'c']]);
  });

  it('for now are the only ones that are sent again', async () => {
    const w = await sliced([http()]);
    w.farSide = refuse(true);
    await w.put(http(), 'a', 'b', 'c');

    await w.pass(60_000);

    expect(taken(w)).toEqual([['a', 'b', 'c'], ['b']]);
    expect(failed(w)).toEqual([]);
  });

  it('for now do not change how the others are cut', async () => {
    const w = await sliced([http()], { limits: { records: 3, bytes: 100 } });
    const ids: string[] = [];
    w.farSide = (slice) => {
      ids.push(places(slice));
      if (slice.plan.attempt > 1) return { bytes: 1 };
      if (places(slice) === '3-6') return inDoubt();
      return { bytes: 1, refused: [{ index: 2, code: 'Far.No', message: 'No.', retryable: true }] };
    };
    await w.put(http(), 'a', 'b', 'c', 'd', 'e', 'f');

    await w.pass(60_000);

    expect(ids).toEqual(['0-3', '3-6', '2-3', '3-6']);
  });

  it('are not forgotten while other slices are retried, nor by a crash', async () => {
    const limits = { records: 1, bytes: 10 };
    const before = await sliced([http()], { limits });
    before.farSide = (slice) => (places(slice) === '0-1' ? final() : busy());
    await before.put(http(), 'a', 'b');
    await before.pass(1_000);
    await before.timers.stop(0);

    const after = await sliced([http()], { buffer: before.buffer, limits });
    after.timers.start();
    await after.pass(60_000);

    expect(taken(after)).toEqual([['b']]);
    expect(failed(after)).toEqual([['a']]);
  });
});

describe('a destination with a retry duration', () => {
  const retrying = (seconds: number) => http({ config: { RetryOptions: { DurationInSeconds: seconds } } });

  it('has its records sent to the error output when that is over, without those that were taken', async () => {
    const stream = retrying(60);
    const w = await sliced([stream], { limits: { records: 1, bytes: 10 } });
    w.farSide = (slice) => (isData(slice) && places(slice) !== '0-1' ? busy() : { bytes: 1 });
    await w.put(stream, 'a', 'b', 'c');

    await w.pass(59_000);
    expect(failed(w)).toEqual([]);
    await w.pass(10_000);

    expect(taken(w)).toEqual([['a']]);
    expect(failed(w)).toEqual([['b', 'c']]);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('of 0 is tried once', async () => {
    const stream = retrying(0);
    const w = await sliced([stream]);
    let attempts = 0;
    w.farSide = (slice) => {
      if (!isData(slice)) return { bytes: 1 };
      attempts++;
      return busy();
    };
    await w.put(stream, 'a');

    await w.pass(60_000);

    expect(attempts).toBe(1);
    expect(failed(w)).toEqual([['a']]);
  });

  it('is tried a last time when the time is up', async () => {
    const stream = retrying(100);
    const w = await sliced([stream]);
    const at: number[] = [];
    w.farSide = (slice) => {
      if (!isData(slice)) return { bytes: 1 };
      at.push(w.now());
      return busy();
    };
    await w.put(stream, 'a');

    await w.pass(200_000);

    expect(at.at(-1)! - at[0]!).toBe(100_000);
  });

  it('of an HTTP endpoint does not count the time its answers take', async () => {
    const stream = retrying(10);
    const w = await sliced([stream], { limits: { records: 1, bytes: 10 } });
    const answers: (() => void)[] = [];
    w.farSide = async (slice) => {
      if (!isData(slice)) return { bytes: 1 };
      await new Promise<void>((resolve) => answers.push(resolve));
      return slice.plan.attempt < 3 ? busy() : { bytes: 1 };
    };
    await w.put(stream, 'a');
    for (let attempt = 0; attempt < 3; attempt++) {
      await w.pass(120_000);
      answers.at(-1)?.();
      await w.settle();
    }

    expect(taken(w)).toEqual([['a']]);
  });

  it('of OpenSearch counts from the first attempt', async () => {
    const stream = aStream({ kind: 'Amazonopensearchservice', intervalSeconds: 1 });
    const w = await sliced([stream]);
    const answers: (() => void)[] = [];
    w.farSide = async (slice) => {
      if (!isData(slice)) return { bytes: 1 };
      await new Promise<void>((resolve) => answers.push(resolve));
      return busy();
    };
    await w.put(stream, 'a');
    await w.pass(301_000);
    answers[0]?.();

    await w.pass(10_000);

    expect(answers).toHaveLength(1);
    expect(failed(w)).toEqual([['a']]);
  });

  it('keeps records for as long as the error output does not take them', async () => {
    const stream = retrying(1);
    const memory = memoryBuffer();
    const w = await sliced([stream], { buffer: memory });
    w.farSide = () => busy();
    await w.put(stream, 'a');
    await w.pass(86_400_000);
    w.farSide = () => ({ bytes: 1 });

    await w.pass(60_000);

    expect(failed(w)).toEqual([['a']]);
  });
});

describe('a far side that says when to come back', () => {
  it('is left alone until then', async () => {
    const w = await sliced([http()]);
    w.farSide = (slice) => (slice.plan.attempt === 1 ? busy(120_000) : { bytes: 1 });
    await w.put(http(), 'a');
    await w.pass(1_000);

    await w.pass(119_000);
    expect(w.seen).toEqual([]);
    await w.pass(1_000);

    expect(taken(w)).toEqual([['a']]);
  });

  it('is asked again after ten minutes, whatever it said', async () => {
    const w = await sliced([http({ config: { RetryOptions: { DurationInSeconds: 7_200 } } })]);
    w.farSide = (slice) => (slice.plan.attempt === 1 ? busy(86_400_000) : { bytes: 1 });
    await w.put(http(), 'a');

    await w.pass(602_000);

    expect(taken(w)).toEqual([['a']]);
  });

  it('is left alone until then after a restart too', async () => {
    const before = await sliced([http()]);
    before.farSide = () => busy(120_000);
    await before.put(http(), 'a');
    await before.pass(1_000);
    await before.timers.stop(0);

    const after = await sliced([http()], { buffer: before.buffer, startAt: before.now() });
    after.timers.start();
    await after.pass(119_000);
    expect(after.seen).toEqual([]);
    await after.pass(1_000);

    expect(taken(after)).toEqual([['a']]);
  });
});
