import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { compressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { eachRecord } from '../../../src/core/records.ts';
import { kafkaCodec } from '../../../src/formats/kafka-codecs.ts';
import type { Piece } from '../../../src/local/kafka/packer.ts';
import { type AbortedTransaction, piecesOf } from '../../../src/local/kafka/record-batches.ts';
import { type BatchToMake, batchOf } from './batches.ts';

const NOW = 1_800_000_000_000;
const T = 1_700_000_000_000;

interface Asked {
  readonly from?: number;
  readonly aborted?: readonly AbortedTransaction[];
  readonly recordMostBytes?: number;
}

async function pieces(batches: Buffer, { from = 0, aborted = [], recordMostBytes = 100 }: Asked = {}) {
  const places = { topic: 'clicks', partition: 3, from, recordMostBytes, now: () => NOW };
  const found: Piece[] = [];
  for await (const piece of piecesOf({ ...places, batches, aborted, codec: kafkaCodec })) found.push(piece);
  return found;
}

function textsIn(found: readonly Piece[]): readonly string[] {
  return found.flatMap(({ blocks }) =>
    blocks
      .filter(({ reason }) => !reason)
      .flatMap((block) => Array.from(eachRecord(block), (r) => Buffer.from(r).toString())),
  );
}

const refusedIn = (found: readonly Piece[]) =>
  found.flatMap(({ blocks }) => blocks.filter(({ reason }) => reason !== undefined));

const batches = (...all: readonly BatchToMake[]): Buffer => Buffer.concat(all.map(batchOf));
const abc: BatchToMake = { offset: 0, values: ['a', 'b', 'c'], writtenAt: T };

describe("a broker's batches", () => {
  it('give their values in order, and the offset behind them', async () => {
    const found = await pieces(batches(abc, { offset: 3, values: ['d'], writtenAt: T }));

    expect(textsIn(found)).toEqual(['a', 'b', 'c', 'd']);
    expect(found).toMatchObject([{ next: 4, lastAt: T }]);
  });

  it('give nothing that is before the offset that was asked for', async () => {
    expect(textsIn(await pieces(batches(abc), { from: 2 }))).toEqual(['c']);
  });

  it('give nothing of one that is cut off; it is asked for again', async () => {
    const cut = batches(abc, { offset: 3, values: ['d'], writtenAt: T }).subarray(0, -1);

    const found = await pieces(cut);

    expect(textsIn(found)).toEqual(['a', 'b', 'c']);
    expect(found.at(-1)?.next).toBe(3);
  });

  it('that are all cut off are no answer of Kafka, which gives the first one whole', async () => {
    await expect(pieces(batches(abc).subarray(0, 40))).rejects.toMatchObject({ code: 'Kafka.BadAnswer' });
  });

  it('give a record without bytes for a tombstone', async () => {
    expect(textsIn(await pieces(batches({ ...abc, values: ['a', null, ''] })))).toEqual(['a', '', '']);
  });

  it('say topic, partition, offset and time of each record, although some before it have been compacted away', async () => {
    const [piece] = await pieces(batches({ ...abc, offset: 10, step: 5 }));

    expect([0, 1, 2].map((i) => piece?.blocks[0]?.metadata?.(i))).toEqual([
      { topic: 'clicks', partitionId: 3, offset: 10, approximateArrivalTimestamp: T },
      { topic: 'clicks', partitionId: 3, offset: 15, approximateArrivalTimestamp: T + 1 },
      { topic: 'clicks', partitionId: 3, offset: 20, approximateArrivalTimestamp: T + 2 },
    ]);
    expect(piece?.next).toBe(21);
  });

  it("have the broker's time where the topic says so", async () => {
    const [piece] = await pieces(batches({ ...abc, appendedAt: T + 5_000 }));

    expect(piece?.blocks.map(({ arrivedAt }) => arrivedAt)).toEqual([T + 5_000]);
  });

  it('are of different blocks when more than a second is between them, and of now when they have no time', async () => {
    const later = { offset: 3, values: ['d'], writtenAt: T + 3_000 };
    const timeless = { offset: 4, values: ['e'], writtenAt: -1 };
    const [piece] = await pieces(batches(abc, later, timeless, { ...timeless, offset: 5, writtenAt: 9e15 }));

    expect(piece?.blocks.map(({ arrivedAt }) => arrivedAt)).toEqual([T, T + 3_000, NOW]);
  });

  it('give nothing that was never committed, nor the markers that say so', async () => {
    const of = (producerId: number, offset: number, value: string, isMarker = false) =>
      batchOf({ offset, values: [value], writtenAt: T, transaction: { producerId, isMarker } });
    const mixed = [
      of(1, 0, 'aborted'),
      of(2, 1, 'committed'),
      batchOf({ offset: 2, values: ['plain'], writtenAt: T }),
      of(1, 3, 'marker', true),
      of(1, 4, 'committed later'),
      of(1, 5, 'marker', true),
    ];

    const found = await pieces(Buffer.concat(mixed), { aborted: [{ producerId: 1, firstOffset: 0 }] });

    expect(textsIn(found)).toEqual(['committed', 'plain', 'committed later']);
    expect(found.at(-1)?.next).toBe(6);
  });

  it('come in pieces that one change of the buffer can take, none of them in the middle of a record', async () => {
    const values = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(1024 * 1024, '.'));
    const found = await pieces(batches({ ...abc, values, codec: 1 }), { recordMostBytes: 1e7 });

    expect(textsIn(found)).toEqual(values);
    expect(found.map(({ next }) => next)).toEqual([4, 8, 12, 16, 20, 24, 28, 30]);
  });

  it('hold records that are too long, which go to the error output alone', async () => {
    const found = await pieces(batches({ ...abc, values: ['a', 'x'.repeat(101), 'c'] }));

    expect(textsIn(found)).toEqual(['a', 'c']);
    const [refused] = refusedIn(found);
    expect(refused).toMatchObject({
      arrivedAt: T + 1,
      reason: { type: 'processing-failed', code: 'Kafka.RecordTooLarge' },
    });
    expect(refused?.data.length).toBe(101);
  });
});

describe("Kafka's own producer", () => {
  it('has its records read, whichever way it compresses them', async () => {
    // Batches in none, GZIP, Snappy, LZ4 and Zstandard by turns, as a broker of version 4.1.1 gave them.
    const golden = readFileSync(join(import.meta.dirname, 'fixtures/producer.bin'));
    const codecs = new Set<number>();
    for (let at = 0; at < golden.length; at += 12 + golden.readInt32BE(at + 8)) codecs.add(golden.readInt16BE(at + 21));

    const found = await pieces(golden, { recordMostBytes: 1_000 });

    expect([...codecs]).toEqual([0, 1, 2, 3, 4]);
    expect(refusedIn(found)).toEqual([]);
    const texts = textsIn(found);
    expect(texts.filter((text) => !/^0 \d+ x*$/.test(text))).toEqual([]);
    expect(texts.map((text) => Number(text.split(' ')[1]))).toEqual(Array.from({ length: 388 }, (_, i) => i));
  });
});

describe('a batch that cannot be read', () => {
  const good = { offset: 3, values: ['d'], writtenAt: T };
  const snappy = (records: Buffer) => Buffer.from(compressSync(records));

  it.each<readonly [string, BatchToMake]>([
    ['is no GZIP', { ...abc, codec: 1, compress: (records) => records }],
    ['is no Snappy', { ...abc, codec: 2, compress: (records) => Buffer.concat([Buffer.from([255]), records]) }],
    ['is no LZ4', { ...abc, codec: 3, compress: (records) => records }],
    ['is no Zstandard', { ...abc, codec: 4, compress: (records) => records }],
    ['has a codec that is not known', { ...abc, codec: 7 }],
    ['opens to more than it may', { ...abc, values: ['x'.repeat(65 * 1024 * 1024)], codec: 1 }],
    [
      'opens to more than it may, in Snappy',
      { ...abc, values: ['x'.repeat(65 * 1024 * 1024)], codec: 2, compress: snappy },
    ],
  ])('since it %s goes to the error output whole, and what is behind it is read', async (_, bad) => {
    const first = batchOf(bad);
    const found = await pieces(Buffer.concat([first, batchOf({ ...good, offset: bad.values.length })]));

    expect(textsIn(found)).toEqual(['d']);
    expect(refusedIn(found)).toMatchObject([{ reason: { code: 'Kafka.CorruptBatch' } }]);
    expect(first.equals(refusedIn(found)[0]?.data ?? Buffer.alloc(0))).toBe(true);
  });

  it('from some record on gives those before, and the rest goes to the error output', async () => {
    const bytes = batchOf(abc);
    bytes[bytes.length - 15] = 0x7f; // the length of the last value

    const found = await pieces(Buffer.concat([bytes, batchOf(good)]));

    expect(textsIn(found)).toEqual(['a', 'b', 'd']);
    expect(refusedIn(found)).toHaveLength(1);
  });

  it('of a format from before 2017 goes to the error output', async () => {
    const old = batchOf(abc);
    old.writeInt8(1, 16);

    expect(refusedIn(await pieces(old))).toMatchObject([{ reason: { code: 'Kafka.CorruptBatch' } }]);
  });

  it('never stops the service, whatever its bytes', async () => {
    const wrecked = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(wrecked, fc.integer({ min: 0, max: 4 }), async (hits, codec) => {
        const compress = codec === 2 ? snappy : undefined;
        const bytes = batches({ ...abc, codec, ...(compress && { compress }) }, good, { ...good, offset: 4 });
        for (const [at, value] of hits) if (at < bytes.length) bytes[at] = value;
        await pieces(bytes).catch((error) => expect(error).toMatchObject({ code: 'Kafka.BadAnswer' }));
      }),
      { numRuns: 300 },
    );
  });
});
