import type { Dictionary } from './dictionary.ts';
import type { OutputFormat } from './format-options.ts';
import { type GrowingBytes, growingBytes, putByte, putBytes, putInt32, written } from './growing-bytes.ts';
import type { Leaf } from './leaf.ts';
import type { PageCodec } from './page-codec.ts';
import { BOOLEAN } from './physical.ts';
import { putRunLengths, widthOf } from './run-lengths.ts';
import { bool, i32, struct, type ThriftField, type ThriftValue } from './thrift.ts';

/** Parquet's numbers for encodings and page types. */
export const PLAIN = 0;
export const PLAIN_DICTIONARY = 2;
export const RLE = 3;
export const RLE_DICTIONARY = 8;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

/** A page on its way through the codec. */
export interface Page {
  readonly header: (rawBytes: number, compressedBytes: number) => ThriftValue;
  /** What stands before the compressed part: the levels of version 2. */
  readonly levels: Buffer;
  readonly rawBytes: number;
  readonly body: Promise<Buffer>;
}

export interface LevelCounts {
  readonly levels: number;
  /** Values that are there. */
  readonly present: number;
  readonly rows: number;
}

export function countLevels({ definitions, repetitions, shape }: Leaf): LevelCounts {
  const levels = definitions.length;
  let present = 0;
  for (let i = 0; i < levels; i++) if (definitions.room[i] === shape.maxDefinition) present++;
  let rows = levels;
  for (let i = 0; i < repetitions.length; i++) if (repetitions.room[i] !== 0) rows--;
  return { levels, present, rows };
}

interface PageOptions {
  readonly format: OutputFormat;
  readonly codec: PageCodec;
}

export function dataPage(leaf: Leaf, counts: LevelCounts, options: PageOptions): Page {
  return options.format.writerVersion === 'V1' ? dataPageV1(leaf, counts, options) : dataPageV2(leaf, counts, options);
}

/** Levels and values are compressed together, each kind of level behind its length. */
function dataPageV1(leaf: Leaf, counts: LevelCounts, { codec }: PageOptions): Page {
  const raw = growingBytes();
  const { maxRepetition, maxDefinition } = leaf.shape;
  if (maxRepetition > 0) putWithLength(raw, encodedLevels(leaf.repetitions, maxRepetition));
  putWithLength(raw, encodedLevels(leaf.definitions, maxDefinition));
  putValues(raw, leaf);
  const encoding = leaf.dictionary() === undefined ? PLAIN : PLAIN_DICTIONARY;
  const own: readonly ThriftField[] = [
    [1, i32(counts.levels)],
    [2, i32(encoding)],
    [3, i32(RLE)],
    [4, i32(RLE)],
  ];
  return {
    header: (rawBytes, size) => pageHeader(DATA_PAGE, { rawBytes, size, field: 5, own }),
    levels: Buffer.alloc(0),
    rawBytes: raw.length,
    body: codec.compress(written(raw)),
  };
}

/** Levels stay uncompressed, so that a reader can skip by them. */
function dataPageV2(leaf: Leaf, counts: LevelCounts, { codec }: PageOptions): Page {
  const { maxRepetition, maxDefinition } = leaf.shape;
  const repetitions = maxRepetition > 0 ? encodedLevels(leaf.repetitions, maxRepetition) : Buffer.alloc(0);
  const definitions = encodedLevels(leaf.definitions, maxDefinition);
  const raw = growingBytes();
  putValues(raw, leaf);
  const encoding = leaf.dictionary() === undefined ? PLAIN : RLE_DICTIONARY;
  // Some readers fail on the compressed form of nothing.
  const isCompressed = codec.number !== 0 && raw.length > 0;
  const own: readonly ThriftField[] = [
    [1, i32(counts.levels)],
    [2, i32(counts.levels - counts.present)],
    [3, i32(counts.rows)],
    [4, i32(encoding)],
    [5, i32(definitions.length)],
    [6, i32(repetitions.length)],
    [7, bool(isCompressed)],
  ];
  const levels = Buffer.concat([repetitions, definitions]);
  return {
    header: (rawBytes, size) => pageHeader(DATA_PAGE_V2, { rawBytes, size, field: 8, own }),
    levels,
    rawBytes: levels.length + raw.length,
    body: isCompressed ? codec.compress(written(raw)) : Promise.resolve(written(raw)),
  };
}

export function dictionaryPage(entries: Dictionary, { format, codec }: PageOptions): Page {
  const plain = Buffer.from(written(entries.entries));
  const own: readonly ThriftField[] = [
    [1, i32(entries.size())],
    [2, i32(format.writerVersion === 'V1' ? PLAIN_DICTIONARY : PLAIN)],
  ];
  return {
    header: (rawBytes, size) => pageHeader(DICTIONARY_PAGE, { rawBytes, size, field: 7, own }),
    levels: Buffer.alloc(0),
    rawBytes: plain.length,
    body: codec.compress(plain),
  };
}

interface PageHeader {
  readonly rawBytes: number;
  readonly size: number;
  /** The field of the header that belongs to this type of page, and what is in it. */
  readonly field: number;
  readonly own: readonly ThriftField[];
}

function pageHeader(type: number, { rawBytes, size, field, own }: PageHeader): ThriftValue {
  return struct([
    [1, i32(type)],
    [2, i32(rawBytes)],
    [3, i32(size)],
    [field, struct(own)],
  ]);
}

function encodedLevels(levels: GrowingBytes, most: number): Buffer {
  const bytes = growingBytes();
  putRunLengths(bytes, levels.room, { count: levels.length, width: widthOf(most) });
  return written(bytes);
}

function putWithLength(into: GrowingBytes, bytes: Buffer): void {
  putInt32(into, bytes.length);
  putBytes(into, bytes, 0, bytes.length);
}

function putValues(into: GrowingBytes, leaf: Leaf): void {
  const { values, shape } = leaf;
  const entries = leaf.dictionary();
  if (entries !== undefined) putPlaces(into, values, entries.size());
  else if (shape.physical.type === BOOLEAN) putBits(into, values);
  else putBytes(into, values.room, 0, values.length);
}

/** Places in the dictionary behind the number of bits that each takes, at least one: some readers know no none. */
function putPlaces(into: GrowingBytes, values: GrowingBytes, entries: number): void {
  const places = new Int32Array(values.length / 4);
  for (let i = 0; i < places.length; i++) places[i] = values.room.readInt32LE(i * 4);
  const width = Math.max(1, widthOf(entries - 1));
  putByte(into, width);
  putRunLengths(into, places, { count: places.length, width });
}

function putBits(into: GrowingBytes, values: GrowingBytes): void {
  for (let at = 0; at < values.length; at += 8) {
    let bits = 0;
    for (let i = at; i < Math.min(at + 8, values.length); i++) bits |= values.room[i]! << (i - at); // i < length
    putByte(into, bits);
  }
}
