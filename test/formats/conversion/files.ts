import { parquetReadObjects } from 'hyparquet';
import type { BatchBlock } from '../../../src/core/buffer.ts';
import { recordBlock } from '../../../src/core/records.ts';
import { type ConversionFailure, converter } from '../../../src/formats/conversion/converter.ts';
import { conversionOf, type InputFormat, type OutputFormat } from '../../../src/formats/conversion/format-options.ts';
import { collected } from '../chunks.ts';
import { compressors } from './decompressors.ts';

const DEFAULTS = conversionOf({});
export const OPENX: InputFormat = DEFAULTS.input;
export const HIVE: InputFormat = { kind: 'hive', timestampFormats: [] };
export const PARQUET: OutputFormat = DEFAULTS.output;

/** `{ id: 'int' }` as a table. */
export type Columns = Readonly<Record<string, string>>;

export interface Conversion {
  readonly file: Buffer;
  readonly failures: readonly ConversionFailure[];
}

export interface ConversionOptions {
  readonly input?: InputFormat;
  readonly output?: Partial<OutputFormat>;
  /** Records a block; all in one unless given. */
  readonly blockRecords?: number;
}

/** The records as a file. */
export async function convertedFile(
  columns: Columns,
  records: readonly (string | Uint8Array)[],
  { input = OPENX, output = {}, blockRecords = Infinity }: ConversionOptions = {},
): Promise<Conversion> {
  const failures: ConversionFailure[] = [];
  const table = { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) };
  const { convert } = converter(table, input, { ...PARQUET, ...output });
  const file = await collected(
    convert(batchOf(records, blockRecords), (failure) => {
      failures.push(failure);
    }),
  );
  return { file, failures };
}

/** The rows that hyparquet reads in the file of the records; the failures are left to `convertedFile`. */
export async function rowsOf(
  columns: Columns,
  records: readonly (string | Uint8Array)[],
  options: ConversionOptions = {},
): Promise<readonly Record<string, unknown>[]> {
  const { file } = await convertedFile(columns, records, options);
  return file.length === 0 ? [] : readRows(file);
}

export function readRows(file: Buffer): Promise<Record<string, unknown>[]> {
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer; // Never shared.
  return parquetReadObjects({ file: bytes, compressors, utf8: false });
}

async function* batchOf(records: readonly (string | Uint8Array)[], blockRecords: number): AsyncGenerator<BatchBlock> {
  for (let place = 0; place < records.length; place += blockRecords) {
    const block = records.slice(place, place + blockRecords).map((record) => Buffer.from(record));
    yield { ...recordBlock(0, block), place };
  }
}
