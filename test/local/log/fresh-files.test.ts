import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackground } from '../../../src/local/log/background.ts';
import { openFreshFiles } from '../../../src/local/log/fresh-files.ts';
import { openReport } from '../../../src/local/log/report.ts';
import { randomFrom } from '../../kit/random.ts';
import { simulatedDisk } from '../../kit/simulated-disk.ts';

const SEGMENT_BYTES = 4_096;
const MINUTE_MS = 60_000;

describe('files kept to be used again', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    return () => vi.useRealTimers();
  });

  async function withSpares(count: number) {
    const disk = simulatedDisk(randomFrom(1));
    const spares = Array.from({ length: count }, (_, i) => `spare-${i}`);
    for (const name of spares) {
      const file = await disk.open(`/d/${name}`, 'create');
      await file.write([new Uint8Array(SEGMENT_BYTES)], 0);
      await file.close();
    }
    const background = openBackground(openReport({ disk, folder: '/d', warn: () => {} }));
    const fresh = openFreshFiles({
      ...{ disk, folder: '/d', segmentBytes: SEGMENT_BYTES, spares, nextNumber: 100, background },
      sparesBytes: 100 * SEGMENT_BYTES,
    });
    const pass = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        vi.advanceTimersByTime(MINUTE_MS);
        await background.settled();
      }
      return (await disk.list('/d')).length;
    };
    return { disk, fresh, background, pass };
  }

  it('are given back a part at a time while nobody needs them, down to a few', async () => {
    const { fresh, pass } = await withSpares(20);

    expect([await pass(1), await pass(1), await pass(1)]).toEqual([20, 17, 14]);
    expect(await pass(60)).toBe(4);
    await fresh.close();
  });

  it('are not counted as idle when a burst has needed them since', async () => {
    const { fresh, background, pass } = await withSpares(20);
    await pass(1);
    const inUse: number[] = [];
    while (inUse.length < 16) {
      fresh.prepare();
      await background.settled();
      const { number, file } = await fresh.take();
      await file.close();
      inUse.push(number);
    }
    for (const number of inUse) await fresh.recycle(number);

    expect(await pass(1)).toBe(19);
    await fresh.close();
  });

  it('are taken at once when none is ready, and bear later numbers each time', async () => {
    const { fresh } = await withSpares(2);

    const taken = [await fresh.take(), await fresh.take(), await fresh.take()];

    expect(taken.map(({ number, preparedBytes }) => [number, preparedBytes])).toEqual([
      [100, SEGMENT_BYTES],
      [101, SEGMENT_BYTES],
      [102, 0],
    ]);
    await fresh.close();
  });

  it('are overtaken while they are made ready, and then get a later number', async () => {
    const { fresh, background } = await withSpares(2);
    fresh.prepare();

    const first = await fresh.take();
    await background.settled();
    const second = await fresh.take();

    expect(second.preparedBytes).toBe(SEGMENT_BYTES);
    expect(second.number).toBeGreaterThan(first.number);
    await fresh.close();
  });

  it('stay spares, and leave no other files, when the disk fails to give one its name', async () => {
    const { disk, fresh } = await withSpares(2);
    const refused: unknown[] = [];
    for (let step = 1; step <= 3; step++) {
      disk.failAfter(step);
      await fresh.take().then(
        ({ file }) => file.close(),
        (error: unknown) => refused.push(error),
      );
    }
    disk.failAfter(Number.POSITIVE_INFINITY);

    expect(refused).toHaveLength(3);
    expect(await disk.list('/d')).toHaveLength(2);
    expect((await fresh.take()).preparedBytes).toBe(SEGMENT_BYTES);
    await fresh.close();
  });

  it('of which there are none: an empty file whose name the disk does not keep is removed', async () => {
    const { disk, fresh } = await withSpares(0);
    disk.failAfter(2);

    await expect(fresh.take()).rejects.toMatchObject({ code: 'EIO' });

    expect(await disk.list('/d')).toEqual([]);
    await fresh.close();
  });

  it('are none that hold less than a segment: these are removed', async () => {
    const { disk, fresh } = await withSpares(0);
    const { number, file } = await fresh.take();
    await file.close();

    await fresh.recycle(number);

    expect(await disk.list('/d')).toEqual([]);
    await fresh.close();
  });

  it('are not made on a full disk, and what there is of one gives its space back', async () => {
    const { disk, fresh, background } = await withSpares(0);
    disk.setCapacity(SEGMENT_BYTES - 1);
    fresh.prepare();
    await background.settled();

    expect(fresh.isPrepared()).toBe(false);
    expect(await disk.list('/d')).toEqual([]);
    await fresh.close();
  });
});
