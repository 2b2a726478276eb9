import { describe, expect, it } from 'vitest';
import { aStream } from '../kit/streams.ts';
import { inDoubt, refusing, world } from '../kit/world.ts';

const KIB = 'x'.repeat(1024);

describe('buffering hints', () => {
  it('a lane that reaches its size is delivered at once', async () => {
    const stream = aStream({ sizeMb: 1 });
    const w = await world([stream]);

    for (let i = 0; i < 1023; i++) await w.put(stream, KIB);
    await w.settle();
    expect(w.seen).toEqual([]);
    await w.put(stream, KIB);
    await w.settle();

    expect(w.seen.map(({ records }) => records.length)).toEqual([1024]);
  });

  it('the interval counts from the first record, not from the last', async () => {
    const stream = aStream({ intervalSeconds: 60 });
    const w = await world([stream]);
    await w.put(stream, 'a');
    await w.pass(50_000);
    await w.put(stream, 'b');

    await w.pass(9_999);
    expect(w.seen).toEqual([]);
    await w.pass(1);

    expect(w.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
  });

  it('an interval of 0 delivers within a second', async () => {
    const stream = aStream({ intervalSeconds: 0 });
    const w = await world([stream]);
    await w.put(stream, 'a');

    await w.pass(999);

    expect(w.seen.map(({ records }) => records)).toEqual([['a']]);
  });

  it('an empty lane never delivers', async () => {
    const w = await world([aStream()]);
    w.timers.start();

    await w.pass(3_600_000);

    expect(w.seen).toEqual([]);
  });

  it('an update applies to what is already buffered: the new interval, version and destination', async () => {
    const stream = aStream({ intervalSeconds: 900 });
    const w = await world([stream]);
    await w.put(stream, 'a');
    await w.pass(100_000);

    await w.update(aStream({ intervalSeconds: 60, version: 2 }));
    await w.settle();

    expect(w.seen).toMatchObject([{ records: ['a'], output: { key: 'events-2-batch-1/0' } }]);
  });

  it('an update to a longer interval does not deliver early', async () => {
    const stream = aStream({ intervalSeconds: 60 });
    const w = await world([stream]);
    await w.put(stream, 'a');

    await w.update(aStream({ intervalSeconds: 300, version: 2 }));
    await w.pass(299_000);
    expect(w.seen).toEqual([]);
    await w.pass(1_000);

    expect(w.seen).toHaveLength(1);
  });
});

describe('a failing far side', () => {
  it('is asked again later and later, and the batch then succeeds with the same plan', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    const attempts: number[] = [];
    w.farSide = (slice) => {
      attempts.push(w.now());
      return slice.plan.attempt < 5 ? inDoubt() : { bytes: 1 };
    };
    await w.put(stream, 'a');

    await w.pass(600_000);

    const waits = attempts.slice(1).map((at, i) => at - attempts[i]!);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(w.seen).toMatchObject([{ records: ['a'], attempt: 5, output: { key: 'events-1-batch-1/0' } }]);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('keeps the batch for as long as it takes, asking at least once a minute', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    let attempts = 0;
    w.farSide = () => {
      attempts++;
      return refusing();
    };
    await w.put(stream, 'a');

    await w.pass(3 * 86_400_000);

    expect(attempts).toBeGreaterThan(3 * 24 * 60);
    expect(w.buffer.due().batches).toHaveLength(1);
  });

  it('gets a new plan after an update when every attempt was refused', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = () => refusing();
    await w.put(stream, 'a');
    await w.pass(10_000);
    w.farSide = () => ({ bytes: 1 });

    await w.update(aStream({ version: 2 }));
    await w.settle();

    expect(w.seen).toMatchObject([{ output: { key: 'events-2-batch-1/0' } }]);
  });

  it('keeps its plan after an update when one attempt was in doubt, even if later ones were refused', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = (slice) => (slice.plan.attempt === 1 ? inDoubt() : refusing());
    await w.put(stream, 'a');
    await w.pass(60_000);
    w.farSide = () => ({ bytes: 1 });

    await w.update(aStream({ version: 2 }));
    await w.pass(30_000);

    expect(w.seen).toMatchObject([{ output: { key: 'events-1-batch-1/0' } }]);
  });

  it('is not asked what is there before what was sent can have arrived', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = () => inDoubt();
    w.isAbsent = true;
    await w.put(stream, 'a');
    await w.pass(1_000);
    w.farSide = () => ({ bytes: 1 });
    await w.update(aStream({ version: 2 }));

    await w.pass(29_999);
    expect(w.seen).toEqual([]);
    await w.pass(1);

    expect(w.seen).toMatchObject([{ output: { key: 'events-2-batch-1/0' } }]);
  });

  it('gets a new plan after an update when an attempt was in doubt but the far side says nothing is there', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = () => inDoubt();
    w.isAbsent = true;
    await w.put(stream, 'a');
    await w.pass(10_000);
    w.farSide = () => ({ bytes: 1 });

    await w.update(aStream({ version: 2 }));
    await w.pass(30_000);

    expect(w.seen).toMatchObject([{ output: { key: 'events-2-batch-1/0' } }]);
  });

  it('treats an attempt that a crash cut off as in doubt, although the one before was refused', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = (slice) => (slice.plan.attempt === 1 ? refusing() : new Promise(() => {}));
    await w.put(stream, 'a');
    await w.pass(10_000);
    const { plan, postponed } = w.buffer.due().batches[0]!;
    expect({ attempt: plan?.attempt, refused: postponed?.outcome }).toEqual({ attempt: 2, refused: 'refused' });
    w.buffer.release('batch-1');

    const restarted = await world([aStream({ version: 2 })], { buffer: w.buffer });
    restarted.timers.start();
    await restarted.pass(60_000);

    expect(restarted.seen).toMatchObject([{ output: { key: 'events-1-batch-1/0' } }]);
  });

  it('that never answers is given up on after a quarter of an hour, as one in doubt', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = (slice, signal) =>
      slice.plan.attempt > 1
        ? { bytes: 1 }
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await w.put(stream, 'a');
    await w.pass(14 * 60_000);
    expect(w.seen).toEqual([]);

    await w.pass(2 * 60_000);

    expect(w.events).toContainEqual(expect.objectContaining({ type: 'postponed', code: 'Hydrant.AttemptTimeout' }));
    expect(w.seen).toMatchObject([{ records: ['a'], attempt: 2 }]);
  });

  it('holds up only its own stream', async () => {
    const dead = [...Array(20).keys()].map((i) => aStream({ name: `dead-${i}`, intervalSeconds: 1 }));
    const alive = aStream({ name: 'alive', intervalSeconds: 1 });
    const w = await world([...dead, alive], { concurrency: 4 });
    w.farSide = (slice) => (slice.stream.name === 'alive' ? { bytes: 1 } : refusing());
    for (const stream of dead) for (let i = 0; i < 3; i++) await w.put(stream, 'x');
    await w.pass(120_000);
    // From now on the dead ones do not even answer.
    w.farSide = (slice) => (slice.stream.name === 'alive' ? { bytes: 1 } : new Promise(() => {}));
    await w.pass(120_000);

    await w.put(alive, 'y');
    await w.pass(1_000);

    expect(w.seen).toMatchObject([{ stream: 'alive', records: ['y'] }]);
  });

  it('does not pile up batches: the lane grows instead, and is cut by its size hint afterwards', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = () => refusing();
    for (let second = 0; second < 100; second++) {
      await w.put(stream, `record ${second}`);
      await w.pass(1_000);
    }
    expect(w.buffer.due().batches.length).toBeLessThanOrEqual(8);
    w.farSide = () => ({ bytes: 1 });

    await w.pass(120_000);

    expect(w.seen.flatMap(({ records }) => records)).toHaveLength(100);
    expect(new Set(w.seen.flatMap(({ records }) => records)).size).toBe(100);
  });
});

describe('a clock that was set back', () => {
  const LATE = 100_000_000;
  const EARLY = 1_000_000;

  it('makes no record wait longer than its interval', async () => {
    const stream = aStream({ intervalSeconds: 60 });
    const before = await world([stream], { startAt: LATE });
    await before.put(stream, 'a');

    const after = await world([stream], { startAt: EARLY, buffer: before.buffer });
    after.timers.start();
    await after.pass(60_000);

    expect(after.seen.map(({ records }) => records)).toEqual([['a']]);
  });

  it('makes no batch that was put off wait longer than it could have been', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const before = await world([stream], { startAt: LATE });
    before.farSide = () => refusing();
    await before.put(stream, 'a');
    await before.pass(1_000);
    await before.timers.stop(0);

    const after = await world([stream], { startAt: EARLY, buffer: before.buffer });
    after.timers.start();
    await after.pass(60_000);

    expect(after.seen.map(({ records }) => records)).toEqual([['a']]);
  });
});

describe('where records go', () => {
  it('with a source backup, every record goes both ways', async () => {
    const backup = aStream({
      config: {
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 300 } },
      },
    });
    const w = await world([backup]);
    await w.put(backup, 'a');

    await w.pass(60_000);
    expect(w.seen).toHaveLength(1);
    await w.pass(240_000);

    expect(w.seen.map(({ records }) => records)).toEqual([['a'], ['a']]);
  });

  it('a destination without an adapter sends its records to the backup bucket with the reason', async () => {
    const stream = aStream({ kind: 'Splunk', intervalSeconds: 60 });
    const w = await world([stream]);
    await w.put(stream, 'a', 'b');

    await w.pass(200_000);

    expect(w.seen).toMatchObject([{ records: ['a', 'b'], errorOutputType: 'splunk-failed' }]);
    expect(w.events).toContainEqual(
      expect.objectContaining({ type: 'diverted', reason: expect.objectContaining({ code: 'Hydrant.NoAdapter' }) }),
    );
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('records the destination refuses go to the error output; the others are delivered once', async () => {
    const stream = aStream({ intervalSeconds: 60 });
    const w = await world([stream]);
    w.farSide = (slice) =>
      slice.errorOutputType === undefined
        ? { bytes: 1, refused: [{ index: 1, code: 'Far.BadRecord', message: 'No.', retryable: false }] }
        : { bytes: 1 };
    await w.put(stream, 'a', 'b', 'c');

    await w.pass(200_000);

    expect(w.seen.map(({ records, errorOutputType }) => [records, errorOutputType])).toEqual([
      [['a', 'b', 'c'], undefined],
      [['b'], 'format-conversion-failed'],
    ]);
  });
});

describe('a flush', () => {
  it('delivers what is buffered without waiting for hints, and says how much', async () => {
    const stream = aStream({ intervalSeconds: 900 });
    const w = await world([stream]);
    await w.put(stream, 'a', 'b');

    expect(await w.timers.flush(stream.id)).toEqual({ batches: 1, records: 2, postponed: [] });
    expect(w.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
  });

  it('tries batches that were put off, and says why they still fail', async () => {
    const stream = aStream({ intervalSeconds: 1 });
    const w = await world([stream]);
    w.farSide = () => refusing('S3.AccessDenied');
    await w.put(stream, 'a');
    await w.pass(5_000);

    const flushed = await w.timers.flush();

    expect(flushed).toMatchObject({ batches: 1, records: 0, postponed: [{ code: 'S3.AccessDenied' }] });
  });

  it('leaves other streams alone', async () => {
    const [one, two] = [aStream({ name: 'one' }), aStream({ name: 'two' })];
    const w = await world([one, two]);
    await w.put(one, 'a');
    await w.put(two, 'b');

    await w.timers.flush(one.id);

    expect(w.seen.map(({ stream }) => stream)).toEqual(['one']);
  });
});

describe('a crowded buffer', () => {
  it('flushes the largest lanes early, and only those', async () => {
    const [a, b, ...small] = [...'abcdefghijkl'].map((name) => aStream({ name, sizeMb: 5, intervalSeconds: 900 }));
    const w = await world([a!, b!, ...small], { budgetBytes: 100 * 1024 });
    for (let i = 0; i < 8; i++) for (const stream of [a!, b!]) await w.put(stream, KIB);
    for (let i = 0; i < 59; i++) await w.put(small[i % 10]!, KIB);
    await w.settle();
    expect(w.seen).toEqual([]);

    await w.put(small[9]!, KIB);
    await w.settle();

    expect(w.seen.map(({ stream }) => stream)).toEqual(['a', 'b']);
  });

  it('never refuses a stream whose destination is well, however large its hints are beside the budget', async () => {
    const stream = aStream({ intervalSeconds: 900, sizeMb: 5 });
    const w = await world([stream], { budgetBytes: 100 * 1024 });

    for (let i = 0; i < 300; i++) {
      await w.put(stream, KIB);
      await w.settle();
    }

    expect(w.seen.length).toBeGreaterThan(5);
    expect(w.seen.length).toBeLessThan(20);
  });

  it('flushes lanes that can be delivered, not the largest of all when its destination is dead', async () => {
    const dead = aStream({ name: 'dead', sizeMb: 5, intervalSeconds: 1 });
    const well = [...Array(45).keys()].map((i) => aStream({ name: `well-${i}`, sizeMb: 5, intervalSeconds: 900 }));
    const w = await world([dead, ...well], { budgetBytes: 1000 * 1024 });
    w.farSide = ({ stream }) => (stream.name === 'dead' ? refusing() : { bytes: 1 });
    for (let i = 0; i < 500; i++) {
      await w.put(dead, KIB);
      if (i < 8) await w.pass(2_000);
    }

    for (let i = 0; i < 30; i++) {
      for (const stream of well) await w.put(stream, KIB);
      await w.pass(1_000);
    }

    expect(w.seen.length).toBeGreaterThan(well.length);
    expect(w.buffer.due().batches).toHaveLength(8);
  });

  it('goes on flushing although no put finds room any more', async () => {
    const dead = [...Array(5).keys()].map((i) => aStream({ name: `dead-${i}`, sizeMb: 5, intervalSeconds: 900 }));
    const well = [...Array(75).keys()].map((i) => aStream({ name: `well-${i}`, sizeMb: 5, intervalSeconds: 900 }));
    const w = await world([...dead, ...well], { budgetBytes: 100 * 1024 });
    w.farSide = ({ stream }) => (stream.name.startsWith('dead') ? refusing() : { bytes: 1 });
    for (const stream of dead) await w.put(stream, KIB, KIB, KIB);
    for (const stream of well) await w.put(stream, KIB);
    await expect(w.put(well[0]!, KIB)).rejects.toMatchObject({ code: 'ServiceUnavailableException' });

    await w.pass(1_000);

    await expect(w.put(well[0]!, KIB)).resolves.toBeUndefined();
  });

  it('refuses puts with an error every SDK retries, and takes them again once there is room', async () => {
    const stream = aStream({ intervalSeconds: 900, sizeMb: 5 });
    const w = await world([stream], { budgetBytes: 100 * 1024 });
    w.farSide = () => refusing();
    let refusal: unknown;
    for (let i = 0; i < 100 && refusal === undefined; i++)
      await w.put(stream, KIB).catch((error: unknown) => {
        refusal = error;
      });
    expect(refusal).toMatchObject({ code: 'ServiceUnavailableException', status: 503, message: 'Slow down.' });

    w.farSide = () => ({ bytes: 1 });
    await w.timers.flush();

    await expect(w.put(stream, KIB)).resolves.toBeUndefined();
  });

  it('lets one stalled stream hold half of the budget, and others still find room', async () => {
    const [stalled, lively] = [aStream({ name: 'stalled', sizeMb: 5 }), aStream({ name: 'lively', sizeMb: 5 })];
    const w = await world([stalled, lively], { budgetBytes: 100 * 1024 });
    w.farSide = () => refusing();
    for (let i = 0; i < 100; i++) await w.put(stalled, KIB).catch(() => {});

    expect(w.buffer.heldBytes(stalled.id)).toBe(50 * 1024);
    await expect(w.put(lively, KIB)).resolves.toBeUndefined();
  });
});
