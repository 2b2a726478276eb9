import { beforeEach, describe, expect, it } from 'vitest';
import type { Row, Rows } from '../../../src/lambda/services.ts';

export interface RowsUnderTest {
  readonly name: string;
  /** Of an empty table. */
  open(): Promise<Rows>;
}

/** What every table of rows must do. */
export function describeRows(under: RowsUnderTest): void {
  describe(`rows: ${under.name}`, () => {
    let rows: Rows;
    beforeEach(async () => {
      rows = await under.open();
    });

    const KEY = { partition: 'lane/1', name: 'entry/1' };
    const FULL = {
      ...KEY,
      open: '00001767225600000-0000000001-a',
      dueAt: 1_767_225_600_123,
      streamId: 's1',
      lane: 's1/deliver/ü',
      records: 3,
      bytes: 4_200_000_000,
      expiresAt: 1_767_312_000_000,
      body: '{"ü":"\\u0000"}',
    };

    it('a row comes back as it was created, numbers as numbers, with version 1', async () => {
      expect(await rows.create(FULL)).toBe(true);

      expect(await rows.get(KEY)).toEqual({ ...FULL, version: 1 });
    });

    it('what a row has not is not there when it comes back', async () => {
      await rows.create({ ...KEY, body: '{}' });

      expect(await rows.get(KEY)).toEqual({ ...KEY, body: '{}', version: 1 });
      expect(await rows.get({ ...KEY, name: 'other' })).toBeUndefined();
    });

    it('a row is created once', async () => {
      expect(await rows.create({ ...KEY, body: 'first' })).toBe(true);
      expect(await rows.create({ ...KEY, body: 'second' })).toBe(false);

      expect(await rows.get(KEY)).toMatchObject({ body: 'first', version: 1 });
    });

    it('a row is replaced as a whole by who knows its version, once', async () => {
      await rows.create(FULL);

      expect(await rows.replace({ ...KEY, body: 'new' }, 2)).toBe(false);
      expect(await rows.replace({ ...KEY, body: 'new' }, 1)).toBe(true);
      expect(await rows.replace({ ...KEY, body: 'late' }, 1)).toBe(false);

      expect(await rows.get(KEY)).toEqual({ ...KEY, body: 'new', version: 2 });
    });

    it('a row that is not there is not replaced', async () => {
      expect(await rows.replace({ ...KEY, body: 'new' }, 1)).toBe(false);
      expect(await rows.get(KEY)).toBeUndefined();
    });

    it('of ten that replace a row at once one does', async () => {
      await rows.create({ ...KEY, body: '0' });

      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) => rows.replace({ ...KEY, body: `${i + 1}` }, 1)),
      );

      expect(outcomes.filter((isReplaced) => isReplaced)).toHaveLength(1);
      expect(await rows.get(KEY)).toMatchObject({ body: `${outcomes.indexOf(true) + 1}`, version: 2 });
    });

    it('adding makes the row, and then counts and sets only what is not set', async () => {
      const first = await rows.add({ ...KEY, streamId: 's1', dueAt: 10, records: 2, bytes: 20, body: 'first' });
      const second = await rows.add({ ...KEY, streamId: 's2', dueAt: 5, open: 'o', records: -5, bytes: 7, body: 'x' });

      expect(first).toEqual({ ...KEY, streamId: 's1', dueAt: 10, records: 2, bytes: 20, body: 'first', version: 1 });
      expect(second).toEqual({ ...first, open: 'o', records: -3, bytes: 27, version: 2 });
      expect(await rows.get(KEY)).toEqual(second);
    });

    it('adding to a row that was replaced sets what that has taken away', async () => {
      await rows.add({ ...KEY, streamId: 's1', dueAt: 10, records: 2, bytes: 20, body: 'first' });
      await rows.replace({ ...KEY, records: 0, bytes: 0, body: 'closed' }, 1);

      const row = await rows.add({ ...KEY, streamId: 's1', dueAt: 30, body: 'x' });

      expect(row).toEqual({ ...KEY, streamId: 's1', dueAt: 30, records: 0, bytes: 0, body: 'closed', version: 3 });
      expect(await allOf(rows.due(30))).toEqual([{ ...KEY, dueAt: 30 }]);
    });

    it('all of many that add at once count', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => rows.add({ ...KEY, records: 1, bytes: 5, body: 'b' })),
      );

      const counts = answers.map(({ records = 0 }) => records).sort((a, b) => a - b);
      expect(counts).toEqual(answers.map((_, i) => i + 1));
      expect(await rows.get(KEY)).toMatchObject({ records: 20, bytes: 100, version: 20 });
    });

    it('the open rows of a partition come in order, page by page, each once', async () => {
      // More than a page of DynamoDB's, 1 MB.
      const body = 'x'.repeat(60_000);
      const orders = Array.from({ length: 40 }, (_, i) => `${String((i * 7) % 40).padStart(3, '0')}-a`);
      await Promise.all(
        orders.map((open) => rows.create({ partition: 'lane/1', name: `entry/${open}`, open, records: 1, body })),
      );
      await rows.create({ partition: 'lane/2', name: 'entry/1', open: '000-b', body });
      await rows.create({ partition: 'lane/1', name: 'head', body });

      const pages: (readonly Row[])[] = [];
      for (let after: string | undefined; pages.at(-1)?.length !== 0; after = pages.at(-1)?.at(-1)?.open) {
        pages.push(await rows.open('lane/1', after));
      }

      expect(pages.length).toBeGreaterThan(2);
      expect(pages.flat().map(({ open }) => open)).toEqual([...orders].sort());
      expect(pages.flat()[0]).toEqual({
        partition: 'lane/1',
        name: 'entry/000-a',
        open: '000-a',
        records: 1,
        body,
        version: 1,
      });
    });

    it('a row that is open no more is not among those that are', async () => {
      await rows.create({ ...KEY, open: 'a', body: '{}' });
      await rows.replace({ ...KEY, expiresAt: 1_000, body: '{}' }, 1);

      expect(await rows.open(KEY.partition)).toEqual([]);
    });

    it('adding may set the due time anew', async () => {
      await rows.add({ ...KEY, streamId: 's1', lane: 'l', dueAt: 10, records: 2, body: 'first' });

      const row = await rows.add({ ...KEY, streamId: 's2', lane: 'm', dueAt: 30, body: 'x' }, { isDueAnew: true });

      expect(row).toMatchObject({ streamId: 's1', lane: 'l', dueAt: 30, records: 2, body: 'first', version: 2 });
      expect(await allOf(rows.due(29))).toEqual([]);
      expect(await allOf(rows.due(30))).toEqual([{ ...KEY, lane: 'l', dueAt: 30 }]);
    });

    it('what is due by then is found, whichever partition it is in, until it is so no more', async () => {
      const batch = (i: number) => ({
        partition: `batch/${i}`,
        name: 'batch',
        lane: `s/deliver/${i}`,
        dueAt: 1_000 + i,
      });
      await Promise.all(Array.from({ length: 30 }, (_, i) => rows.create({ ...batch(i), body: '{}' })));
      await rows.create({ ...KEY, body: 'never due' });
      await rows.create({ partition: 'change/1', name: 'change', dueAt: 0, body: 'of no lane' });
      await rows.replace({ partition: 'batch/3', name: 'batch', body: 'done' }, 1);
      await rows.replace({ ...batch(4), dueAt: 9_000, body: 'later' }, 1);

      const due = await allOf(rows.due(1_005));

      const inOrder = due.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
      expect(inOrder).toEqual([{ partition: 'change/1', name: 'change', dueAt: 0 }, ...[0, 1, 2, 5].map(batch)]);
      const all = await allOf(rows.due(Number.POSITIVE_INFINITY));
      expect(all).toHaveLength(30);
      expect(all).toContainEqual({ ...batch(4), dueAt: 9_000 });
    });

    it('what a stream holds is found, more than a page of it', async () => {
      // More than 1 MB in the index, which holds the lane.
      const lane = (i: number) => `s1/deliver/${i}${'/x'.repeat(500)}`;
      const head = (i: number) => ({ partition: `lane/${i}`, name: 'head', streamId: 's1', lane: lane(i) });
      const count = 1_100;
      for (let i = 0; i < count; i += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, j) => rows.create({ ...head(i + j), body: '{}' })));
      }
      await rows.create({ ...KEY, streamId: 's2', body: '{}' });
      await rows.replace({ partition: 'lane/7', name: 'head', body: 'closed' }, 1);

      const found = await allOf(rows.held('s1'));

      const expected = Array.from({ length: count }, (_, i) => lane(i)).filter((each) => each !== lane(7));
      expect(found.map((row) => row.lane).sort()).toEqual(expected.sort());
      expect(found[0]).toMatchObject({ name: 'head', partition: expect.stringMatching(/^lane\//) });
    });

    it('all rows are found, more than a page of them', async () => {
      const body = 'x'.repeat(60_000);
      const names = Array.from({ length: 40 }, (_, i) => `lane/${i}`);
      await Promise.all(names.map((partition) => rows.create({ partition, name: 'entry/1', body })));

      const found = await allOf(rows.all());

      expect(found.map(({ partition }) => partition).sort()).toEqual([...names].sort());
    });
  });
}

async function allOf<T>(each: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of each) all.push(one);
  return all;
}
