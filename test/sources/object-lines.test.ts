import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { objectLines } from '../../src/sources/object-lines.ts';
import { piecesOf } from '../../src/sources/pieces.ts';

const MIB = 1024 * 1024;

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(object: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of objectLines(object)) found.push(Buffer.from(line).toString());
  return found;
}

describe('the lines of an object', () => {
  it.each([1, 2, 3, 1_000])('are the same however it comes, %i bytes at a time', async (size) => {
    const text = Buffer.from('{"a":1}\n\n{"b":"ä"}\nlast');
    const lines = ['{"a":1}\n', '\n', '{"b":"ä"}\n', 'last\n'];

    expect(await linesOf(chunks(text, size))).toEqual(lines);
    expect(await linesOf(chunks(gzipSync(text), size))).toEqual(lines);
    expect(await linesOf(chunks(Buffer.concat([gzipSync('a\nb'), gzipSync('c\n')]), size))).toEqual(['a\n', 'bc\n']);
  });

  it('of an empty object are none', async () => {
    expect(await linesOf(chunks(Buffer.alloc(0), 1))).toEqual([]);
    expect(await linesOf(chunks(Buffer.from('\x1f'), 1))).toEqual(['\x1f\n']);
  });

  it('are refused where one is longer than a record, in gzip too', async () => {
    const long = Buffer.concat([Buffer.from('short\n'), Buffer.alloc(1_024_001, 'x')]);

    await expect(linesOf(chunks(long, 65_536))).rejects.toThrow('Line 2 of the object has 1024002 bytes');
    await expect(linesOf(chunks(gzipSync(long), 65_536))).rejects.toMatchObject({ code: 'InvalidArgumentException' });
  });

  it.each([
    ['cut short', gzipSync('one\ntwo\n').subarray(0, -4)],
    ['damaged', Buffer.concat([gzipSync('one\n').subarray(0, 10), randomBytes(100)])],
  ])('of gzip that is %s are refused', async (_, object) => {
    await expect(linesOf(chunks(object, 5))).rejects.toMatchObject({ code: 'InvalidArgumentException' });
  });

  it('end with what ends the reading of the object', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield gzipSync('one\n'.repeat(10_000)).subarray(0, 30);
      throw new Error('The connection broke.');
    }

    await expect(linesOf(broken())).rejects.toThrow('The connection broke.');
  });

  it('are read no faster than they are taken, and the object is let go of when nobody wants more', async () => {
    let read = 0;
    let isClosed = false;
    const line = `${'x'.repeat(1_000)}\n`;
    const zipped = gzipSync(line.repeat(64 * 1_024)); // 64 MiB in some 200 KB
    async function* object(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of chunks(zipped, 1_024)) {
          read += chunk.length;
          yield chunk;
        }
      } finally {
        isClosed = true;
      }
    }

    for await (const first of objectLines(object())) {
      expect(Buffer.from(first).toString()).toBe(line);
      break;
    }

    await expect.poll(() => isClosed).toBe(true);
    expect(read).toBeLessThan(zipped.length / 2);
  });
});

describe('pieces of records', () => {
  it('hold all of them in order, and some 4 MiB each', async () => {
    const records = Array.from({ length: 500 }, (_, i) => Buffer.alloc(i * 100, `${i} `));
    const hash = (parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

    const pieces: (readonly Uint8Array[])[] = [];
    for await (const piece of piecesOf(records)) pieces.push(piece);

    expect(pieces.length).toBe(3);
    expect(hash(pieces.flat())).toBe(hash(records));
    for (const piece of pieces) expect(Buffer.concat(piece).length).toBeLessThanOrEqual(4 * MIB);
  });

  it('have a larger record alone, and many small ones are several', async () => {
    const sizes: number[] = [];
    for await (const piece of piecesOf([Buffer.alloc(1), Buffer.alloc(5 * MIB), Buffer.alloc(1)]))
      sizes.push(piece.length);
    expect(sizes).toEqual([1, 1, 1]);

    sizes.length = 0;
    for await (const piece of piecesOf(Array(100_000).fill(Buffer.from('\n')))) sizes.push(piece.length);
    expect(sizes).toHaveLength(2);
  });
});
