import assert from 'node:assert';
import { spawnSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { BatchBlock } from '../src/core/buffer.ts';
import { type RecordBlock, recordBlock } from '../src/core/records.ts';
import { type Converter, converter } from '../src/formats/conversion/converter.ts';
import { conversionOf } from '../src/formats/conversion/format-options.ts';
import { conversionThreads } from '../src/local/conversion/threads.ts';
import { LOG_TABLE, logRow } from './log-rows.ts';
import { type Row, table } from './table.ts';

/** The batch of Firehose's largest buffer. */
const BATCH_BYTES = 128 * 1024 * 1024;
const RUNS = 3;
/** Puts of 500 records of 1 KB, as the log has them: a block each. Some of them over and over, made before. */
const RECORDS_A_BLOCK = 500;
const RECORD_BYTES = 1_024;
const BLOCKS = 20;

const WHERE = ['on the event loop', 'on a thread', 'on threads, 4 at once'] as const;
type Where = (typeof WHERE)[number];

interface Measured {
  readonly jsonBytes: number;
  readonly seconds: number;
  readonly stallMs: number;
  readonly peakMib: number;
}

/** How long everything else in the process waits while a batch is converted, and how fast that is, here and there. */
export async function benchConversion(): Promise<Row[]> {
  const runs = Array.from({ length: RUNS }, () => WHERE.map(measuredApart));
  const best = WHERE.map((_, i) => runs.map((run) => run[i]!).reduce((a, b) => (a.seconds < b.seconds ? a : b)));
  const rates = best.map(({ jsonBytes, seconds }) => jsonBytes / seconds);
  return WHERE.map((where, i) => {
    const { stallMs, peakMib } = best[i]!; // one for each place
    const rate = rates[i]!;
    return {
      conversion: where,
      'longest stall ms': stallMs.toFixed(1),
      'JSON MB/s': Math.round(rate / 1e6),
      'of it': (rate / rates[0]!).toFixed(2),
      'peak RSS MiB': Math.round(peakMib),
    };
  });
}

function measuredApart(where: Where): Measured {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), where]);
  assert.equal(status, 0, stderr.toString());
  return JSON.parse(stdout.toString());
}

async function measured(where: Where): Promise<Measured> {
  const { input, output } = conversionOf({});
  const threads = conversionThreads();
  const make = where === 'on the event loop' ? converter : threads.converter;
  const atOnce = where === 'on threads, 4 at once' ? 4 : 1;
  const { convert } = make(LOG_TABLE, input, output);
  const made = Array.from({ length: BLOCKS }, (_, i) => block(i * RECORDS_A_BLOCK));
  await written({ convert }, blocks(made, BATCH_BYTES / 32)); // warm
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  const batches = Array.from({ length: atOnce }, () => written({ convert }, blocks(made, BATCH_BYTES)));
  const jsonBytes = (await Promise.all(batches)).reduce((a, b) => a + b, 0);
  const seconds = (performance.now() - begun) / 1_000;
  delay.disable();
  await threads.close();
  return { jsonBytes, seconds, stallMs: delay.max / 1e6, peakMib: process.resourceUsage().maxRSS / 1024 };
}

/** Converts, and resolves with how much JSON that was. */
async function written({ convert }: Converter, batch: AsyncIterable<BatchBlock>): Promise<number> {
  let jsonBytes = 0;
  async function* counted() {
    for await (const block of batch) {
      jsonBytes += block.data.length;
      yield block;
    }
  }
  for await (const _ of convert(counted(), ({ message }) => assert.fail(message)));
  return jsonBytes;
}

async function* blocks(made: readonly RecordBlock[], bytes: number): AsyncGenerator<BatchBlock> {
  for (let at = 0, i = 0; at < bytes; i++) {
    const block = made[i % made.length]!; // i % length
    // As from a disk: others have their turn in between.
    await new Promise(setImmediate);
    yield { ...block, place: i * RECORDS_A_BLOCK };
    at += block.data.length;
  }
}

function block(from: number): RecordBlock {
  return recordBlock(
    0,
    Array.from({ length: RECORDS_A_BLOCK }, (_, i) => {
      const row = logRow(from + i);
      const rest = RECORD_BYTES - Buffer.byteLength(JSON.stringify(row));
      return Buffer.from(JSON.stringify({ ...row, message: row.message + 'x'.repeat(Math.max(rest, 0)) }));
    }),
  );
}

const [, program, where] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  const known = WHERE.find((each) => each === where);
  console.log(known === undefined ? table(await benchConversion()) : JSON.stringify(await measured(known)));
}
