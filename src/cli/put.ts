import { lines, RECORD_MOST_BYTES } from '../formats/lines.ts';
import { count, counted, seconds, size } from './amounts.ts';
import { type BatchLimits, batches } from './batches.ts';
import { client } from './client.ts';
import { progress } from './progress.ts';
import { sendBatch } from './send-batch.ts';
import { openSource } from './source.ts';

export interface PutOptions {
  readonly streamName: string;
  /** Absent or `-`: standard input. */
  readonly file?: string;
  readonly endpoint: string;
  readonly batch: BatchLimits;
  /** Calls under way at once. With more than one, records of different calls may change places. */
  readonly concurrency: number;
  readonly keepsNewline: boolean;
  readonly retryForMs: number;
}

/**
 * Sends each line of a file or of standard input as a record and resolves with the exit code: 0 when every line was
 * acknowledged, 1 when some were too long to be records. Throws when the service refuses, or stays away too long.
 */
export async function runPut(options: PutOptions): Promise<number> {
  const { streamName, batch, concurrency, keepsNewline, retryForMs } = options;
  const source = await openSource(options.file, 'file');
  const service = client(options.endpoint);
  const startedAt = Date.now();
  const total = { records: 0, bytes: 0, resent: 0, tooLong: 0 };
  const line = progress(process.stderr, streamName, source.sizeBytes);
  const rate = (): number => total.records / Math.max((Date.now() - startedAt) / 1_000, 0.001);

  const cut = batches(lines(source.bytes, { recordBytes: RECORD_MOST_BYTES, keepsNewline }), batch);
  const sending = { client: service, streamName, retryForMs, resent: (records: number) => (total.resent += records) };
  const worker = async (): Promise<void> => {
    // All workers take from the one generator, so that each batch is sent by one of them.
    for (let next = await cut.next(); next.done !== true; next = await cut.next()) {
      await sendBatch(next.value.records, sending);
      total.records += next.value.records.length;
      total.bytes += next.value.bytes;
      total.tooLong += next.value.tooLong;
      line.update(total.bytes, `${count(total.records)} records  ${size(total.bytes)}  ${count(rate())}/s`);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    line.end();
    service.close();
    const took = seconds(Date.now() - startedAt);
    const resent = total.resent > 0 ? `; ${count(total.resent)} sent again` : '';
    process.stdout.write(
      `${counted(total.records, 'record')} (${size(total.bytes)}) acknowledged by ${streamName} in ${took}, ${count(rate())}/s${resent}.\n`,
    );
  }
  if (total.tooLong === 0) return 0;
  process.stderr.write(
    `${counted(total.tooLong, 'line')} not sent, for being longer than ${count(RECORD_MOST_BYTES)} bytes.\n`,
  );
  return 1;
}
