import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { recordBlock } from '../../../src/core/records.ts';
import type { Disk, DiskFile } from '../../../src/local/disk.ts';
import { encodeHeader } from '../../../src/local/log/header.ts';
import { type Log, openLog } from '../../../src/local/log/log.ts';
import { readAll } from '../../kit/buffer.ts';
import { randomFrom } from '../../kit/random.ts';
import { type SimulatedDisk, simulatedDisk } from '../../kit/simulated-disk.ts';

const LANE = 's1/deliver/';
const PAGE = 4_096;
/** Where the first group after header and snapshot starts. */
const GROUPS = 2 * PAGE;
const SEGMENT = 'segment-2';
const NONE = { places: 0, records: 0, bytes: 0 };

const newDisk = (): SimulatedDisk => simulatedDisk(randomFrom(1));

function open(disk: Disk): Promise<Log> {
  let salt = 1;
  const newSalt = () => (salt++ * 0x9e3779b1) >>> 0;
  const warn = () => {};
  return openLog({ folder: '/d', disk, budgetBytes: 2 ** 20, segmentBytes: 2 ** 16, fsync: 'always', newSalt, warn });
}

async function append(log: Log, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await log.commit({ append: [{ lanes: [LANE], records: recordBlock(1_000, [Buffer.from(text)]) }] });
  }
}

/** Everything the lane holds, by sealing it. */
async function drained(log: Log): Promise<string[]> {
  await log.seal(LANE, { id: 'all', sizeBytes: 1e12, now: 1 });
  return (await readAll(log, 'all')).map(String);
}

/** A log that was closed with these commits in `SEGMENT`, each in a group and a page of its own. */
async function closedWith(...texts: readonly string[]): Promise<SimulatedDisk> {
  const disk = newDisk();
  const log = await open(disk);
  // The first segment is empty: it gives way to the second once that is filled with zeros.
  await new Promise((resolve) => setImmediate(resolve));
  await append(log, ...texts);
  await log.close();
  return disk;
}

function bytesOf(disk: SimulatedDisk, name: string): Buffer {
  const bytes = disk.bytesOf(`/d/${name}`);
  if (bytes === undefined) throw new Error(`There is no ${name}.`);
  return bytes;
}

function flip(disk: SimulatedDisk, name: string, offset: number): void {
  const bytes = bytesOf(disk, name);
  bytes[offset] = bytes[offset]! ^ 0x10; // the tests name offsets within the file
}

const headBytes = (disk: SimulatedDisk, group: number): number => bytesOf(disk, SEGMENT).readUInt32LE(group + 8);

describe('a torn tail', () => {
  const third = GROUPS + 2 * PAGE;
  const cuts: readonly [what: string, at: (head: number) => number][] = [
    ['before its first byte', () => 0],
    ['within its magic', () => 2],
    ['within its sizes', () => 10],
    ['within its checksums', () => 22],
    ['within its JSON', (head) => head - 5],
    ['before its blocks', (head) => head],
    ['within the lengths', (head) => head + 2],
    ['within the records', (head) => head + 6],
    ['before the last byte of the records', (head) => head + 8],
  ];

  for (const [what, at] of cuts) {
    for (const rest of ['gone', 'zeros', 'rubbish'] as const) {
      it(`cut ${what}, the rest ${rest}, costs nothing but the group`, async () => {
        const disk = await closedWith('one', 'two', 'three');
        const offset = third + at(headBytes(disk, third));
        if (rest === 'gone') disk.resize(`/d/${SEGMENT}`, offset);
        else bytesOf(disk, SEGMENT).fill(rest === 'zeros' ? 0 : 0xa5, offset);

        const log = await open(disk);
        await append(log, 'four');

        expect(await drained(log)).toEqual(['one', 'two', 'four']);
        expect(log.damaged()).toEqual(NONE);
      });
    }
  }
});

describe('a flipped bit', () => {
  it('in a group in the middle loses what the group brought, counts it and keeps its bytes', async () => {
    const disk = await closedWith('one', 'two', 'three');
    const damaged = Buffer.from(bytesOf(disk, SEGMENT).subarray(GROUPS + PAGE, GROUPS + 2 * PAGE));
    damaged[30] = damaged[30]! ^ 0x10; // within the page
    flip(disk, SEGMENT, GROUPS + PAGE + 30);

    const log = await open(disk);

    expect(log.damaged().records).toBe(1);
    expect(await drained(log)).toEqual(['one', 'three']);
    expect(disk.bytesOf(`/d/quarantine/${SEGMENT}-${GROUPS + PAGE}`)).toEqual(damaged);
  });

  it('in the records of a group loses only these, and the count of the lane still holds', async () => {
    const disk = await closedWith('one', 'two', 'three');
    flip(disk, SEGMENT, GROUPS + PAGE + headBytes(disk, GROUPS + PAGE) + 5);

    const log = await open(disk);

    expect(log.damaged()).toEqual({ places: 1, records: 1, bytes: 7 });
    expect(log.lane(LANE)).toMatchObject({ records: 3, bytes: 11 });
    expect(await drained(log)).toEqual(['one', 'three']);
  });

  it('found only when the batch is read costs that block, is counted once, and the batch goes on', async () => {
    const disk = await closedWith('one', 'two', 'three');
    const log = await open(disk);
    flip(disk, SEGMENT, GROUPS + headBytes(disk, GROUPS) + 5);

    expect(await drained(log)).toEqual(['two', 'three']);
    expect((await readAll(log, 'all')).map(String)).toEqual(['two', 'three']);
    expect(log.damaged()).toEqual({ places: 1, records: 1, bytes: 7 });
  });

  it('in one copy of the header costs nothing', async () => {
    const disk = await closedWith('one');
    flip(disk, SEGMENT, 20);

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one']);
    expect(log.damaged()).toEqual(NONE);
  });

  it('in both copies of the header moves the file to quarantine, and the log opens', async () => {
    const disk = await closedWith('one');
    flip(disk, SEGMENT, 20);
    flip(disk, SEGMENT, 2_048 + 20);

    const log = await open(disk);
    await append(log, 'two');

    expect(await drained(log)).toEqual(['two']);
    expect(disk.bytesOf(`/d/quarantine/${SEGMENT}`)).toBeDefined();
  });

  it('in the snapshot falls back to the one before, and nothing is lost', async () => {
    const disk = await closedWith('one');
    const second = await open(disk);
    await second.seal(LANE, { id: 'b1', sizeBytes: 1, now: 1 });
    await append(second, 'two');
    const active = second.ledger.active;
    await second.close();
    flip(disk, `segment-${active}`, PAGE + 40);

    const log = await open(disk);

    expect((await readAll(log, 'b1')).map(String)).toEqual(['one']);
    expect(await drained(log)).toEqual(['two']);
    expect(log.damaged()).toMatchObject({ records: 0 });
  });

  it('in the snapshot falls back to the one before though nothing in that segment is live', async () => {
    const disk = await closedWith('one');
    const second = await open(disk);
    await second.seal(LANE, { id: 'b1', sizeBytes: 1, now: 1 });
    await second.commit({ finish: 'b1', cursor: { name: 'c', value: '1' } });
    await second.close();
    const third = await open(disk);
    const active = third.ledger.active;
    await third.close();
    flip(disk, `segment-${active}`, PAGE + 40);

    const log = await open(disk);

    expect(log.due()).toEqual({ lanes: [], batches: [] });
    expect(log.cursor('c')).toBe('1');
    expect(log.damaged()).toMatchObject({ records: 0 });
  });

  it('in every snapshot leaves all that the segments still hold', async () => {
    const disk = await closedWith('one');
    const second = await open(disk);
    await append(second, 'two');
    const active = second.ledger.active;
    await second.close();
    for (const name of [SEGMENT, `segment-${active}`]) flip(disk, name, PAGE + 40);

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one', 'two']);
    expect(log.damaged()).toMatchObject({ records: 0 });
  });

  it('in the index of a closed segment costs nothing', async () => {
    const disk = await closedWith('one', 'two');
    await (await open(disk)).close();
    flip(disk, SEGMENT, GROUPS + 2 * PAGE + 30);

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one', 'two']);
    expect(log.damaged()).toEqual(NONE);
  });
});

describe('bytes that are whole but in the wrong place', () => {
  it('of another segment at the end of this one are not taken for a group', async () => {
    const disk = await closedWith('one', 'two');
    const stale = Buffer.from(bytesOf(disk, SEGMENT).subarray(GROUPS, GROUPS + PAGE));
    const second = await open(disk);
    await append(second, 'three');
    const active = second.ledger.active;
    await second.close();
    disk.resize(`/d/segment-${active}`, GROUPS + 3 * PAGE);
    stale.copy(bytesOf(disk, `segment-${active}`), GROUPS + PAGE);

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one', 'two', 'three']);
  });

  it('of the same segment at its end are not taken for a group', async () => {
    const disk = await closedWith('one', 'two');
    disk.resize(`/d/${SEGMENT}`, GROUPS + 3 * PAGE);
    const bytes = bytesOf(disk, SEGMENT);
    bytes.copy(bytes, GROUPS + 2 * PAGE, GROUPS, GROUPS + PAGE);

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one', 'two']);
  });
});

describe('files that are not as they were', () => {
  it('a closed segment cut short loses what was there, counts it, and the rest goes on', async () => {
    const disk = await closedWith('one', 'two');
    await (await open(disk)).close();
    disk.resize(`/d/${SEGMENT}`, GROUPS + PAGE);

    const log = await open(disk);
    await append(log, 'three');

    expect(await drained(log)).toEqual(['one', 'three']);
    expect(log.damaged().places).toBeGreaterThan(0);
  });

  it('a missing segment is reported with its records, and the others stay', async () => {
    const disk = await closedWith('one', 'two');
    const second = await open(disk);
    await append(second, 'three');
    await second.close();
    await disk.remove(`/d/${SEGMENT}`);

    const log = await open(disk);

    expect(log.damaged()).toMatchObject({ places: 1, records: 2 });
    expect(await drained(log)).toEqual(['three']);
    await log.commit({ finish: 'all' });
    expect(log.due()).toEqual({ lanes: [], batches: [] });
  });

  it('an empty file with a segment name is no segment', async () => {
    const disk = await closedWith('one');
    await (await disk.open('/d/segment-99', 'create')).close();

    const log = await open(disk);

    expect(await drained(log)).toEqual(['one']);
    expect(log.ledger.active).toBeGreaterThan(99);
  });

  it('files of others are left alone', async () => {
    const disk = await closedWith('one');
    for (const name of ['notes.txt', 'segment-x', 'segment-1.bak'])
      await (await disk.open(`/d/${name}`, 'create')).close();

    const log = await open(disk);
    expect(await drained(log)).toEqual(['one']);
    await log.close();

    expect(await disk.list('/d')).toEqual(expect.arrayContaining(['notes.txt', 'segment-x', 'segment-1.bak']));
  });

  it('a segment of a newer version keeps the log from opening, and nothing is touched', async () => {
    const disk = await closedWith('one');
    const header = encodeHeader({ version: 2, number: 50, salt: 1, seq: 0 });
    await (await disk.open('/d/segment-50', 'create')).write([header], 0);
    const before = await disk.list('/d');

    await expect(open(disk)).rejects.toThrow(/newer version/);
    expect(await disk.list('/d')).toEqual(before);
  });
});

describe('a disk that cannot read a page', () => {
  it('costs the records there, and no more', async () => {
    const disk = await closedWith('one', 'two', 'three');

    const log = await open(unreadable(disk, GROUPS + PAGE));

    expect(await drained(log)).toEqual(['one', 'three']);
    expect(log.damaged().records).toBe(1);
  });
});

describe('a folder that cannot be used', () => {
  for (const code of ['EROFS', 'EACCES', 'ENOTDIR', 'ELOCKED']) {
    it(`is refused with a sentence: ${code}`, async () => {
      const lock = () => Promise.reject(Object.assign(new Error(code), { code }));

      const opening = open({ ...newDisk(), lock });

      await expect(opening).rejects.toThrow(ConfigError);
      await expect(opening).rejects.toThrow(/^data: \/d (is|may) /);
    });
  }
});

/** The same disk, on which one page of every file has gone bad. */
function unreadable(disk: SimulatedDisk, page: number): Disk {
  const broken = (file: DiskFile): DiskFile => ({
    ...file,
    async read(buffer, position) {
      if (position < page + PAGE && position + buffer.length > page)
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      return file.read(buffer, position);
    },
  });
  return {
    ...disk,
    async open(path, how) {
      const file = await disk.open(path, how);
      return path === `/d/${SEGMENT}` ? broken(file) : file;
    },
  };
}
