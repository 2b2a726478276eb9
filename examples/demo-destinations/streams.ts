import {
  CreateDeliveryStreamCommand,
  type CreateDeliveryStreamCommandInput,
  type FirehoseClient,
  PutRecordBatchCommand,
} from '@aws-sdk/client-firehose';
import { eventOf } from './events.ts';

export const BUCKET = 'demo';

export interface Places {
  readonly http: string;
  readonly splunk: string;
  readonly search: string;
  readonly loki: string;
  readonly folder: string;
}

const RoleARN = 'arn:aws:iam::000000000000:role/firehose';
const HINTS = { SizeInMBs: 1, IntervalInSeconds: 60 };
/** Longer than the demo: nothing is given up but what the far side refuses. */
const RETRY = { DurationInSeconds: 7_200 };

/** One stream for each destination, named for it. All have their error output in the same bucket. */
export function streamsTo(places: Places): readonly CreateDeliveryStreamCommandInput[] {
  const backup = (name: string) => ({
    RoleARN,
    BucketARN: `arn:aws:s3:::${BUCKET}`,
    ErrorOutputPrefix: `failed/${name}/`,
    BufferingHints: HINTS,
  });
  const endpoint = (name: string, Url: string) => ({
    DeliveryStreamName: name,
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url },
      BufferingHints: HINTS,
      RetryOptions: RETRY,
      S3Configuration: backup(name),
    },
  });
  return [
    { DeliveryStreamName: 's3', ExtendedS3DestinationConfiguration: { ...backup('s3'), Prefix: 'events/s3/' } },
    endpoint('http-endpoint', places.http),
    {
      DeliveryStreamName: 'splunk',
      SplunkDestinationConfiguration: {
        HECEndpoint: places.splunk,
        HECEndpointType: 'Event',
        HECToken: '00000000-0000-0000-0000-000000000000',
        BufferingHints: HINTS,
        RetryOptions: RETRY,
        S3Configuration: backup('splunk'),
      },
    },
    {
      DeliveryStreamName: 'opensearch',
      AmazonopensearchserviceDestinationConfiguration: {
        RoleARN,
        ClusterEndpoint: places.search,
        IndexName: 'events',
        BufferingHints: HINTS,
        RetryOptions: RETRY,
        S3Configuration: backup('opensearch'),
      },
    },
    endpoint('loki', places.loki.replace('http:', 'loki:')),
    endpoint('file', places.folder),
  ];
}

export async function createStreams(
  sdk: FirehoseClient,
  streams: readonly CreateDeliveryStreamCommandInput[],
): Promise<void> {
  for (const stream of streams) await sdk.send(new CreateDeliveryStreamCommand(stream));
}

const BATCH_RECORDS = 500;

/** Puts the events from one number up to another to every stream. What is refused for now is sent again. */
export async function sendEvents(sdk: FirehoseClient, names: readonly string[], [from, to]: readonly [number, number]) {
  for (let first = from; first < to; first += BATCH_RECORDS) {
    const length = Math.min(BATCH_RECORDS, to - first);
    const records = Array.from({ length }, (_, i) => Buffer.from(`${eventOf(first + i)}\n`));
    await Promise.all(names.map((name) => put(sdk, name, records)));
  }
}

async function put(sdk: FirehoseClient, name: string, records: readonly Buffer[]): Promise<void> {
  let left = records;
  while (left.length > 0) {
    const Records = left.map((Data) => ({ Data }));
    const { RequestResponses = [] } = await sdk.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records }));
    left = left.filter((_, i) => RequestResponses[i]?.RecordId === undefined);
  }
}
