import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  type ExtendedS3DestinationConfiguration,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
} from '@aws-sdk/client-firehose';
import { S3 } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { invoker } from '../../deploy/offline/invoke.ts';
import { s3Destination } from '../e2e/hydrant.ts';
import type { OfflineFunctions } from '../e2e/offline.ts';

const REGION = 'us-east-1';
export const DATA_KEY = { dataKey: 'a'.repeat(64) };
const ADMIN = { region: REGION, credentials: { accessKeyId: 'admin', secretAccessKey: 'any' } };
const LONG = { timeout: 120_000, interval: 500 };

/** Makes what the functions find in an account. Resolves with the ARNs of its secrets. */
export async function account(endpoint: string) {
  const s3 = new S3({ endpoint, forcePathStyle: true, ...ADMIN });
  for (const Bucket of ['hydrant-staging', 'lake']) await s3.createBucket({ Bucket });
  await ask(endpoint, 'glue', 'AWSGlue.CreateDatabase', { DatabaseInput: { Name: 'shop' } });
  const Columns = [{ Name: 'id', Type: 'bigint' }];
  const TableInput = { Name: 'orders', StorageDescriptor: { Columns } };
  await ask(endpoint, 'glue', 'AWSGlue.CreateTable', { DatabaseName: 'shop', TableInput });
  const secret = async (Name: string, value: object): Promise<string> => {
    const input = { Name, SecretString: JSON.stringify(value) };
    const { ARN } = await ask(endpoint, 'secretsmanager', 'secretsmanager.CreateSecret', input);
    return String(ARN);
  };
  return {
    dataKey: await secret('data-key', DATA_KEY),
    collector: await secret('hydrant-collector', { api_key: 'key' }),
    objects: async () => ((await s3.listObjectsV2({ Bucket: 'lake' })).Contents ?? []).map(({ Key = '' }) => Key),
  };
}

/** A call of an API that nobody checks the signature of. */
async function ask(endpoint: string, service: string, target: string, input: object): Promise<Record<string, unknown>> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=admin/20260101/${REGION}/${service}/aws4_request, Signature=any`,
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>; // as these APIs answer
}

type Destination = Partial<ExtendedS3DestinationConfiguration>;

const CONVERSION = (VersionId: string): Destination => ({
  DataFormatConversionConfiguration: {
    Enabled: true,
    SchemaConfiguration: {
      RoleARN: 'arn:aws:iam::000000000000:role/any',
      ...{ DatabaseName: 'shop', TableName: 'orders', Region: REGION, VersionId },
    },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  },
});

const TRANSFORM: Destination = {
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      {
        Type: 'Lambda',
        Parameters: [
          { ParameterName: 'LambdaArn', ParameterValue: `arn:aws:lambda:${REGION}:000000000000:function:clean` },
          { ParameterName: 'BufferSizeInMBs', ParameterValue: '1' },
          { ParameterName: 'BufferIntervalInSeconds', ParameterValue: '1' },
        ],
      },
    ],
  },
};

/** By their names: the size and interval to be delivered by, and the rest of the destination. */
const STREAMS: Readonly<Record<string, readonly [hints: readonly [number, number], more: Destination]>> = {
  plain: [[1, 1], {}],
  latest: [[64, 1], CONVERSION('LATEST')],
  version: [[64, 1], CONVERSION('1')],
  transformed: [[1, 1], TRANSFORM],
};

export interface Everything {
  readonly offline: OfflineFunctions;
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly account: Awaited<ReturnType<typeof account>>;
  /** Leaves what a put leaves whose function has died. */
  readonly cutOff: (streamName: string) => Promise<void>;
}

/** Has the functions do all that they can do, or nearly. */
export async function everything({ offline, key, account: { collector, objects }, cutOff }: Everything): Promise<void> {
  const client = new FirehoseClient({ endpoint: offline.url, region: REGION, credentials: key });
  for (const [DeliveryStreamName, [hints, more]] of Object.entries(STREAMS)) {
    const ExtendedS3DestinationConfiguration = s3Destination('lake', hints, {
      Prefix: `${DeliveryStreamName}/`,
      ...more,
    });
    await client.send(new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration }));
  }
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'posted',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: 'https://127.0.0.1:1/' },
        SecretsManagerConfiguration: { Enabled: true, SecretARN: collector },
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 },
        RetryOptions: { DurationInSeconds: 0 },
        S3BackupMode: 'FailedDataOnly',
        S3Configuration: s3Destination('lake', [1, 60], { Prefix: 'posted/' }),
      },
    }),
  );
  await client.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'dropped',
      ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900]),
    }),
  );

  for (const DeliveryStreamName of [...Object.keys(STREAMS), 'posted', 'dropped']) {
    // Some that are kept in the table, and some that are too large for it.
    for (const length of [1, 400_000]) {
      const Data = Buffer.from(`{"id":1,"pad":"${'x'.repeat(length)}"}\n`);
      await client.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: [{ Data }, { Data }] }));
    }
    await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }));
  }
  await client.send(new ListDeliveryStreamsCommand({}));
  await client.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 'dropped' }));

  const prefixes = async () => new Set((await objects()).map((name) => name.split('/')[0]));
  await expect.poll(prefixes, LONG).toEqual(new Set([...Object.keys(STREAMS), 'posted']));
  const invoke = invoker(offline.lambdaUrl);
  await cutOff('plain');
  // Once for the change, and once for the lanes that it fills.
  await invoke('hydrant-dev-sweep', {});
  await invoke('hydrant-dev-sweep', {});
  await invoke('hydrant-dev-sweep', { collect: true });
}
