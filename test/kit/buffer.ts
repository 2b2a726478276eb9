import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalBuffer, RecordBuffer } from '../../src/core/buffer.ts';
import { laneKey } from '../../src/core/lanes.ts';
import { eachRecord, type FailureReason, type RecordBlock, recordBlock } from '../../src/core/records.ts';

export interface BufferUnderTest<Buffer extends RecordBuffer = RecordBuffer> {
  readonly name: string;
  /** A fresh, empty buffer each time. */
  open(): Promise<Buffer>;
  /** Closes it and opens what it left behind; absent for buffers that keep nothing. */
  reopen?(buffer: Buffer): Promise<Buffer>;
}

const DELIVER = laneKey({ streamId: 's1', stage: 'deliver', partition: '' });
const BACKUP = laneKey({ streamId: 's1', stage: 'backup', partition: '' });
const ERROR = laneKey({ streamId: 's1', stage: 'error', partition: 'processing-failed' });
const OTHER = laneKey({ streamId: 's2', stage: 'deliver', partition: 'a/b=ü' });

const REASON: FailureReason = {
  type: 'processing-failed',
  code: 'Lambda.FunctionError',
  message: 'It threw.',
  attempts: 4,
  lastAttemptAt: 2_000,
};

/** What every buffer must do. Run it on yours: `describeBuffer({ name: 'mine', open })`. */
export function describeBuffer<Buffer extends RecordBuffer>(under: BufferUnderTest<Buffer>): void {
  describe(`the buffer contract: ${under.name}`, () => {
    let buffer: Buffer;
    beforeEach(async () => {
      buffer = await under.open();
      return () => buffer.close();
    });

    const append = (lane: string, records: readonly string[], arrivedAt = 1_000) =>
      buffer.commit({ append: [{ lanes: [lane], records: block(arrivedAt, records) }] });
    const seal = (lane: string, id: string, sizeBytes = 1) => buffer.seal(lane, { id, sizeBytes, now: 5_000 });
    const reopened = async () => {
      if (under.reopen) buffer = await under.reopen(buffer);
    };

    it('reports the lane an append filled: records, bytes, and the oldest arrival', async () => {
      await append(DELIVER, ['one', 'two'], 1_000);

      const statuses = await append(DELIVER, ['three'], 1_500);

      expect(statuses).toEqual([{ lane: DELIVER, records: 3, bytes: 11, openedAt: 1_000 }]);
      expect(await buffer.lane(DELIVER)).toEqual(statuses[0]);
    });

    it('gives back what was appended, byte for byte and in order', async () => {
      const odd = [Buffer.alloc(0), Buffer.from([0, 255, 10]), Buffer.alloc(70_000, 7), Buffer.alloc(0)];
      await buffer.commit({ append: [{ lanes: [DELIVER], records: recordBlock(1_000, odd) }] });
      await append(DELIVER, ['last']);
      await seal(DELIVER, 'b1', 1_000_000);
      await reopened();

      const records = await readAll(buffer, 'b1');

      expect(records.map((record) => record.toString('hex'))).toEqual(
        [...odd, Buffer.from('last')].map((record) => record.toString('hex')),
      );
    });

    it('lets the caller reuse its bytes once the commit resolved', async () => {
      const records = block(1_000, ['mine']);
      await buffer.commit({ append: [{ lanes: [DELIVER], records }] });
      records.data.fill(0);
      await seal(DELIVER, 'b1');

      expect(await readTexts(buffer, 'b1')).toEqual(['mine']);
    });

    it('keeps the arrival time of each block', async () => {
      await append(DELIVER, ['early'], 1_000);
      await append(DELIVER, ['late'], 3_000);
      const batch = await seal(DELIVER, 'b1', 100);
      await reopened();

      const arrivals: number[] = [];
      for await (const piece of buffer.read('b1')) arrivals.push(piece.arrivedAt);

      expect(batch?.oldestAt).toBe(1_000);
      expect(arrivals).toEqual([1_000, 3_000]);
    });

    it('reads from a place on, across blocks', async () => {
      await append(DELIVER, ['a', 'b', 'c'], 1_000);
      await append(DELIVER, ['d', 'e'], 3_000);
      await seal(DELIVER, 'b1', 100);
      await reopened();
      const from = async (place: number) => {
        const found: string[] = [];
        for await (const piece of buffer.read('b1', place)) {
          found.push(...[...eachRecord(piece)].map((record, i) => `${piece.place + i}${Buffer.from(record)}`));
        }
        return found;
      };

      expect(await from(1)).toEqual(['1b', '2c', '3d', '4e']);
      expect(await from(4)).toEqual(['4e']);
      expect(await from(5)).toEqual([]);
      await buffer.commit({ advance: { batch: 'b1', upTo: 2 } });
      expect(await from(1)).toEqual(['2c', '3d', '4e']);
    });

    it('puts records appended to two lanes in both, and drains them apart', async () => {
      await buffer.commit({ append: [{ lanes: [DELIVER, BACKUP], records: block(1_000, ['both']) }] });
      await seal(DELIVER, 'd');
      await seal(BACKUP, 'b');
      await buffer.commit({ finish: 'd' });
      await reopened();

      expect(await readTexts(buffer, 'b')).toEqual(['both']);
      expect(await readTexts(buffer, 'd')).toEqual([]);
    });

    it('keeps streams and partitions apart', async () => {
      await append(DELIVER, ['mine']);
      await append(OTHER, ['yours']);
      await seal(OTHER, 'o');

      expect(await readTexts(buffer, 'o')).toEqual(['yours']);
      expect((await buffer.lane(DELIVER))?.records).toBe(1);
    });

    it('seals nothing from an empty lane', async () => {
      expect(await seal(DELIVER, 'b1')).toBeUndefined();
      expect(await buffer.due()).toEqual({ lanes: [], batches: [] });
    });

    it('seals the oldest records up to the size asked for, and leaves the rest', async () => {
      for (const text of ['aaaa', 'bbbb', 'cccc']) await append(DELIVER, [text]);

      const batch = await seal(DELIVER, 'b1', 8);
      await append(DELIVER, ['dddd']);
      await reopened();

      expect(batch).toMatchObject({ id: 'b1', lane: DELIVER, records: 2, bytes: 8, sealedAt: 5_000, advanced: 0 });
      expect(await readTexts(buffer, 'b1')).toEqual(['aaaa', 'bbbb']);
      expect(await buffer.lane(DELIVER)).toMatchObject({ records: 2, bytes: 8 });
      await seal(DELIVER, 'b2', 100);
      expect(await readTexts(buffer, 'b2')).toEqual(['cccc', 'dddd']);
    });

    it('opens a lane anew after it was emptied', async () => {
      await append(DELIVER, ['old'], 1_000);
      await seal(DELIVER, 'b1');

      await append(DELIVER, ['new'], 9_000);

      expect(await buffer.lane(DELIVER)).toEqual({ lane: DELIVER, records: 1, bytes: 3, openedAt: 9_000 });
    });

    it('finishes a batch once; a repeat is a no-op', async () => {
      await append(DELIVER, ['one']);
      await seal(DELIVER, 'b1');
      await buffer.commit({ finish: 'b1' });
      await reopened();

      const statuses = await buffer.commit({
        finish: 'b1',
        append: [{ lanes: [OTHER], records: block(1, ['again']) }],
      });

      expect(statuses).toEqual([]);
      expect(await buffer.due()).toEqual({ lanes: [], batches: [] });
    });

    it('hands results on and finishes their batch in one step', async () => {
      await append(DELIVER, ['one', 'two']);
      await seal(DELIVER, 'b1');

      const statuses = await buffer.commit({
        finish: 'b1',
        append: [{ lanes: [OTHER], records: block(1_000, ['ONE']) }],
        move: [{ batch: 'b1', lane: ERROR, records: [[1, 2]], reason: REASON }],
      });
      await reopened();

      expect(statuses.map(({ lane, records }) => [lane, records]).sort()).toEqual(
        [
          [ERROR, 1],
          [OTHER, 1],
        ].sort(),
      );
      await seal(OTHER, 'o');
      await seal(ERROR, 'e');
      expect(await readTexts(buffer, 'o')).toEqual(['ONE']);
      expect(await readTexts(buffer, 'e')).toEqual(['two']);
    });

    it('advances through a batch in pieces; a repeated piece is a no-op', async () => {
      await append(DELIVER, ['a', 'b', 'c']);
      await append(DELIVER, ['d']);
      await seal(DELIVER, 'b1', 100);
      const piece = { advance: { batch: 'b1', upTo: 2 }, append: [{ lanes: [OTHER], records: block(1, ['AB']) }] };
      await buffer.commit(piece);
      await buffer.commit(piece);
      await reopened();

      expect(await readTexts(buffer, 'b1')).toEqual(['c', 'd']);
      expect((await buffer.lane(OTHER))?.records).toBe(1);
      expect((await buffer.lease('b1'))?.advanced).toBe(2);
    });

    it('moves a whole batch with its reason, and the records outlive the batch', async () => {
      await append(DELIVER, ['a', 'b']);
      await seal(DELIVER, 'b1');
      await buffer.commit({ move: [{ batch: 'b1', lane: ERROR, reason: REASON }], finish: 'b1' });
      await reopened();
      await seal(ERROR, 'e1');

      const pieces: RecordBlock[] = [];
      for await (const piece of buffer.read('e1')) pieces.push(piece);

      expect(pieces.map((piece) => piece.reason)).toEqual([REASON]);
      expect(await readTexts(buffer, 'e1')).toEqual(['a', 'b']);
    });

    it('moves chosen records, out of a batch that was itself moved', async () => {
      await append(DELIVER, ['a', 'b', 'c']);
      await append(DELIVER, ['d', 'e', 'f']);
      await seal(DELIVER, 'b1', 100);
      await buffer.commit({
        move: [
          {
            batch: 'b1',
            lane: OTHER,
            records: [
              [1, 2],
              [2, 5],
            ],
          },
        ],
        finish: 'b1',
      });
      await seal(OTHER, 'b2', 100);
      await buffer.commit({
        move: [
          {
            batch: 'b2',
            lane: ERROR,
            records: [
              [0, 1],
              [3, 4],
            ],
            reason: REASON,
          },
        ],
        finish: 'b2',
      });
      await reopened();
      await seal(ERROR, 'e1', 100);

      expect(await readTexts(buffer, 'e1')).toEqual(['b', 'e']);
    });

    it('keeps a plan and a postponement with the batch', async () => {
      await append(DELIVER, ['a']);
      await seal(DELIVER, 'b1');
      const plan = { streamVersion: 3, attempt: 2, output: { key: 'k' }, note: { upload: 'u1' } };
      const postponed = {
        until: 9_000,
        attempts: 2,
        firstAttemptAt: 6_000,
        endedAt: 8_000,
        outcome: 'unknown' as const,
        code: 'S3.SlowDown',
        message: 'Slow down.',
      };
      await buffer.plan('b1', plan);
      await buffer.postpone('b1', postponed);
      await reopened();

      expect((await buffer.due()).batches).toMatchObject([{ id: 'b1', plan, postponed }]);
    });

    it('gives a batch to one attempt at a time', async () => {
      await append(DELIVER, ['a']);
      await seal(DELIVER, 'b1');

      expect(await buffer.lease('b1')).toMatchObject({ id: 'b1' });
      expect(await buffer.lease('b1')).toBeUndefined();
      await buffer.release('b1');
      expect(await buffer.lease('b1')).toMatchObject({ id: 'b1' });
      await buffer.commit({ finish: 'b1' });
      expect(await buffer.lease('b1')).toBeUndefined();
    });

    it('gives a postponed batch to the next attempt', async () => {
      await append(DELIVER, ['a']);
      await seal(DELIVER, 'b1');
      await buffer.lease('b1');
      await buffer.postpone('b1', {
        until: 1,
        attempts: 1,
        firstAttemptAt: 1,
        endedAt: 1,
        outcome: 'refused',
        code: 'S3.X',
        message: 'x',
      });

      expect(await buffer.lease('b1')).toMatchObject({ id: 'b1', postponed: { attempts: 1 } });
    });

    it('keeps the reasons of two moves into one lane apart', async () => {
      const other = { ...REASON, code: 'Lambda.Timeout' };
      for (const [id, reason] of [
        ['b1', REASON],
        ['b2', other],
      ] as const) {
        await append(DELIVER, [id]);
        await seal(DELIVER, id);
        await buffer.commit({ move: [{ batch: id, lane: ERROR, reason }], finish: id });
      }
      await reopened();
      await seal(ERROR, 'e1', 1_000);

      const reasons: unknown[] = [];
      for await (const piece of buffer.read('e1')) reasons.push(piece.reason);

      expect(reasons).toEqual([REASON, other]);
    });

    it('keeps the reasons that two appends at once bring apart', async () => {
      const other = { ...REASON, code: 'Lambda.Timeout' };
      const failed = (text: string, reason: FailureReason) => recordBlock(1_000, [Buffer.from(text)], reason);
      await Promise.all(
        [failed('a', REASON), failed('b', other)].map((records) =>
          buffer.commit({ append: [{ lanes: [ERROR], records }] }),
        ),
      );
      await reopened();
      await seal(ERROR, 'e1', 1_000);

      // In either order: neither was answered before the other began.
      const reasons: Record<string, unknown> = {};
      for await (const piece of buffer.read('e1')) {
        for (const record of eachRecord(piece)) reasons[Buffer.from(record).toString()] = piece.reason;
      }

      expect(reasons).toEqual({ a: REASON, b: other });
    });

    it('leaves a finished batch finished when a late attempt plans or postpones it', async () => {
      await append(DELIVER, ['a']);
      await seal(DELIVER, 'b1');
      await buffer.commit({ finish: 'b1' });

      await buffer.plan('b1', { streamVersion: 1, attempt: 1, output: null });
      await buffer.postpone('b1', {
        until: 1,
        attempts: 1,
        firstAttemptAt: 1,
        endedAt: 1,
        outcome: 'refused',
        code: 'S3.X',
        message: 'x',
      });

      expect((await buffer.due()).batches).toEqual([]);
    });

    it('discards everything of one stream and nothing of another', async () => {
      await append(DELIVER, ['a']);
      await append(OTHER, ['z']);
      await seal(DELIVER, 'b1');
      await append(DELIVER, ['b']);

      await buffer.commit({ discard: 's1' });
      await reopened();

      expect(await buffer.due()).toMatchObject({ lanes: [{ lane: OTHER }], batches: [] });
    });
  });
}

/** What a buffer of one process must do on top: it tells how much it holds, and keeps cursors. */
export function describeLocalBuffer(under: BufferUnderTest<LocalBuffer>): void {
  describeBuffer(under);

  describe(`the contract of a buffer in one process: ${under.name}`, () => {
    let buffer: LocalBuffer;
    beforeEach(async () => {
      buffer = await under.open();
      return () => buffer.close();
    });

    const reopened = async () => {
      if (under.reopen) buffer = await under.reopen(buffer);
    };

    it('counts the bytes a stream holds until they are finished, moved ones too', async () => {
      await buffer.commit({ append: [{ lanes: [DELIVER, BACKUP], records: block(1_000, ['12345']) }] });
      expect(buffer.heldBytes('s1')).toBe(10);
      await buffer.seal(DELIVER, { id: 'b1', sizeBytes: 1, now: 5_000 });
      await buffer.commit({ move: [{ batch: 'b1', lane: ERROR, reason: REASON }], finish: 'b1' });
      await reopened();
      expect(buffer.heldBytes('s1')).toBe(10);

      await buffer.seal(ERROR, { id: 'e1', sizeBytes: 1, now: 5_000 });
      await buffer.commit({ finish: 'e1' });

      expect(buffer.heldBytes('s1')).toBe(5);
    });

    it('moves a cursor together with the data it stands for', async () => {
      await buffer.commit({
        append: [{ lanes: [DELIVER], records: block(1, ['x']) }],
        cursor: { name: 's1/shard-1', value: '42' },
      });
      await reopened();

      expect(buffer.cursor('s1/shard-1')).toBe('42');
      expect(buffer.cursor('s1/shard-2')).toBeUndefined();
    });

    it('forgets a cursor that is given no value, and with a stream all of its cursors', async () => {
      for (const name of ['s1/a', 's1/b', 's11/a', 's2/a']) await buffer.commit({ cursor: { name, value: '1' } });

      await buffer.commit({ cursor: { name: 's2/a', value: undefined } });
      await buffer.commit({ discard: 's1' });
      await reopened();

      expect(['s1/a', 's1/b', 's11/a', 's2/a'].map(buffer.cursor)).toEqual([undefined, undefined, '1', undefined]);
    });

    it('holds nothing for a stream that was discarded', async () => {
      await buffer.commit({ append: [{ lanes: [DELIVER, OTHER], records: block(1_000, ['a']) }] });
      await buffer.seal(DELIVER, { id: 'b1', sizeBytes: 1, now: 5_000 });
      await buffer.commit({ append: [{ lanes: [DELIVER], records: block(1_000, ['b']) }] });

      await buffer.commit({ discard: 's1' });
      await reopened();

      expect([buffer.heldBytes('s1'), buffer.heldBytes('s2')]).toEqual([0, 1]);
    });
  });
}

export async function readAll(buffer: RecordBuffer, batch: string): Promise<Buffer[]> {
  const records: Buffer[] = [];
  for await (const piece of buffer.read(batch))
    for (const record of eachRecord(piece)) records.push(Buffer.from(record));
  return records;
}

async function readTexts(buffer: RecordBuffer, batch: string): Promise<string[]> {
  return (await readAll(buffer, batch)).map((record) => record.toString('utf8'));
}

function block(arrivedAt: number, records: readonly string[]): RecordBlock {
  return recordBlock(
    arrivedAt,
    records.map((record) => Buffer.from(record)),
  );
}
