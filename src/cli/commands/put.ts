import { Command } from 'commander';
import { durationMs, wholeNumber } from '../../local/setting.ts';
import { DEFAULT_ENDPOINT } from '../client.ts';
import { type Flag, flag } from '../flag.ts';

/** AWS's limits of one PutRecordBatch. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const BATCH_MOST_RECORDS = 500;
const BATCH_MOST_BYTES = 4 * 1024 * 1024;
/** One record of the largest size fits. */
const BATCH_LEAST_BYTES = 1_024_000;
const CONCURRENCY_MOST = 64;
const LONGEST_RETRY_MS = 24 * 3_600_000;

const FLAGS: readonly Flag[] = [
  {
    flags: '--batch-records <number>',
    description: 'records in one call',
    setting: wholeNumber(1, BATCH_MOST_RECORDS),
    byDefault: BATCH_MOST_RECORDS,
  },
  {
    flags: '--batch-bytes <number>',
    description: 'bytes in one call, before base64',
    setting: wholeNumber(BATCH_LEAST_BYTES, BATCH_MOST_BYTES),
    byDefault: BATCH_MOST_BYTES,
  },
  {
    flags: '--concurrency <number>',
    description: 'calls at once; 1 keeps the order of lines',
    setting: wholeNumber(1, CONCURRENCY_MOST),
    byDefault: 4,
  },
  {
    flags: '--retry-for <time>',
    description: 'how long to try without any progress, such as 30s or 5m (in ms)',
    setting: durationMs(LONGEST_RETRY_MS),
    byDefault: 120_000,
  },
];

/** `hydrant put`: sends lines as records. */
export function putCommand(): Command {
  const command = new Command('put')
    .description('Send each line of a file, or of standard input, as a record. What is refused for now is sent again.')
    .argument('<stream>', "the delivery stream's name")
    .argument('[file]', 'file to read; standard input when absent or -')
    .option('--endpoint <url>', 'where Hydrant listens', DEFAULT_ENDPOINT);
  for (const each of FLAGS) command.addOption(flag(each));
  return command
    .option(
      '--no-newline',
      'send lines without the newline that ends them; they keep it, so that objects are lines too',
    )
    .action(async (streamName: string, file: string | undefined, options) => {
      const { endpoint, batchRecords, batchBytes, concurrency, retryFor, newline } = options;
      const { runPut } = await import('../put.ts');
      process.exitCode = await runPut({
        streamName,
        ...(file !== undefined && { file }),
        endpoint,
        batch: { records: batchRecords, bytes: batchBytes },
        concurrency,
        retryForMs: retryFor,
        keepsNewline: newline,
      });
    });
}
