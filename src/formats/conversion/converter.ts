import { isUtf8 } from 'node:buffer';
import type { BatchBlock } from '../../core/buffer.ts';
import { ConfigError } from '../../core/errors.ts';
import { type Field, struct } from './fields.ts';
import type { InputFormat, OutputFormat } from './format-options.ts';
import { type HiveField, hiveType } from './hive-types.ts';
import { jsonReader, MALFORMED_DATA, type Malformed, OBJECT } from './json-tape.ts';
import { keyForm, keyNames } from './key-names.ts';
import type { Leaf } from './leaf.ts';
import { pageCodec } from './page-codec.ts';
import { parquetFile } from './parquet-file.ts';
import { scalarRules } from './scalar-rules.ts';
import type { Source } from './source.ts';
import { unescaper } from './unescape.ts';

/** Glue's columns: name and Hive type text, in order; partition columns are not written. */
export interface TableSchema {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** A record that could not be converted. */
export interface ConversionFailure {
  readonly place: number;
  /** As in Firehose's error records: `DataFormatConversion.ParseError` or `DataFormatConversion.MalformedData`. */
  readonly code: string;
  readonly message: string;
}

export interface Converter {
  /**
   * One Parquet file of the records, streamed in bounded memory: a row group's compressed pages at most, and a page of
   * each column. `failed` is called for each record that cannot be converted, in order; the others are written. Same
   * records, same bytes, however they are cut into blocks. A file of no rows is not written: yields nothing.
   *
   * May be called any number of times, also at once. A record of several objects is several rows; if one of them
   * cannot be converted, none is.
   */
  readonly convert: (
    blocks: AsyncIterable<BatchBlock>,
    failed: (failure: ConversionFailure) => void,
  ) => AsyncIterable<Uint8Array>;
}

/**
 * Converts JSON records to Parquet. Throws a ConfigError that names the column when its type is not one of Hive's, or
 * the pattern when it cannot be read.
 */
export function converter(schema: TableSchema, input: InputFormat, output: OutputFormat): Converter {
  const columns = tableColumns(schema);
  // Throws what is wrong with the patterns now, and not when the first record comes.
  scalarRules(input);
  return { convert: (blocks, failed) => convert({ columns, input, output }, blocks, failed) };
}

/** The schema, when every column has a type that can be written. Throws as `converter` does. */
export function checkedSchema(schema: TableSchema): TableSchema {
  tableColumns(schema);
  return schema;
}

interface Conversion {
  readonly columns: readonly HiveField[];
  readonly input: InputFormat;
  readonly output: OutputFormat;
}

async function* convert(
  { columns, input, output }: Conversion,
  blocks: AsyncIterable<BatchBlock>,
  failed: (failure: ConversionFailure) => void,
): AsyncGenerator<Uint8Array> {
  const codec = await pageCodec(output.compression);
  const rows = rowReader(columns, input, output);
  const file = parquetFile({ columns, leaves: rows.leaves, format: output, codec });
  for await (const block of blocks) {
    const bytes = Buffer.from(block.data.buffer, block.data.byteOffset, block.data.byteLength);
    const isText = isUtf8(bytes);
    let start = 0;
    for (const [i, length] of block.lengths.entries()) {
      const end = start + length;
      const problem =
        isText || isUtf8(bytes.subarray(start, end)) ? rows.add(bytes, start, end) : malformed('It is not UTF-8.');
      if (problem !== undefined) failed({ place: block.place + i, ...problem });
      else if (file.recordAdded(rows.added())) yield* file.closeGroup();
      start = end;
    }
    // Not more than a block's pages wait for their compression.
    await file.settled();
  }
  yield* file.end();
}

interface RowReader {
  readonly leaves: readonly Leaf[];
  /** Puts the record's rows into the leaves; when something is wrong with it, none of them, and says what. */
  readonly add: (bytes: Buffer, start: number, end: number) => Malformed | undefined;
  /** Rows of the last record. */
  readonly added: () => number;
}

function rowReader(columns: readonly HiveField[], input: InputFormat, output: OutputFormat): RowReader {
  const { tape, read } = jsonReader();
  const source: Source = {
    bytes: Buffer.alloc(0),
    tape,
    unescaped: unescaper(),
    rules: scalarRules(input),
    keyNames: (names) => keyNames(names, input),
    mapKey: keyForm({ ...input, ...(input.kind === 'openx' && { convertsDots: false }) }),
  };
  const leaves: Leaf[] = [];
  const place = { path: [], definition: 0, repetition: 0 };
  const row = struct(columns, place, { source, usesDictionary: output.usesDictionary, leaves });
  let added = 0;

  function add(bytes: Buffer, start: number, end: number): Malformed | undefined {
    source.bytes = bytes;
    const problem = read(bytes, start, end);
    if (problem !== undefined) return problem;
    if (tape.length === 0) return malformed('The record is empty.');
    added = 0;
    for (const leaf of leaves) leaf.mark();
    for (let at = 0; at < tape.length; at = tape.cells[at + 3]!) {
      const misfit = putRow(row, at);
      if (misfit !== undefined) {
        for (const leaf of leaves) leaf.rollback();
        return misfit;
      }
      added++;
    }
    return undefined;
  }

  function putRow(into: Field, at: number): Malformed | undefined {
    if (tape.cells[at] !== OBJECT) return malformed('A record must hold JSON objects, one behind the other.');
    const misfit = into.put(at, 0);
    return misfit === undefined ? undefined : malformed(`Data does not match the schema. ${misfit}`);
  }

  return { leaves, add, added: () => added };
}

function malformed(message: string): Malformed {
  return { code: MALFORMED_DATA, message };
}

function tableColumns({ columns }: TableSchema): readonly HiveField[] {
  if (columns.length === 0) throw new ConfigError('columns', 'a table to convert to needs at least one column');
  const names = new Set<string>();
  return columns.map(({ name, type }, i) => {
    const key = name.toLowerCase();
    if (name === '') throw new ConfigError(`columns[${i}].name`, 'a column has no name');
    if (names.has(key)) throw new ConfigError(`columns[${i}].name`, `there are two columns named ${name}`);
    names.add(key);
    return { name, type: hiveType(type, { name, field: `columns[${i}].type` }) };
  });
}
