import { beforeEach, describe, expect, it, vi } from 'vitest';
import { recordBlock } from '../../../src/core/records.ts';
import { logBytes } from '../../../src/local/log/footprint.ts';
import { type Log, type LogOptions, openLog } from '../../../src/local/log/log.ts';
import { readAll } from '../../kit/buffer.ts';
import { randomFrom } from '../../kit/random.ts';
import { type SimulatedDisk, simulatedDisk } from '../../kit/simulated-disk.ts';

const LANE = 's1/deliver/';
const OTHER = 's2/deliver/';
const SEGMENT_BYTES = 32 * 1024;

const newDisk = (): SimulatedDisk => simulatedDisk(randomFrom(1));

function open(disk: SimulatedDisk, options: Partial<LogOptions> = {}): Promise<Log> {
  const sizes = { budgetBytes: 16 * SEGMENT_BYTES, segmentBytes: SEGMENT_BYTES };
  return openLog({ folder: '/d', disk, ...sizes, fsync: 'always', warn: () => {}, ...options });
}

const block = (text: string, arrivedAt = 1_000) => recordBlock(arrivedAt, [Buffer.from(text)]);
const append = (log: Log, lane: string, text: string) =>
  log.commit({ append: [{ lanes: [lane], records: block(text) }] });
const texts = async (log: Log, batch: string) => (await readAll(log, batch)).map(String);

async function sealed(log: Log, lane = LANE, id = 'all'): Promise<string[]> {
  await log.seal(lane, { id, sizeBytes: 1e12, now: 1 });
  return texts(log, id);
}

/** Until nothing is under way any more: on the simulated disk everything goes by promises alone. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A log that writes into a segment filled beforehand, and has the next one ready. */
async function openReady(disk: SimulatedDisk, options?: Partial<LogOptions>): Promise<Log> {
  const log = await open(disk, options);
  await settled();
  await append(log, OTHER, 'goes to the prepared segment');
  await settled();
  return log;
}

describe('commits at the same time', () => {
  it('share a write, and each gets its own answer', async () => {
    const log = await open(newDisk());
    const many = Array.from({ length: 100 }, (_, at) => append(log, at % 2 ? LANE : OTHER, `record ${at}`));

    const answers = await Promise.all(many);

    expect(answers.every(([status]) => status?.records === 50)).toBe(true);
    expect(await sealed(log)).toHaveLength(50);
  });

  it('that finish the same batch hand its results on once', async () => {
    const log = await open(newDisk());
    await append(log, LANE, 'in');
    await log.seal(LANE, { id: 'b1', sizeBytes: 1, now: 1 });
    const finish = () => log.commit({ finish: 'b1', append: [{ lanes: [OTHER], records: block('out') }] });

    const answers = await Promise.all([finish(), finish(), finish()]);

    expect(answers.map((statuses) => statuses.length)).toEqual([1, 0, 0]);
    expect(log.lane(OTHER)).toMatchObject({ records: 1 });
  });

  it('that seal the same lane take its records once', async () => {
    const log = await open(newDisk());
    for (const text of ['one', 'two']) await append(log, LANE, text);

    const [first, second] = await Promise.all(['b1', 'b2'].map((id) => log.seal(LANE, { id, sizeBytes: 1, now: 1 })));

    expect([first?.records, second?.records]).toEqual([1, 1]);
    expect([await texts(log, 'b1'), await texts(log, 'b2')]).toEqual([['one'], ['two']]);
  });

  it('asked for once more, a seal gives the batch there is', async () => {
    const log = await open(newDisk());
    for (const text of ['one', 'two']) await append(log, LANE, text);
    const first = await log.seal(LANE, { id: 'b1', sizeBytes: 1, now: 1 });

    const again = await log.seal(LANE, { id: 'b1', sizeBytes: 1, now: 2 });

    expect(again).toEqual(first);
    expect(log.lane(LANE)).toMatchObject({ records: 1 });
  });
});

describe('an append in the same write as a seal of its lane', () => {
  for (const order of ['before', 'after'] as const) {
    it(`that came ${order} it opens the lane anew`, async () => {
      const log = await open(newDisk());
      await append(log, LANE, 'old');
      const seal = () => log.seal(LANE, { id: 'b1', sizeBytes: 1, now: 1 });
      const late = () => log.commit({ append: [{ lanes: [LANE], records: block('new', 9_000) }] });

      await Promise.all(order === 'after' ? [seal(), late()] : [late(), seal()]);

      expect(await texts(log, 'b1')).toEqual(['old']);
      expect(log.lane(LANE)).toEqual({ lane: LANE, records: 1, bytes: 3, openedAt: 9_000 });
    });
  }
});

describe('a disk that fails', () => {
  it('refuses the commits of the write, changes nothing, and the next ones work', async () => {
    const disk = newDisk();
    const log = await openReady(disk);
    await append(log, LANE, 'before');
    disk.failAfter(1);

    await expect(append(log, LANE, 'during')).rejects.toMatchObject({ code: 'Buffer.WriteFailed', retryable: true });
    await append(log, LANE, 'after');

    expect(log.isReady()).toBe(true);
    expect(await sealed(log)).toEqual(['before', 'after']);
  });

  it('and loses power does not bring back what was refused', async () => {
    const disk = newDisk();
    const log = await openReady(disk);
    await append(log, LANE, 'before');
    disk.failAfter(1);
    await append(log, LANE, 'during').catch(() => {});
    await append(log, LANE, 'after');

    const again = await open(disk.restart('kept'));

    expect(await sealed(again)).toEqual(['before', 'after']);
  });

  it('does not bring back what was refused even when the snapshot after it is damaged', async () => {
    // With this random number all that a failed write wrote is on the disk.
    const disk = simulatedDisk(() => 0.9);
    const log = await openReady(disk);
    await append(log, LANE, 'before');
    disk.failAfter(1);
    await append(log, LANE, 'during').catch(() => {});
    await append(log, LANE, 'after');
    const active = log.ledger.active;

    const found = disk.restart('lost');
    const snapshot = found.bytesOf(`/d/segment-${active}`)!; // the active segment was fsynced
    snapshot[4_096 + 40] = snapshot[4_096 + 40]! ^ 1;
    const again = await open(found);

    expect(again.lane(LANE)).toMatchObject({ records: 2 });
    expect(await sealed(again)).toEqual(['before', 'after']);
  });

  it('and shows bytes it does not have: what is built on them after a restart outlives a power cut', async () => {
    // With this random number nothing of what a failed write wrote is on the disk.
    const disk = simulatedDisk(() => 0.4);
    const log = await openReady(disk);
    await append(log, LANE, 'before');
    disk.failAfter(1);
    await append(log, LANE, 'during').catch(() => disk.dieAfter(1));
    void disk.list('/d');
    await disk.died;

    const afterDeath = disk.restart('kept');
    const seen = await sealed(await open(afterDeath));
    const again = await open(afterDeath.restart('lost'));

    expect(seen).toEqual(['before', 'during']);
    expect(await texts(again, 'all')).toEqual(seen);
  });

  it('that is full is not ready, still gives what it holds, and recovers when there is room', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await append(log, LANE, 'before');
    await settled();
    disk.setCapacity(disk.usedBytes());
    let refused = 0;
    for (let at = 0; at < 40; at++) await append(log, OTHER, 'x'.repeat(4_000)).catch(() => refused++);

    expect(refused).toBeGreaterThan(0);
    expect(log.isReady()).toBe(false);
    disk.setCapacity(Number.POSITIVE_INFINITY);
    await append(log, LANE, 'after');

    expect(log.isReady()).toBe(true);
    expect(await sealed(log)).toEqual(['before', 'after']);
  });

  it('that is full leaves the log the files it has: what it holds can still go after a restart', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await append(first, LANE, 'before');
    await first.close();
    disk.setCapacity(0);

    const log = await open(disk);

    expect(log.isReady()).toBe(true);
    expect(await sealed(log)).toEqual(['before']);
    await log.commit({ finish: 'all' });
    expect(log.due()).toEqual({ lanes: [], batches: [] });
  });

  it('that is full, with no file left, does not keep the log from opening', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await append(first, LANE, 'before');
    await first.close();
    for (const name of await disk.list('/d'))
      if (name !== `segment-${first.ledger.active}`) await disk.remove(`/d/${name}`);
    disk.setCapacity(0);

    const log = await open(disk);

    expect(log.isReady()).toBe(false);
    expect(log.lane(LANE)).toMatchObject({ records: 1 });
    disk.setCapacity(Number.POSITIVE_INFINITY);
    expect(await sealed(log)).toEqual(['before']);
  });
});

describe('the lock of the folder', () => {
  const lockable = (disk: SimulatedDisk) => {
    const lock = { isHeld: false };
    const locked: SimulatedDisk = {
      ...disk,
      async lock() {
        lock.isHeld = true;
        return async () => {
          lock.isHeld = false;
        };
      },
    };
    return { lock, locked };
  };

  it('is let go when the log is closed, though the last bytes could not be written', async () => {
    const disk = newDisk();
    const { lock, locked } = lockable(disk);
    const log = await openReady(locked, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await append(log, LANE, 'one');
    expect(lock.isHeld).toBe(true);
    disk.failAfter(1);

    await expect(log.close()).rejects.toMatchObject({ code: 'EIO' });
    expect(lock.isHeld).toBe(false);
  });

  it('is let go when the log cannot be opened', async () => {
    const { lock, locked } = lockable(newDisk());
    const list = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));

    await expect(open({ ...locked, list })).rejects.toMatchObject({ code: 'EIO' });
    expect(lock.isHeld).toBe(false);
  });
});

describe('with fsync at intervals', () => {
  it('a power cut may take the last appends, but nothing that was sealed', async () => {
    const disk = newDisk();
    const log = await open(disk, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await settled();
    await append(log, LANE, 'one');
    await append(log, LANE, 'two');
    await log.seal(LANE, { id: 'b1', sizeBytes: 1e12, now: 1 });
    await append(log, LANE, 'three');

    const again = await open(disk.restart('lost'), { fsync: 'interval' });

    expect(await texts(again, 'b1')).toEqual(['one', 'two']);
    expect(again.lane(LANE)).toBeUndefined();
  });

  it('a seal after a failed fsync waits until what came before is on the disk after all', async () => {
    // With this random number nothing of what a failed fsync owed is on the disk.
    const disk = simulatedDisk(() => 0.4);
    const log = await openReady(disk, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await append(log, LANE, 'one');
    disk.failAfter(2);
    await expect(log.seal(OTHER, { id: 'b1', sizeBytes: 1, now: 1 })).rejects.toMatchObject({ retryable: true });
    await log.seal(LANE, { id: 'b2', sizeBytes: 1, now: 1 });

    const again = await open(disk.restart('lost'), { fsync: 'interval' });

    expect(await texts(again, 'b2')).toEqual(['one']);
    expect(again.lane(OTHER)).toMatchObject({ records: 1 });
  });

  it('what a full segment still owed is on the disk before the next one is built on it', async () => {
    const disk = newDisk();
    const log = await openReady(disk, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await append(log, LANE, 'one');
    const before = log.ledger.active;
    while (log.ledger.active === before) await append(log, OTHER, 'x'.repeat(6_000));

    const again = await open(disk.restart('lost'), { fsync: 'interval' });

    expect(await sealed(again)).toEqual(['one']);
    expect(again.damaged()).toEqual({ places: 0, records: 0, bytes: 0 });
  });

  it('closing takes the last appends to the disk', async () => {
    const disk = newDisk();
    const log = await open(disk, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await append(log, LANE, 'one');
    await log.close();

    expect(await sealed(await open(disk.restart('lost')))).toEqual(['one']);
  });

  it('the death of the process takes nothing', async () => {
    const disk = newDisk();
    const log = await open(disk, { fsync: 'interval', fsyncIntervalMs: 1e9 });
    await append(log, LANE, 'one');

    const again = await open(disk.restart('kept'), { fsync: 'interval' });

    expect(await sealed(again)).toEqual(['one']);
  });
});

describe('as time passes', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    return () => vi.useRealTimers();
  });

  async function pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await settled();
  }

  for (const [what, isFailing] of [
    ['works', false],
    ['fails once', true],
  ] as const) {
    it(`appends are on the disk after the interval, though an fsync ${what}`, async () => {
      // With this random number nothing of what a failed fsync owed is on the disk.
      const disk = simulatedDisk(() => 0.4);
      const log = await openReady(disk, { fsync: 'interval', fsyncIntervalMs: 1_000 });
      await append(log, LANE, 'one');
      if (isFailing) disk.failAfter(1);
      await pass(1_000);
      await pass(1_000);

      expect(log.isReady()).toBe(true);
      expect(await sealed(await open(disk.restart('lost')))).toEqual(['one']);
    });
  }

  it('a log that could not be written is ready again though nobody commits', async () => {
    const disk = newDisk();
    const log = await openReady(disk);
    disk.setCapacity(0);
    while (log.isReady()) await append(log, LANE, 'x'.repeat(6_000)).catch(() => {});

    disk.setCapacity(Number.POSITIVE_INFINITY);
    await pass(1_000);

    expect(log.isReady()).toBe(true);
  });

  it('attempts to write to a full disk leave no files behind', async () => {
    const disk = newDisk();
    const log = await openReady(disk);
    disk.setCapacity(0);
    while (log.isReady()) await append(log, LANE, 'x'.repeat(6_000)).catch(() => {});
    await settled();
    const before = (await disk.list('/d')).length;

    await pass(10_000);

    expect(await disk.list('/d')).toHaveLength(before);
  });
});

describe('space', () => {
  it('that one stalled stream holds is what it needs, however much else goes through', async () => {
    const disk = newDisk();
    const log = await open(disk);
    const stalled: string[] = [];
    let mostUsed = 0;
    for (let round = 0; round < 300; round++) {
      if (round % 3 === 0) {
        stalled.push(`stalled ${round}`);
        await append(log, LANE, `stalled ${round}`);
      }
      await append(log, OTHER, 'x'.repeat(6_000));
      await log.seal(OTHER, { id: `b${round}`, sizeBytes: 1e12, now: 1 });
      await log.commit({ finish: `b${round}` });
      await settled();
      mostUsed = Math.max(mostUsed, log.usage().usedBytes);
    }

    expect(mostUsed).toBeLessThan(8 * SEGMENT_BYTES);
    const again = await open(disk.restart('lost'));
    expect(await sealed(again)).toEqual(stalled);
    expect(again.damaged()).toEqual({ places: 0, records: 0, bytes: 0 });
  });

  it('is given back when everything was delivered, files and all', async () => {
    const disk = newDisk();
    const log = await open(disk);
    for (let at = 0; at < 100; at++) await append(log, LANE, 'x'.repeat(6_000));
    await sealed(log);
    expect(log.usage().usedBytes).toBeGreaterThan(600_000);

    await log.commit({ finish: 'all' });
    await settled();

    expect(log.usage().usedBytes).toBeLessThanOrEqual(3 * SEGMENT_BYTES);
    expect(disk.usedBytes()).toBeLessThan(10 * SEGMENT_BYTES);
  });

  it('that the files take is known before the log is opened, files of others aside', async () => {
    const disk = newDisk();
    expect(await logBytes(disk, '/d')).toBe(0);
    await (await openReady(disk)).close();
    const taken = disk.usedBytes();
    const other = await disk.open('/d/notes.txt', 'create');
    await other.write([Buffer.alloc(1_000)], 0);

    expect(await logBytes(disk, '/d')).toBe(taken);
    expect(taken).toBeGreaterThan(SEGMENT_BYTES);
  });

  it('in memory does not grow with the lanes there once were', async () => {
    const log = await open(newDisk());
    for (let round = 0; round < 20; round++) {
      const lanes = Array.from({ length: 100 }, (_, at) => `s1/deliver/p=${round}-${at}`);
      await log.commit({ append: lanes.map((lane) => ({ lanes: [lane], records: block('x') })) });
      await Promise.all(lanes.map((lane) => log.seal(lane, { id: lane, sizeBytes: 1, now: 1 })));
      await Promise.all(lanes.map((lane) => log.commit({ finish: lane })));
    }

    const { lanes, batches, heldBytes, origins } = log.ledger;
    expect([lanes.size, batches.size, heldBytes.size, origins.size]).toEqual([0, 0, 0, 1]);
  });
});

describe('a large commit', () => {
  it('of more bytes than a segment is stored, and read in pieces of a few MiB', async () => {
    const log = await open(newDisk());
    const records = Array.from({ length: 9 }, (_, at) => Buffer.alloc(1_000_000, at));
    await log.commit({ append: [{ lanes: [LANE], records: recordBlock(1_000, records) }] });
    await log.seal(LANE, { id: 'b1', sizeBytes: 1e12, now: 1 });

    let largest = 0;
    for await (const piece of log.read('b1')) largest = Math.max(largest, piece.data.length);

    expect(largest).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(Buffer.concat(await readAll(log, 'b1')).equals(Buffer.concat(records))).toBe(true);
  });

  it('beyond the limit is refused for good', async () => {
    const log = await open(newDisk());
    const records = recordBlock(1_000, [Buffer.alloc(65 * 1024 * 1024)]);

    const commit = log.commit({ append: [{ lanes: [LANE], records }] });

    await expect(commit).rejects.toMatchObject({ code: 'Buffer.CommitTooLarge', retryable: false });
  });
});
