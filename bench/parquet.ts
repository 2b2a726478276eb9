import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parquetMetadata } from 'hyparquet';
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { compressSync } from 'snappy';
import type { BatchBlock } from '../src/core/buffer.ts';
import { converter } from '../src/formats/conversion/converter.ts';
import { conversionOf } from '../src/formats/conversion/format-options.ts';
import { LOG_TABLE, type LogRow, logBlock, RECORDS_A_BLOCK } from './log-rows.ts';
import { type Row, table } from './table.ts';

/** The batch of Firehose's largest buffer. */
const BATCH_BYTES = 128 * 1024 * 1024;
const RUNS = 3;

/** What the loop beside it takes at a time; with all rows at once it is a third slower. */
const ROWS_A_GROUP = 5_000;

type Writer = 'hydrant' | 'hyparquet-writer';

interface Measured {
  readonly rows: number;
  readonly jsonBytes: number;
  readonly seconds: number;
  readonly fileBytes: number;
  readonly peakMib: number;
}

/**
 * Log records to Parquet with Snappy, from JSON to the file's last byte, beside hyparquet-writer fed by a plain loop:
 * `JSON.parse` and a push into each column. Each run has a process of its own, because what one leaves in memory is
 * the other's.
 */
export async function benchParquet(): Promise<Row[]> {
  const writers: readonly Writer[] = ['hyparquet-writer', 'hydrant'];
  const best = new Map<Writer, Measured>();
  for (let run = 0; run < RUNS; run++) {
    for (const writer of writers) {
      const measured = measuredApart(writer);
      const before = best.get(writer);
      if (before === undefined || measured.seconds < before.seconds) best.set(writer, measured);
    }
  }
  const beside = best.get('hyparquet-writer');
  return writers.flatMap((writer) => {
    const measured = best.get(writer);
    if (measured === undefined || beside === undefined) return [];
    const { rows, jsonBytes, seconds, fileBytes, peakMib } = measured;
    return [
      {
        writer,
        'rows/s': Math.round(rows / seconds),
        'JSON MB/s': Math.round(jsonBytes / seconds / 1e6),
        'of it': (beside.seconds / seconds).toFixed(2),
        'file MB': (fileBytes / 1e6).toFixed(1),
        'peak RSS MiB': Math.round(peakMib),
      },
    ];
  });
}

function measuredApart(writer: Writer): Measured {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), writer]);
  assert.equal(status, 0, stderr.toString());
  return JSON.parse(stdout.toString());
}

/** Makes the batch's blocks as they are asked for, as the log reads them; the time that takes is not counted. */
async function measured(writer: Writer): Promise<Measured> {
  const write = { hydrant: withHydrant, 'hyparquet-writer': withLoop }[writer];
  let jsonBytes = 0;
  let rows = 0;
  let waited = 0;
  async function* blocks(): AsyncGenerator<BatchBlock> {
    for (let from = 0; jsonBytes < BATCH_BYTES; from += RECORDS_A_BLOCK) {
      const asked = performance.now();
      const block = logBlock(from);
      jsonBytes += block.data.length;
      rows += block.lengths.length;
      waited += performance.now() - asked;
      yield { ...block, place: from };
    }
  }
  const begun = performance.now();
  const fileBytes = await write(blocks());
  const seconds = (performance.now() - begun - waited) / 1_000;
  return { rows, jsonBytes, seconds, fileBytes, peakMib: process.resourceUsage().maxRSS / 1024 };
}

async function withHydrant(blocks: AsyncIterable<BatchBlock>): Promise<number> {
  const { input, output } = conversionOf({});
  const { convert } = converter(LOG_TABLE, input, output);
  let bytes = 0;
  for await (const piece of convert(blocks, (failure) => assert.fail(failure.message))) bytes += piece.length;
  return bytes;
}

async function withLoop(blocks: AsyncIterable<BatchBlock>): Promise<number> {
  const writer = new ByteWriter();
  let columns = emptyColumns();
  let pending = 0;
  let file: ParquetWriter | undefined;
  const flush = (): void => {
    const columnData = columns.map(({ name, type, data }) => ({ name, type, data, nullable: true }));
    file ??= new ParquetWriter({
      writer,
      schema: [...schemaFromColumnData({ columnData: columnData.slice(0, 12) }), ...NESTED].map((element, i) =>
        i === 0 ? { ...element, num_children: LOG_TABLE.columns.length } : element,
      ),
      codec: 'SNAPPY',
      compressors: { SNAPPY: (page) => compressSync(page) },
    });
    file.write({ columnData: columns.map(({ name, data }) => ({ name, data })), rowGroupSize: ROWS_A_GROUP });
    columns = emptyColumns();
    pending = 0;
  };
  for await (const { data, lengths } of blocks) {
    const text = Buffer.from(data.buffer, data.byteOffset, data.length);
    let at = 0;
    for (const length of lengths) {
      const row: LogRow = JSON.parse(text.toString('utf8', at, at + length));
      at += length;
      for (const column of columns) column.data.push(column.read(row));
      if (++pending === ROWS_A_GROUP) flush();
    }
  }
  if (pending > 0) flush();
  file?.finish();
  assert.ok(parquetMetadata(writer.getBuffer()).num_rows > 0n);
  return writer.offset;
}

interface LoopColumn {
  readonly name: string;
  readonly type: 'STRING' | 'TIMESTAMP' | 'INT32' | 'INT64' | 'DOUBLE' | 'BOOLEAN';
  readonly data: unknown[];
  readonly read: (row: LogRow) => unknown;
}

function emptyColumns(): readonly LoopColumn[] {
  return LOG_TABLE.columns.map(({ name, type }) => {
    const key = name as keyof LogRow; // The table's columns are the rows' members.
    if (type === 'timestamp') return { name, type: 'TIMESTAMP', data: [], read: (row) => new Date(row.ts) };
    if (type === 'bigint') return { name, type: 'INT64', data: [], read: (row) => BigInt(row.bytes) };
    const types = { int: 'INT32', double: 'DOUBLE', boolean: 'BOOLEAN' } as const;
    const simple = type === 'int' || type === 'double' || type === 'boolean' ? types[type] : 'STRING';
    return { name, type: simple, data: [], read: (row) => row[key] };
  });
}

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const;
const TEXT = { ...OPTIONAL, type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

/** What hyparquet-writer needs to be told of the columns that are more than a scalar. */
const NESTED = [
  { ...OPTIONAL, name: 'client', num_children: 5 },
  ...['ip', 'country', 'city', 'asn', 'referrer'].map((name) => ({ ...TEXT, name })),
  { ...OPTIONAL, name: 'tags', num_children: 1, converted_type: 'LIST' },
  { repetition_type: 'REPEATED', name: 'list', num_children: 1 },
  { ...TEXT, name: 'element' },
] as const;

const [, program, writer] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  if (writer === 'hydrant' || writer === 'hyparquet-writer') console.log(JSON.stringify(await measured(writer)));
  else console.log(table(await benchParquet()));
}
