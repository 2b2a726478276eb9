import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  ResourceNotFoundException,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import { describe, expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { EXTENDED_S3 } from './inputs.ts';
import { KEY, sdkTo } from './sdk-client.ts';

describe.each([
  ['where no key was given out', []],
  ['with a key', [KEY]],
])('the AWS SDK, %s,', (_, keys) => {
  const sdk = () => {
    const firehose = testApi({}, keys);
    return { firehose, ...sdkTo(firehose, KEY) };
  };

  test('creates, describes, updates, tags, lists and deletes a stream', async () => {
    const { client, firehose } = sdk();
    const name = { DeliveryStreamName: 'clicks' };

    const created = await client.send(
      new CreateDeliveryStreamCommand({ ...name, ExtendedS3DestinationConfiguration: EXTENDED_S3 }),
    );
    expect(created.DeliveryStreamARN).toBe('arn:aws:firehose:eu-central-1:123456789012:deliverystream/clicks');

    await client.send(
      new UpdateDestinationCommand({
        ...name,
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: { CompressionFormat: 'GZIP' },
      }),
    );
    const { DeliveryStreamDescription } = await client.send(new DescribeDeliveryStreamCommand(name));
    expect(DeliveryStreamDescription?.VersionId).toBe('2');
    expect(DeliveryStreamDescription?.CreateTimestamp).toEqual(new Date(firehose.clock.now));
    expect(DeliveryStreamDescription?.Destinations?.[0]?.S3DestinationDescription?.CompressionFormat).toBe('GZIP');

    await client.send(new TagDeliveryStreamCommand({ ...name, Tags: [{ Key: 'team', Value: 'a' }, { Key: 'b' }] }));
    await client.send(new UntagDeliveryStreamCommand({ ...name, TagKeys: ['b'] }));
    const { Tags } = await client.send(new ListTagsForDeliveryStreamCommand(name));
    expect(Tags).toEqual([{ Key: 'team', Value: 'a' }]);

    await client.send(new DeleteDeliveryStreamCommand(name));
    expect((await client.send(new ListDeliveryStreamsCommand({}))).DeliveryStreamNames).toEqual([]);
  });

  test('puts records', async () => {
    const { client, firehose } = sdk();
    const name = { DeliveryStreamName: 'clicks' };
    await client.send(new CreateDeliveryStreamCommand({ ...name, ExtendedS3DestinationConfiguration: EXTENDED_S3 }));

    const one = await client.send(new PutRecordCommand({ ...name, Record: { Data: Buffer.from('one') } }));
    firehose.clock.now += 1;
    const many = await client.send(
      new PutRecordBatchCommand({ ...name, Records: [{ Data: Buffer.from('two') }, { Data: Buffer.from('three') }] }),
    );

    expect(one.RecordId).toBeTruthy();
    expect(many.RequestResponses).toHaveLength(2);
    expect(await firehose.taken()).toEqual(['one', 'two', 'three']);
  });

  test('throws the error that was answered', async () => {
    const { client } = sdk();

    const error = await client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 'nope' })).catch((e) => e);

    expect(error).toBeInstanceOf(ResourceNotFoundException);
    expect(error.message).toBe('Firehose nope under account 123456789012 not found.');
    expect(error.$metadata.requestId).toBe('00000000-0000-4000-8000-000000000001');
  });
});
