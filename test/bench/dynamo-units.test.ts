import { describe, expect, it } from 'vitest';
import { type Item, queryUnits, readUnits, writeUnits } from '../../bench/dynamo-units.ts';
import { TABLES } from '../../src/lambda/aws/tables.ts';

const { schema } = TABLES.buffer;
const row = (bytes: number, more: Item = {}): Item => ({
  partition: { S: 'p' },
  name: { S: 'n' },
  body: { S: 'x'.repeat(bytes) },
  ...more,
});
const open = { open: { S: 'o' } };
const due = (at: string): Item => ({ dueShard: { S: '1' }, dueAt: { N: at } });

describe('units that DynamoDB writes', () => {
  it('are one for each KB begun of the larger of what was there and what is', () => {
    expect(writeUnits(schema, undefined, row(1))).toBe(1);
    expect(writeUnits(schema, undefined, row(1024))).toBe(2);
    expect(writeUnits(schema, row(3000), row(1))).toBe(3);
    expect(writeUnits(schema, row(1), row(3000))).toBe(3);
  });

  it('have one more for each index that the row comes into or leaves, however large the row', () => {
    expect(writeUnits(schema, undefined, row(3000, open))).toBe(4);
    expect(writeUnits(schema, row(1, { ...open, ...due('1') }), row(1))).toBe(3);
  });

  it('have two more where its place in an index changes, and none where the index holds nothing of the change', () => {
    expect(writeUnits(schema, row(1, due('1')), row(1, due('2')))).toBe(3);
    expect(writeUnits(schema, row(1, due('1')), row(2, due('1')))).toBe(1);
  });

  it('have one more where what the index holds besides its keys changes', () => {
    const before = row(1, { ...due('1'), lane: { S: 'a' } });

    expect(writeUnits(schema, before, row(1, { ...due('1'), lane: { S: 'b' } }))).toBe(2);
  });
});

describe('units that DynamoDB reads', () => {
  it('are one for each 4 KB begun, half of it where a read need not be consistent, and no less where nothing is', () => {
    expect(readUnits(0, true)).toBe(1);
    expect(readUnits(4097, true)).toBe(2);
    expect(readUnits(4097, false)).toBe(1);
  });

  it('are those of a page together, and of each row besides where the index holds its keys alone', () => {
    const rows = [row(1000, open), row(1000, open), row(5000, open)];

    expect(queryUnits(schema, rows, { isConsistent: true, isForAll: false })).toBe(2);
    expect(queryUnits(schema, rows, { indexName: 'open', isConsistent: true, isForAll: true })).toBe(5);
  });
});
