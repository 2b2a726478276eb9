import { expect, it } from 'vitest';
import { type CompressionFormat, codec } from '../../src/formats/compression.ts';
import { decompressed } from '../../src/formats/decompression.ts';
import { collected } from './chunks.ts';

/** Compresses well, and is longer than a block of any format. */
const TEXT = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `line ${i}\n`).join(''));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

it.each(['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] satisfies CompressionFormat[])(
  'what was compressed comes back: %s',
  async (format) => {
    const { compress, contentEncoding } = codec(format, { entryName: 'entry' });

    const object = await collected(compress(once(TEXT)));

    expect((await decompressed(object, contentEncoding)).equals(TEXT)).toBe(true);
  },
);

it.each(['gzip', 'zip', 'snappy-java', 'hadoop-snappy', 'br'])(
  'bytes that are something else are refused: %s',
  async (encoding) => {
    await expect(
      decompressed(Buffer.from('no such thing, and long enough for any header'), encoding),
    ).rejects.toThrow();
  },
);
