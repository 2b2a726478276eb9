import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RecordBlock, recordBlock } from '../../src/core/records.ts';
import { joinRecords } from '../../src/formats/join.ts';
import { collected } from './chunks.ts';

const LF = Buffer.from('\n');

async function* blocks(...lists: readonly (readonly string[])[]): AsyncGenerator<RecordBlock> {
  for (const records of lists)
    yield recordBlock(
      0,
      records.map((record) => Buffer.from(record)),
    );
}

async function joinedText(delimiter: Buffer | undefined, ...lists: readonly (readonly string[])[]): Promise<string> {
  return (await collected(joinRecords(blocks(...lists), delimiter))).toString();
}

describe('without a delimiter', () => {
  test('nothing stands between records', async () => {
    expect(await joinedText(undefined, ['abc', 'abc'], ['abc'])).toBe('abcabcabc');
  });

  test('bytes are handed on, not copied', async () => {
    const block = recordBlock(0, [Buffer.from('a'), Buffer.from('b')]);
    async function* one() {
      yield block;
    }

    for await (const chunk of joinRecords(one())) expect(chunk).toBe(block.data);
  });
});

describe('with a delimiter', () => {
  test('it stands between records, across blocks too, and not after the last', async () => {
    expect(await joinedText(LF, ['a', 'b'], ['c'], ['d', 'e'])).toBe('a\nb\nc\nd\ne');
  });

  test('blocks without records add none', async () => {
    expect(await joinedText(LF, [], ['a'], [], [], ['b'], [])).toBe('a\nb');
  });

  test('empty records keep their place', async () => {
    expect(await joinedText(LF, [''], ['', 'a', ''], [''])).toBe('\n\na\n\n');
  });

  test('it may be of several bytes', async () => {
    expect(await joinedText(Buffer.from('\r\n'), ['a', 'b'], ['c'])).toBe('a\r\nb\r\nc');
  });
});

test('joining is what Array.join does to all records of all blocks', async () => {
  const lists = fc.array(fc.array(fc.string()));
  await fc.assert(
    fc.asyncProperty(lists, fc.constantFrom('', '\n', '--'), async (records, delimiter) => {
      const text = await joinedText(delimiter === '' ? undefined : Buffer.from(delimiter), ...records);
      expect(text).toBe(Buffer.from(records.flat().join(delimiter)).toString());
    }),
  );
});
