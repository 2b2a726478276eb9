import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchBlock } from '../../src/core/buffer.ts';
import { recordBlock } from '../../src/core/records.ts';
import {
  type ConversionFailure,
  type Converter,
  converter,
  type TableSchema,
} from '../../src/formats/conversion/converter.ts';
import { conversionOf } from '../../src/formats/conversion/format-options.ts';
import type { ConversionThreads } from '../../src/local/conversion/threads.ts';
import { collected } from '../formats/chunks.ts';

const COMPILED = join(import.meta.dirname, '../../dist/src/local/conversion/threads.js');
const { input, output } = conversionOf({});
const TABLE: TableSchema = {
  columns: [
    { name: 'id', type: 'int' },
    { name: 'level', type: 'string' },
    { name: 'tags', type: 'array<string>' },
  ],
};

describe('conversion threads', () => {
  let threads: ConversionThreads;
  let makeThreads: typeof import('../../src/local/conversion/threads.ts').conversionThreads;
  beforeAll(async () => {
    ({ conversionThreads: makeThreads } = await import(COMPILED));
    threads = makeThreads({ most: 1 });
  });
  afterAll(() => threads.close());

  const onThread = (format = output) => threads.converter(TABLE, input, format);

  it('write the bytes and tell the failures that the plain converter does, of blocks small and large', async () => {
    const format = { ...output, blockSizeBytes: 200_000, pageSizeBytes: 8_192 };
    const texts = Array.from({ length: 60_000 }, (_, i) => (i % 997 === 5 ? `{"id":"${i}x"}` : textOf(i)));

    const plain = await fileOf(converter(TABLE, input, format), blocksOf(texts, 1_000));
    for (const blockRecords of [1, 700, 60_000]) {
      const { file, failures } = await fileOf(onThread(format), blocksOf(texts, blockRecords));
      expect(file.equals(plain.file), `${blockRecords} a block`).toBe(true);
      expect(failures).toEqual(plain.failures);
    }

    expect(plain.failures.length).toBe(61);
    expect(plain.file.length).toBeGreaterThan(format.blockSizeBytes);
  });

  it('tell places where the buffer has lost records in between', async () => {
    const [first, second] = [recordBlock(0, [Buffer.from('{"id":1}')]), recordBlock(0, [Buffer.from('bad')])];
    async function* blocks() {
      yield { ...first, place: 0 };
      yield { ...second, place: 10 };
      yield { ...second, place: 11 };
    }

    const { failures } = await fileOf(onThread(), blocks());

    expect(failures.map(({ place }) => place)).toEqual([10, 11]);
  });

  it('leave the memory of blocks to those who share it', async () => {
    const { data, lengths } = recordBlock(0, [Buffer.from(textOf(1)), Buffer.from(textOf(2))]);
    // Memory of its own, that could be given away.
    const block = { arrivedAt: 0, data: Uint8Array.from(data), lengths, place: 0 };
    async function* blocks() {
      yield block;
    }

    await fileOf(onThread(), blocks());

    expect(Buffer.from(block.data).equals(data)).toBe(true);
    expect(block.lengths.length).toBe(2);
  });

  it('convert several batches at once on one thread, in turns: a small one is done long before a large one', async () => {
    let read = 0;
    async function* large() {
      for await (const block of blocksOf(
        Array.from({ length: 400_000 }, (_, i) => textOf(i)),
        10_000,
      )) {
        read++;
        yield block;
      }
    }
    const whole = fileOf(onThread(), large());

    const small = await fileOf(onThread(), blocksOf([textOf(0)], 1));
    const readBySmall = read;

    expect(small.file.equals((await fileOf(converter(TABLE, input, output), blocksOf([textOf(0)], 1))).file)).toBe(
      true,
    );
    expect(readBySmall).toBeLessThan(20);
    await whole;
    expect(read).toBe(40);
  });

  it('read no further than two packets beyond what their reader takes, and let go when it stops', async () => {
    let pulled = 0;
    let isLetGo = false;
    async function* blocks() {
      try {
        for await (const block of blocksOf(
          Array.from({ length: 100_000 }, (_, i) => textOf(i)),
          10_000,
        )) {
          pulled++;
          yield block;
        }
      } finally {
        isLetGo = true;
      }
    }

    for await (const _ of onThread({ ...output, blockSizeBytes: 4_000 }).convert(blocks(), () => undefined)) break;

    // Packets of one block: one is converted, one asked, one read.
    expect(pulled).toBeLessThanOrEqual(4);
    expect(isLetGo).toBe(true);
  });

  it('keep no process alive with conversions that were abandoned', () => {
    const format = { ...output, blockSizeBytes: 1_000 };
    const program = `
      async function* endless() {
        const lengths = new Uint32Array(1_000).fill(8);
        const data = Buffer.from('{"id":1}'.repeat(1_000));
        for (let place = 0; ; place += 1_000) yield { arrivedAt: 0, place, lengths, data };
      }
      import(${JSON.stringify(pathToFileURL(COMPILED).href)}).then(async ({ conversionThreads }) => {
        const { converter } = conversionThreads();
        const { convert } = converter(${JSON.stringify(TABLE)}, ${JSON.stringify(input)}, ${JSON.stringify(format)});
        for await (const _ of convert(endless(), () => {})) break;
      });`;

    const { status, stderr } = spawnSync(process.execPath, ['-e', program], { timeout: 30_000 });

    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  });

  it('hand on the error of whoever reads the batch', async () => {
    async function* blocks(): AsyncGenerator<BatchBlock> {
      yield* blocksOf(
        Array.from({ length: 30_000 }, (_, i) => textOf(i)),
        10_000,
      );
      throw new Error('the disk is gone');
    }

    await expect(fileOf(onThread(), blocks())).rejects.toThrow('the disk is gone');
  });

  it('refuse a bad table at once, by its column', () => {
    const bad = { columns: [{ name: 'a', type: 'text' }] };

    expect(() => threads.converter(bad, input, output)).toThrow('columns[0].type: the type text of column a');
  });

  it('out of memory fails what is under way as worth another try, and the next batch has a new thread', async () => {
    const narrow = makeThreads({ most: 1, heapMb: 24 });
    const { convert } = narrow.converter(TABLE, input, output);
    // A message for each of half a million bad records does not fit.
    const bad = recordBlock(
      0,
      Array.from({ length: 500_000 }, () => Buffer.from('{"id":"x"}')),
    );
    async function* blocks() {
      yield { ...bad, place: 0 };
    }

    await expect(fileOf({ convert }, blocks())).rejects.toMatchObject({
      code: 'Hydrant.ConversionEnded',
      retryable: true,
    });
    const { file } = await fileOf({ convert }, blocksOf([textOf(0)], 1));

    expect(file.subarray(0, 4).toString()).toBe('PAR1');
    await narrow.close();
  });

  it('closed, end what is under way and take nothing more', async () => {
    const closing = makeThreads({ most: 1 });
    const { convert } = closing.converter(TABLE, input, output);
    let begun: (() => void) | undefined;
    const underWay = new Promise<void>((resolve) => {
      begun = resolve;
    });
    async function* endless() {
      for (let place = 0; ; place += 10_000) {
        if (place === 50_000) begun?.();
        yield {
          ...recordBlock(
            0,
            Array.from({ length: 10_000 }, () => Buffer.from('bad')),
          ),
          place,
        };
      }
    }
    const failing = expect(fileOf({ convert }, endless())).rejects.toMatchObject({ code: 'Hydrant.ConversionEnded' });

    await underWay;
    await closing.close();

    await failing;
    await expect(fileOf({ convert }, blocksOf([textOf(0)], 1))).rejects.toMatchObject({ retryable: true });
  });
});

interface Conversion {
  readonly file: Buffer;
  readonly failures: readonly ConversionFailure[];
}

async function fileOf({ convert }: Converter, blocks: AsyncIterable<BatchBlock>): Promise<Conversion> {
  const failures: ConversionFailure[] = [];
  const file = await collected(convert(blocks, (failure) => failures.push(failure)));
  return { file, failures };
}

async function* blocksOf(texts: readonly string[], blockRecords: number): AsyncGenerator<BatchBlock> {
  for (let place = 0; place < texts.length; place += blockRecords) {
    const records = texts.slice(place, place + blockRecords).map((text) => Buffer.from(text));
    yield { ...recordBlock(0, records), place };
  }
}

function textOf(i: number): string {
  return `{"id":${i},"level":"${i % 3 === 0 ? 'INFO' : 'WARN'}","tags":["t${i % 7}","r${(i * 2654435761) % 4294967296}"]}`;
}
