import {
  ConcurrentModificationException,
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  ResourceNotFoundException,
  StopDeliveryStreamEncryptionCommand,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

describe('the AWS SDK for JavaScript', () => {
  let folder: string;
  let endpoint: string;
  let sdk: FirehoseClient;
  let created = 0;
  let DeliveryStreamName: string;

  beforeAll(async () => {
    folder = await newFolder();
    endpoint = (await start(folder)).url;
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    sdk = new FirehoseClient({ endpoint, region: 'eu-central-1', credentials });
    return () => sdk.destroy();
  });

  beforeEach(async () => {
    DeliveryStreamName = `stream-${++created}`;
    const ExtendedS3DestinationConfiguration = s3Destination(DeliveryStreamName, [1, 900]);
    await sdk.send(new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration }));
  });

  const describeStream = async () => {
    const { DeliveryStreamDescription } = await sdk.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }));
    return DeliveryStreamDescription;
  };

  it('creates a stream in the region it signs for, and describes it', async () => {
    expect(await describeStream()).toMatchObject({
      DeliveryStreamARN: `arn:aws:firehose:eu-central-1:000000000000:deliverystream/${DeliveryStreamName}`,
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamType: 'DirectPut',
      VersionId: '1',
      CreateTimestamp: expect.any(Date),
      Destinations: [
        {
          DestinationId: 'destinationId-000000000001',
          ExtendedS3DestinationDescription: {
            BucketARN: `arn:aws:s3:::${DeliveryStreamName}`,
            BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
            CompressionFormat: 'UNCOMPRESSED',
          },
        },
      ],
    });
  });

  it('puts a record and a batch, and they are in the bucket', async () => {
    const Data = (text: string) => Buffer.from(text);
    const single = await sdk.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Data('one\n') } }));
    const batch = await sdk.send(
      new PutRecordBatchCommand({ DeliveryStreamName, Records: [{ Data: Data('two\n') }, { Data: Data('three\n') }] }),
    );

    expect(single).toMatchObject({ RecordId: expect.any(String), Encrypted: false });
    expect(batch).toMatchObject({ FailedPutCount: 0, Encrypted: false });
    expect(new Set(batch.RequestResponses?.map(({ RecordId }) => RecordId)).size).toBe(2);
    await hydrant(['flush', DeliveryStreamName, '--endpoint', endpoint]);
    expect(await linesIn(folder, DeliveryStreamName)).toEqual(['one', 'two', 'three']);
  });

  it('updates the destination', async () => {
    const update = {
      DeliveryStreamName,
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: { Prefix: 'new/', CompressionFormat: 'GZIP' as const },
    };
    await sdk.send(new UpdateDestinationCommand(update));

    expect(await describeStream()).toMatchObject({
      VersionId: '2',
      LastUpdateTimestamp: expect.any(Date),
      Destinations: [{ ExtendedS3DestinationDescription: { Prefix: 'new/', CompressionFormat: 'GZIP' } }],
    });
    await expect(sdk.send(new UpdateDestinationCommand(update))).rejects.toBeInstanceOf(
      ConcurrentModificationException,
    );
  });

  it('tags, lists tags and untags', async () => {
    const Tags = [
      { Key: 'team', Value: 'web' },
      { Key: 'cost', Value: '7' },
    ];
    const tagsNow = async () => (await sdk.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName }))).Tags;

    await sdk.send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags }));
    expect(await tagsNow()).toEqual([Tags[1], Tags[0]]);
    await sdk.send(new UntagDeliveryStreamCommand({ DeliveryStreamName, TagKeys: ['team'] }));
    expect(await tagsNow()).toEqual([Tags[1]]);
  });

  it('lists streams, and a deleted one is gone', async () => {
    const namesNow = async () => (await sdk.send(new ListDeliveryStreamsCommand({ Limit: 100 }))).DeliveryStreamNames;

    expect(await namesNow()).toContain(DeliveryStreamName);
    await sdk.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }));
    expect(await namesNow()).not.toContain(DeliveryStreamName);
    await expect(describeStream()).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it('stops encryption, which was never on', async () => {
    await sdk.send(new StopDeliveryStreamEncryptionCommand({ DeliveryStreamName }));

    expect(await describeStream()).toMatchObject({ DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' } });
  });

  it("gets AWS's error for what is wrong, with its status and a request id", async () => {
    const Records = Array.from({ length: 501 }, () => ({ Data: Buffer.from('x') }));

    await expect(sdk.send(new PutRecordBatchCommand({ DeliveryStreamName, Records }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("Value at 'records' failed to satisfy constraint"),
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });
});
