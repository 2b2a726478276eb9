import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CompressionFormat, codec } from '../../src/formats/compression.ts';
import { throughZlib } from '../../src/formats/zlib-stream.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { collected, cutAt, logLines, noise, sameLines, streamOf, watched } from './chunks.ts';
import { readGzipMember, readHadoopSnappy, readXerialSnappy, readZip } from './readers.ts';

const ENTRY = { entryName: '5f1c7a5e-0f5c-4d43-9a3e-0a2b8c1d2e3f' };

const READERS: [CompressionFormat, (file: Buffer) => Buffer][] = [
  ['UNCOMPRESSED', (file) => file],
  ['GZIP', readGzipMember],
  ['ZIP', (file) => readZip(file).content],
  ['Snappy', readXerialSnappy],
  ['HADOOP_SNAPPY', readHadoopSnappy],
];
const COMPRESSED = READERS.map(([format]) => format).filter((format) => format !== 'UNCOMPRESSED');

const CONTENTS = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'log lines of 1.5 MB': logLines(1_500_000),
  'incompressible bytes of 1 MiB': noise(1024 * 1024),
  'exactly a block of each codec': logLines(256 * 1024),
};

describe.each(READERS)('%s', (format, read) => {
  test.each(Object.entries(CONTENTS))('gives back %s', async (_, content) => {
    const file = await collected(codec(format, ENTRY).compress(streamOf([content])));

    expect(read(file).equals(content)).toBe(true);
  });

  test('gives the same bytes however its input is cut', async () => {
    const content = logLines(700_000);
    const whole = await collected(codec(format, ENTRY).compress(streamOf([content])));

    const lengths = fc.array(fc.oneof(fc.nat(40), fc.nat(300_000)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, async (cuts) => {
        const again = await collected(codec(format, ENTRY).compress(streamOf(cutAt(content, cuts))));
        expect(again.equals(whole)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('closes its source when the reader stops', async () => {
    const source = watched([logLines(600_000), logLines(600_000), logLines(600_000)]);

    for await (const _ of codec(format, ENTRY).compress(source)) if (source.pulled > 0) break;

    expect(source).toMatchObject({ pulled: 1, closed: true });
  });

  test('passes on what its source throws', async () => {
    async function* failing() {
      yield logLines(300_000);
      throw new Error('the disk is gone');
    }

    await expect(collected(codec(format, ENTRY).compress(failing()))).rejects.toThrow('the disk is gone');
  });
});

test.each(COMPRESSED)('%s reads its source no faster than it is read', async (format) => {
  const source = watched(Array.from({ length: 40 }, () => noise(256 * 1024)));
  const output = codec(format, ENTRY).compress(source)[Symbol.asyncIterator]();

  let taken = 0;
  while (taken < 2 * 1024 * 1024) taken += (await output.next()).value.length;

  expect(source.pulled).toBeLessThan(12);
  await output.return?.();
});

describe('the names AWS gives', () => {
  test.each([
    ['UNCOMPRESSED', '', undefined],
    ['GZIP', '.gz', 'gzip'],
    ['ZIP', '.zip', 'zip'],
    ['Snappy', '.snappy', 'snappy-java'],
    ['HADOOP_SNAPPY', '.snappy', 'hadoop-snappy'],
    ['zstd', '.zst', 'zstd'],
  ] as const)('%s: extension "%s", encoding %s', (format, extension, contentEncoding) => {
    const { compress: _, ...names } = codec(format, ENTRY);
    expect(names).toEqual(contentEncoding === undefined ? { extension } : { extension, contentEncoding });
  });

  test('a ZIP entry has the name it was given, in UTF-8', async () => {
    const file = await collected(codec('ZIP', { entryName: 'été' }).compress(streamOf([Buffer.from('x')])));
    expect(readZip(file).name).toBe('été');
  });
});

test('a lower level makes gzip larger', async () => {
  const size = async (level?: number) =>
    (await collected(codec('GZIP', { ...ENTRY, level }).compress(streamOf([logLines(300_000)])))).length;

  expect(await size(1)).toBeGreaterThan(await size(9));
  expect(await size()).toBe(await size(6));
});

describe('the native stream', () => {
  test('is closed when the reader stops, fails, or its source fails', async () => {
    const made: Gzip[] = [];
    const gzip = (chunks: AsyncIterable<Uint8Array>) =>
      throughZlib(chunks, () => {
        const stream = createGzip();
        made.push(stream);
        return stream;
      });
    async function* failing() {
      yield noise(300_000);
      throw new Error('source');
    }

    for await (const _ of gzip(streamOf([noise(600_000)]))) break;
    const readerFailed = (async () => {
      for await (const _ of gzip(streamOf([noise(600_000)]))) throw new Error('reader');
    })();
    await expect(readerFailed).rejects.toThrow('reader');
    await expect(collected(gzip(failing()))).rejects.toThrow('source');

    expect(made.map((stream) => stream.destroyed)).toEqual([true, true, true]);
  });

  test('is not made for a result that nobody reads', async () => {
    let made = 0;
    const unread = throughZlib(streamOf([]), () => {
      made++;
      return createGzip();
    });

    await unread.return(undefined);

    expect(made).toBe(0);
  });

  test('that fails reaches the reader and closes the source', async () => {
    const source = watched([noise(300_000), noise(300_000), noise(300_000)]);
    const stream = createGzip();
    const output = throughZlib(source, () => stream);

    await output.next();
    stream.destroy(new Error('zlib is out of memory'));

    await expect(collected(output)).rejects.toThrow('zlib is out of memory');
    expect(source.closed).toBe(true);
  });
});

describe('files that other programs wrote are read by the readers of this test', () => {
  const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));

  test("snappy-java's SnappyOutputStream", () => {
    expect(readXerialSnappy(fixture('snappy-java.snappy')).equals(sameLines(100_000))).toBe(true);
  });

  test("Hadoop's BlockCompressorStream", () => {
    expect(readHadoopSnappy(fixture('hadoop.snappy')).equals(sameLines(300_000))).toBe(true);
  });
});

test.runIf(isZstdAvailable())('zstd gives back what it was given', async () => {
  const { zstdDecompressSync } = (await import('node:zlib')) as { zstdDecompressSync?: (file: Buffer) => Buffer };
  const file = await collected(codec('zstd', ENTRY).compress(streamOf([logLines(1_500_000)])));

  expect(zstdDecompressSync?.(file).equals(logLines(1_500_000))).toBe(true);
});

test.skipIf(isZstdAvailable())(
  'zstd on a Node without it says which Node has it, and that trying again can help',
  () => {
    expect(() => codec('zstd', ENTRY).compress(streamOf([]))).toThrow(
      expect.objectContaining({ code: 'Hydrant.ZstdUnavailable', retryable: true }),
    );
  },
);
