import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  type FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { apiRequest, testApi } from '../../kit/api.ts';
import { EXTENDED_S3 } from '../inputs.ts';
import { KEY, sdkTo } from '../sdk-client.ts';

const PRODUCER = {
  ...KEY,
  accessKeyId: 'AKIDPRODUCER',
  userName: 'producer',
  actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
  streams: ['clicks', 'orders-*'],
};

/** An API with streams, an owner's client and a producer's. */
async function withProducer() {
  const firehose = testApi({}, [KEY, PRODUCER]);
  const owner = sdkTo(firehose, KEY);
  const producer = sdkTo(firehose, PRODUCER);
  for (const DeliveryStreamName of ['clicks', 'orders-eu', 'secret']) {
    await owner.client.send(
      new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration: EXTENDED_S3 }),
    );
  }
  return { firehose, owner, producer };
}

const Data = Buffer.from('x');
const put = (client: FirehoseClient, DeliveryStreamName: string) =>
  client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data } }));
const putBatch = (client: FirehoseClient, DeliveryStreamName: string) =>
  client.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: [{ Data }] }));

const denied = (action: string, name: string) => ({
  name: 'AccessDeniedException',
  $metadata: { httpStatusCode: 400 },
  message: `User: arn:aws:iam::123456789012:user/producer is not authorized to perform: firehose:${action} on resource: arn:aws:firehose:eu-central-1:123456789012:deliverystream/${name} because no identity-based policy allows the firehose:${action} action`,
});

describe('a key for puts into some streams', () => {
  it('puts into them', async () => {
    const { firehose, producer } = await withProducer();

    await put(producer.client, 'clicks');
    await putBatch(producer.client, 'orders-eu');

    expect(await firehose.taken()).toEqual(['x', 'x']);
  });

  it('puts into no other, and does not learn which there are', async () => {
    const { firehose, producer } = await withProducer();

    await expect(put(producer.client, 'secret')).rejects.toMatchObject(denied('PutRecord', 'secret'));
    await expect(put(producer.client, 'absent')).rejects.toMatchObject(denied('PutRecord', 'absent'));
    await expect(putBatch(producer.client, 'secret')).rejects.toMatchObject(denied('PutRecordBatch', 'secret'));
    expect(await firehose.taken()).toEqual([]);
  });

  it('does nothing else', async () => {
    const { producer, firehose } = await withProducer();
    const name = { DeliveryStreamName: 'clicks' };

    await expect(producer.client.send(new DescribeDeliveryStreamCommand(name))).rejects.toMatchObject(
      denied('DescribeDeliveryStream', 'clicks'),
    );
    await expect(producer.client.send(new DeleteDeliveryStreamCommand(name))).rejects.toMatchObject(
      denied('DeleteDeliveryStream', 'clicks'),
    );
    await expect(producer.client.send(new ListDeliveryStreamsCommand({}))).rejects.toMatchObject(
      denied('ListDeliveryStreams', '*'),
    );
    expect((await firehose.streams.list()).map(({ name: each }) => each)).toEqual(['clicks', 'orders-eu', 'secret']);
  });
});

it('a key for some streams does not list, whatever stream the request says it is about', async () => {
  const limited = { ...KEY, streams: ['clicks'] };
  const firehose = testApi({}, [limited]);
  const { client, sent } = sdkTo(firehose, limited);
  client.middlewareStack.add(
    (next) => (call) => {
      const request = call.request as { body: string | Uint8Array; headers: Record<string, string> }; // as built so far
      request.body = '{"DeliveryStreamName":"clicks"}';
      request.headers['content-length'] = String(request.body.length);
      return next(call);
    },
    { step: 'build', priority: 'low' },
  );

  await expect(client.send(new ListDeliveryStreamsCommand({}))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  expect(Buffer.from(sent[0]?.body ?? []).toString()).toBe('{"DeliveryStreamName":"clicks"}');
});

it('who has no name for the stream is told so, not let in', async () => {
  const { client } = sdkTo(testApi({}, [PRODUCER]), PRODUCER);

  // The type forbids what a client may send all the same.
  await expect(
    client.send(new DescribeDeliveryStreamCommand({} as { DeliveryStreamName: string })),
  ).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
});

it('a request that came through a gateway is checked against the path that was signed', async () => {
  const { firehose, owner } = await withProducer();
  await owner.client.send(new ListDeliveryStreamsCommand({}));
  const request = owner.sent.at(-1)!; // it has just been sent

  const direct = await firehose.send({ ...request, signedUrl: '/' });
  const moved = await firehose.send({ ...request, signedUrl: '/prod/' });

  expect([direct.status, moved.status, moved.body.__type]).toEqual([200, 400, 'InvalidSignatureException']);
});

it('a request that is sent again is taken while its signature is good, and never with another body', async () => {
  const { firehose, owner } = await withProducer();
  await put(owner.client, 'clicks');
  const request = owner.sent.at(-1)!; // it has just been sent

  const again = await firehose.send(request);
  const changed = await firehose.send({ ...request, body: Buffer.from(String(request.body).replace('eA==', 'eQ==')) });
  firehose.clock.now += 5 * 60_000 + 1_000;
  const late = await firehose.send(request);

  expect(again.status).toBe(200);
  expect([changed, late].map(({ status, body }) => [status, body.__type])).toEqual([
    [400, 'InvalidSignatureException'],
    [400, 'InvalidSignatureException'],
  ]);
  expect(late.body.message).toMatch(/^Signature expired: /);
  expect(await firehose.taken()).toEqual(['x', 'x']);
});

describe('the log of refused calls', () => {
  it('says who called, what for, and why not, and holds no secret', async () => {
    const { firehose, producer } = await withProducer();

    await expect(put(producer.client, 'secret')).rejects.toThrow();
    await firehose.send({ ...apiRequest('PutRecord', {}), from: '192.0.2.7' });

    expect(firehose.warnings.map(({ fields }) => fields)).toEqual([
      {
        code: 'AccessDeniedException',
        reason: expect.stringContaining('not authorized to perform: firehose:PutRecord'),
        call: 'Firehose_20150804.PutRecord',
        action: 'firehose:PutRecord',
        accessKeyId: 'AKIDPRODUCER',
        userName: 'producer',
      },
      {
        code: 'MissingAuthenticationTokenException',
        reason: 'Missing Authentication Token',
        call: 'Firehose_20150804.PutRecord',
        from: '192.0.2.7',
      },
    ]);
    expect(JSON.stringify(firehose.warnings)).not.toContain(KEY.secretAccessKey);
  });

  it('names the key that a request with a wrong signature claims', async () => {
    const firehose = testApi({}, [KEY]);
    const { client } = sdkTo(firehose, { ...KEY, secretAccessKey: 'a wrong secret' });

    await expect(client.send(new ListDeliveryStreamsCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });

    expect(firehose.warnings).toMatchObject([
      { fields: { code: 'InvalidSignatureException', accessKeyId: KEY.accessKeyId } },
    ]);
  });

  it('has twenty lines a minute, and then says how many there would have been', async () => {
    const firehose = testApi({}, [KEY]);
    const unsigned = apiRequest('ListDeliveryStreams', {});

    for (let i = 0; i < 50; i++) await firehose.send(unsigned);
    expect(firehose.warnings).toHaveLength(20);
    firehose.clock.now += 60_000;
    await firehose.send(unsigned);

    expect(firehose.warnings).toHaveLength(21);
    expect(firehose.warnings.at(-1)?.fields).toMatchObject({ leftOut: '30' });
  });
});
