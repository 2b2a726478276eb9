import { CreateDeliveryStreamCommand, type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { EVENTS, eventLine, STREAMS, type StreamName, streamOf } from './events.ts';

export const BUCKET = 'lake';
const CONCURRENCY = 6;
const BATCH_RECORDS = 500;

/** Three streams into one bucket, each under prefixes that Hive, Athena, Spark and DuckDB read as partitions. */
export async function createStreams(sdk: FirehoseClient): Promise<void> {
  const hive = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/';
  for (const name of STREAMS) {
    await sdk.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: name,
        ExtendedS3DestinationConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/firehose',
          BucketARN: `arn:aws:s3:::${BUCKET}`,
          Prefix: `${name}/${hive}`,
          ErrorOutputPrefix: `errors/${name}/!{firehose:error-output-type}/`,
          BufferingHints: { SizeInMBs: 4, IntervalInSeconds: 60 },
          CompressionFormat: 'GZIP',
        },
      }),
    );
  }
}

/**
 * Sends every event once, a few calls at a time, and resolves with their bytes. What is refused for now is sent again.
 */
export async function sendEvents(sdk: FirehoseClient, sent: (events: number, bytes: number) => void): Promise<number> {
  const batches = eachBatch();
  const total = { events: 0, bytes: 0 };
  const sender = async (): Promise<void> => {
    for (const { name, lines } of batches) {
      await put(sdk, name, lines);
      total.events += lines.length;
      for (const line of lines) total.bytes += line.length;
      sent(total.events, total.bytes);
    }
  };
  // All senders draw from one generator.
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
  return total.bytes;
}

interface EventBatch {
  readonly name: StreamName;
  readonly lines: readonly Buffer[];
}

function* eachBatch(): Generator<EventBatch> {
  const waiting: Record<StreamName, Buffer[]> = { 'page-views': [], orders: [], sensors: [] };
  for (let number = 0; number < EVENTS; number++) {
    const name = streamOf(number);
    waiting[name].push(Buffer.from(eventLine(number)));
    if (waiting[name].length < BATCH_RECORDS) continue;
    yield { name, lines: waiting[name] };
    waiting[name] = [];
  }
  for (const name of STREAMS) if (waiting[name].length > 0) yield { name, lines: waiting[name] };
}

async function put(sdk: FirehoseClient, name: StreamName, lines: readonly Buffer[]): Promise<void> {
  let left = lines;
  while (left.length > 0) {
    const Records = left.map((Data) => ({ Data }));
    const { RequestResponses = [] } = await sdk.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records }));
    left = left.filter((_, i) => RequestResponses[i]?.RecordId === undefined);
  }
}
