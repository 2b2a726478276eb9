import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Line } from '../formats/lines.ts';
import type { ApiCall } from '../local/api-call.ts';
import { loadConfig } from '../local/config.ts';
import { openRehearsal } from '../local/preview/rehearsal.ts';
import { type Settings, settled } from '../local/settings.ts';
import { checkMembers } from '../local/stream-members.ts';
import { batches } from './batches.ts';
import { previewJson } from './preview-json.ts';
import { previewText } from './preview-text.ts';
import { readSamples, type Samples } from './samples.ts';
import { sendBatch } from './send-batch.ts';
import { openSource } from './source.ts';

export interface PreviewOptions {
  /** One of these two says what the stream is. */
  readonly streamFile?: string | undefined;
  readonly streamName?: string | undefined;
  readonly inputFile: string;
  readonly configFile?: string | undefined;
  readonly rowsMost: number;
  /** Ms since the epoch. */
  readonly arrivedAt: number;
  readonly keepsNewline: boolean;
  readonly asJson: boolean;
}

/**
 * Shows what the stream makes of the sample records, in the real service on a data folder of its own that is gone
 * afterwards. Resolves with the exit code: 0 when no record fails, 1 when some do. Throws the `ConfigError` of what is
 * wrong with the stream or the configuration.
 */
export async function runPreview(options: PreviewOptions): Promise<number> {
  const { rowsMost, arrivedAt } = options;
  refuseTwiceStdin(options);
  const config = await loadConfig({
    folder: process.cwd(),
    ...(options.configFile !== undefined && { named: options.configFile }),
  });
  const settings = settled(process.cwd(), {}, config.settings);
  const { stream, at } = await streamOf(options, settings);
  checkMembers(stream, at);
  const samples = await readSamples(await openSource(options.inputFile, '--input'), options);

  const dataFolder = temporaryFolder();
  const rehearsal = await openRehearsal({ settings, stream, at, arrivedAt, dataFolder, rowsMost });
  try {
    const { streamName } = rehearsal;
    await put(samples, streamName, rehearsal.call);
    const outcome = await rehearsal.outcome();
    const preview = { streamName, arrivedAt, samples, rowsMost, outcome };
    const width = process.stdout.columns ?? WIDTH;
    process.stdout.write(options.asJson ? previewJson(preview) : previewText(preview, width));
    return outcome.failures.length + outcome.stuck.length + samples.tooLong > 0 ? 1 : 0;
  } finally {
    await rehearsal.close();
  }
}

/** Where no terminal says its own. */
const WIDTH = 120;

function refuseTwiceStdin({ streamFile, streamName, inputFile }: PreviewOptions): void {
  if ((streamFile === undefined) === (streamName === undefined)) {
    throw new ConfigError('--stream', 'give either --stream with a file, or --stream-name with a name.');
  }
  if (streamFile === '-' && inputFile === '-') {
    throw new ConfigError('--input', 'standard input can be the stream or the records, not both.');
  }
}

interface NamedStream {
  readonly stream: JsonObject;
  /** How messages call it. */
  readonly at: string;
}

async function streamOf({ streamFile, streamName }: PreviewOptions, settings: Settings): Promise<NamedStream> {
  if (streamFile !== undefined) return { stream: await readStream(streamFile), at: 'stream' };
  const { streams } = settings;
  const i = streams.findIndex(({ DeliveryStreamName }) => DeliveryStreamName === streamName);
  const stream = streams[i];
  if (stream !== undefined) return { stream, at: `streams[${i}]` };
  const names = streams.map(({ DeliveryStreamName }) => String(DeliveryStreamName)).join(', ');
  const known = names === '' ? 'it has none' : `it has ${names}`;
  throw new ConfigError('--stream-name', `the configuration has no stream ${streamName}: ${known}.`);
}

async function readStream(file: string): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await openSource(file, '--stream')).bytes) chunks.push(chunk);
  let stream: unknown;
  try {
    stream = JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new ConfigError('--stream', `${file} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (isJsonObject(stream)) return stream;
  throw new ConfigError('--stream', `${file} must hold an object, the input of CreateDeliveryStream.`);
}

/** Gone when the process ends, in whatever way it can notice. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hydrant-preview-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return folder;
}

/** AWS's limits of one PutRecordBatch. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const BATCH_LIMITS = { records: 500, bytes: 4 * 1024 * 1024 };

async function put({ records }: Samples, streamName: string, call: ApiCall): Promise<void> {
  const client = { call };
  for await (const batch of batches(eachOf(records), BATCH_LIMITS)) {
    await sendBatch(batch.records, { client, streamName, retryForMs: 0, resent: () => {} });
  }
}

async function* eachOf(records: Samples['records']): AsyncGenerator<Line> {
  yield* records;
}
