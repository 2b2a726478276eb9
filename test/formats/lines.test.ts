import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, batches } from '../../src/cli/batches.ts';
import { type Line, lines } from '../../src/formats/lines.ts';

const RECORD_BYTES = 10;

async function* stream<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function cut(text: string, keepsNewline: boolean): Promise<(string | number)[]> {
  const cuts = await all(lines(stream(Buffer.from(text)), { recordBytes: RECORD_BYTES, keepsNewline }));
  return cuts.map((line) => ('record' in line ? line.record.toString() : line.tooLongBytes));
}

describe('lines', () => {
  it('keep their newline when asked, and the last line gets the one it lacks', async () => {
    expect(await cut('a\n\nbc', true)).toEqual(['a\n', '\n', 'bc\n']);
  });

  it('lose their newline when asked, and an empty line is an empty record', async () => {
    expect(await cut('a\n\nbc\n', false)).toEqual(['a', '', 'bc']);
  });

  it('of nothing are none', async () => {
    expect(await cut('', true)).toEqual([]);
  });

  it('that are too long are reported by length, and their neighbours are whole', async () => {
    expect(await cut(`a\n${'x'.repeat(25)}\nb\n`, true)).toEqual(['a\n', 26, 'b\n']);
  });

  it('fill a record to the last byte, newline included', async () => {
    expect(await cut('123456789\n1234567890\n', true)).toEqual(['123456789\n', 11]);
    expect(await cut('1234567890\n', false)).toEqual(['1234567890']);
  });

  it('are the same however the bytes arrive', async () => {
    const pieces = fc.array(fc.stringMatching(/^[ab\n]{0,12}$/), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (texts, keepsNewline) => {
        const options = { recordBytes: RECORD_BYTES, keepsNewline };
        const whole = await all(lines(stream(Buffer.from(texts.join(''))), options));
        const inPieces = await all(lines(stream(...texts.map((text) => Buffer.from(text))), options));

        expect(inPieces).toEqual(whole);
      }),
    );
  });
});

describe('batches', () => {
  const shape = ({ records, bytes, tooLong }: Batch) => ({ records: records.length, bytes, tooLong });
  const record = (bytes: number): Line => ({ record: Buffer.alloc(bytes) });

  it('hold no more records than allowed', async () => {
    const found = await all(batches(stream(record(1), record(1), record(1)), { records: 2, bytes: 100 }));

    expect(found.map(shape)).toEqual([
      { records: 2, bytes: 2, tooLong: 0 },
      { records: 1, bytes: 1, tooLong: 0 },
    ]);
  });

  it('hold no more bytes than allowed, and may hold exactly as many', async () => {
    const found = await all(batches(stream(record(6), record(4), record(1)), { records: 500, bytes: 10 }));

    expect(found.map(shape)).toEqual([
      { records: 2, bytes: 10, tooLong: 0 },
      { records: 1, bytes: 1, tooLong: 0 },
    ]);
  });

  it('count the lines left out, though no record follows them', async () => {
    const found = await all(batches(stream<Line>(record(1), { tooLongBytes: 99 }), { records: 1, bytes: 10 }));

    expect(found.map(shape)).toEqual([{ records: 1, bytes: 1, tooLong: 1 }]);
  });
});
