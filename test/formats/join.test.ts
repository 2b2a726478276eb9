import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RecordBlock, recordBlock } from '../../src/core/records.ts';
import { joinRecords, type LineFeeds } from '../../src/formats/join.ts';
import { collected } from './chunks.ts';

async function* blocks(...lists: readonly (readonly string[])[]): AsyncGenerator<RecordBlock> {
  for (const records of lists)
    yield recordBlock(
      0,
      records.map((record) => Buffer.from(record)),
    );
}

async function joinedText(lineFeeds: LineFeeds, ...lists: readonly (readonly string[])[]): Promise<string> {
  return (await collected(joinRecords(blocks(...lists), lineFeeds))).toString();
}

describe('without line feeds', () => {
  test('nothing stands between records', async () => {
    expect(await joinedText('none', ['abc', 'abc'], ['abc'])).toBe('abcabcabc');
  });

  test('bytes are handed on, not copied', async () => {
    const block = recordBlock(0, [Buffer.from('a'), Buffer.from('b')]);
    async function* one() {
      yield block;
    }

    for await (const chunk of joinRecords(one(), 'none')) expect(chunk).toBe(block.data);
  });
});

describe('line feeds between records', () => {
  test('stand across blocks too, and not after the last', async () => {
    expect(await joinedText('between', ['a', 'b'], ['c'], ['d', 'e'])).toBe('a\nb\nc\nd\ne');
  });

  test('blocks without records add none', async () => {
    expect(await joinedText('between', [], ['a'], [], [], ['b'], [])).toBe('a\nb');
  });

  test('empty records keep their place', async () => {
    expect(await joinedText('between', [''], ['', 'a', ''], [''])).toBe('\n\na\n\n');
  });
});

test('line feeds behind every record', async () => {
  expect(await joinedText('always', ['a', 'b\n'], [''], ['c'])).toBe('a\nb\n\n\nc\n');
});

test('line feeds behind records that do not end in one', async () => {
  expect(await joinedText('if-missing', ['a', 'b\n', '\n'], [''], ['c'])).toBe('a\nb\n\n\nc\n');
});

test('joining is what Array.join does to all records of all blocks', async () => {
  const lists = fc.array(fc.array(fc.string()));
  await fc.assert(
    fc.asyncProperty(lists, fc.constantFrom<LineFeeds>('none', 'between'), async (records, lineFeeds) => {
      const text = await joinedText(lineFeeds, ...records);
      const delimiter = lineFeeds === 'none' ? '' : '\n';
      expect(text).toBe(Buffer.from(records.flat().join(delimiter)).toString());
    }),
  );
});
