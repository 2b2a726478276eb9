import { describe, expect, test } from 'vitest';
import { statusOf } from '../../src/api/streams/status.ts';
import { testApi } from '../kit/api.ts';
import { createInput, EXTENDED_S3 } from './inputs.ts';

const clicks = { DeliveryStreamName: 'clicks' };
const CREATE = createInput('ExtendedS3');

async function statusIn({ output }: ReturnType<typeof testApi>): Promise<unknown> {
  const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', clicks);
  return (DeliveryStreamDescription as { DeliveryStreamStatus: string }).DeliveryStreamStatus;
}

describe('a stream from create to gone', () => {
  test('is ACTIVE at once where transitions take no time', async () => {
    const firehose = testApi();
    await firehose.output('CreateDeliveryStream', CREATE);

    expect(await statusIn(firehose)).toBe('ACTIVE');
    expect(firehose.changed.map(({ name }) => name)).toEqual(['clicks']);
  });

  test('is CREATING until its time has come', async () => {
    const firehose = testApi({ transitionMs: 1_000 });
    await firehose.output('CreateDeliveryStream', CREATE);

    firehose.clock.now += 999;
    expect(await statusIn(firehose)).toBe('CREATING');

    firehose.clock.now += 1;
    expect(await statusIn(firehose)).toBe('ACTIVE');
  });

  test('cannot be deleted or updated while CREATING', async () => {
    const { output, call } = testApi({ transitionMs: 1_000 });
    await output('CreateDeliveryStream', CREATE);

    const deleted = await call('DeleteDeliveryStream', clicks);
    const updated = await call('UpdateDestination', {
      ...clicks,
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: {},
    });

    expect(deleted.body).toEqual({
      __type: 'ResourceInUseException',
      message: 'Firehose clicks under account 123456789012 cannot be deleted in CREATING state',
    });
    expect(updated.body).toEqual({
      __type: 'ResourceInUseException',
      message: 'Cannot update firehose: clicks when it is in CREATING status',
    });
  });

  test('is DELETING until its time has come, and its buffer is discarded at once', async () => {
    const firehose = testApi({ transitionMs: 1_000 });
    await firehose.output('CreateDeliveryStream', CREATE);
    firehose.clock.now += 1_000;

    await firehose.output('DeleteDeliveryStream', clicks);
    expect(firehose.discarded.map(({ id }) => id)).toEqual(['stream1']);
    expect(await statusIn(firehose)).toBe('DELETING');
    expect((await firehose.call('CreateDeliveryStream', CREATE)).body.__type).toBe('ResourceInUseException');

    firehose.clock.now += 1_000;
    expect((await firehose.call('DescribeDeliveryStream', clicks)).body.__type).toBe('ResourceNotFoundException');
    expect(await firehose.streams.list()).toEqual([]);
  });

  test('may be deleted again while DELETING, which changes nothing', async () => {
    const firehose = testApi({ transitionMs: 1_000 });
    await firehose.output('CreateDeliveryStream', CREATE);
    firehose.clock.now += 1_000;
    await firehose.output('DeleteDeliveryStream', clicks);
    firehose.clock.now += 500;

    await firehose.output('DeleteDeliveryStream', { ...clicks, AllowForceDelete: true });

    firehose.clock.now += 500;
    expect((await firehose.call('DescribeDeliveryStream', clicks)).body.__type).toBe('ResourceNotFoundException');
  });

  test('made again under its name once gone is another incarnation', async () => {
    const firehose = testApi({ transitionMs: 1_000 });
    await firehose.output('CreateDeliveryStream', CREATE);
    firehose.clock.now += 1_000;
    await firehose.output('DeleteDeliveryStream', clicks);
    firehose.clock.now += 1_000;

    await firehose.output('CreateDeliveryStream', CREATE);

    expect((await firehose.streams.list()).map(({ id }) => id)).toEqual(['stream2']);
    expect(firehose.discarded.map(({ id }) => id)).toEqual(['stream1', 'stream1']);
  });

  test('is gone at once where transitions take no time', async () => {
    const firehose = testApi();
    await firehose.output('CreateDeliveryStream', CREATE);

    await firehose.output('DeleteDeliveryStream', clicks);

    expect(await firehose.streams.list()).toEqual([]);
    expect(firehose.discarded.map(({ id }) => id)).toEqual(['stream1']);
    expect((await firehose.call('DeleteDeliveryStream', clicks)).body.__type).toBe('ResourceNotFoundException');
  });

  test('has a status at every moment', async () => {
    const firehose = testApi({ transitionMs: 10 });
    await firehose.output('CreateDeliveryStream', CREATE);
    const [stream] = await firehose.streams.list();
    const at = firehose.clock.now;

    const statuses = [at, at + 10].map((now) => statusOf(stream!, now)); // It was created above.
    const deleted = { ...stream!, goneAt: at + 30 };

    expect([...statuses, statusOf(deleted, at + 29), statusOf(deleted, at + 30)]).toEqual([
      'CREATING',
      'ACTIVE',
      'DELETING',
      'GONE',
    ]);
  });
});

describe('names', () => {
  test('one name is one stream, even when two ask for it at once', async () => {
    const { call } = testApi();

    const answers = await Promise.all([call('CreateDeliveryStream', CREATE), call('CreateDeliveryStream', CREATE)]);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(answers.find(({ status }) => status === 400)?.body).toEqual({
      __type: 'ResourceInUseException',
      message: 'Firehose clicks under accountId 123456789012 already exists',
    });
  });

  test.each(['__proto__', 'constructor', '..', 'a'.repeat(64)])('%s is a name like any other', async (name) => {
    const { output } = testApi();

    await output('CreateDeliveryStream', { ...CREATE, DeliveryStreamName: name });

    expect((await output('ListDeliveryStreams', {})).DeliveryStreamNames).toEqual([name]);
  });

  test.each(['a b', 'a/b', 'é', 'a\n'])('%j is none', async (name) => {
    const { body } = await testApi().call('CreateDeliveryStream', { ...CREATE, DeliveryStreamName: name });

    expect(body.message).toBe(
      "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    );
  });

  test('more streams than the quota are refused with the names that use it up', async () => {
    const { output, call } = testApi({ streamQuota: 2 });
    for (const name of ['b', 'a']) await output('CreateDeliveryStream', { ...CREATE, DeliveryStreamName: name });

    expect((await call('CreateDeliveryStream', CREATE)).body).toEqual({
      __type: 'LimitExceededException',
      message: 'You have already consumed your firehose quota of 2 hoses. Firehose names: [a, b]',
    });
  });

  test('a name that is taken is taken, whatever is left of the quota', async () => {
    const { output, call } = testApi({ streamQuota: 1 });
    await output('CreateDeliveryStream', CREATE);

    expect((await call('CreateDeliveryStream', CREATE)).body.__type).toBe('ResourceInUseException');
  });
});

describe('ListDeliveryStreams', () => {
  async function withStreams(names: readonly string[]) {
    const firehose = testApi();
    for (const DeliveryStreamName of names)
      await firehose.output('CreateDeliveryStream', { ...CREATE, DeliveryStreamName });
    return firehose;
  }

  test('gives ten names in byte order unless asked for more', async () => {
    const names = ['b', 'B', 'a', '_', '-', '.', '0', 'c', 'd', 'e', 'f'];
    const { output } = await withStreams(names);

    expect(await output('ListDeliveryStreams', {})).toEqual({
      DeliveryStreamNames: ['-', '.', '0', 'B', '_', 'a', 'b', 'c', 'd', 'e'],
      HasMoreDeliveryStreams: true,
    });
    expect((await output('ListDeliveryStreams', { Limit: 11 })).HasMoreDeliveryStreams).toBe(false);
  });

  test('goes on after a name, which need not exist', async () => {
    const { output } = await withStreams(['a', 'c', 'd']);

    expect(await output('ListDeliveryStreams', { Limit: 1, ExclusiveStartDeliveryStreamName: 'b' })).toEqual({
      DeliveryStreamNames: ['c'],
      HasMoreDeliveryStreams: true,
    });
    expect(await output('ListDeliveryStreams', { ExclusiveStartDeliveryStreamName: 'd' })).toEqual({
      DeliveryStreamNames: [],
      HasMoreDeliveryStreams: false,
    });
  });

  test('can be limited to streams of one source', async () => {
    const { output } = await withStreams(['direct']);
    await output('CreateDeliveryStream', {
      DeliveryStreamName: 'kinesis',
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: {
        KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
        RoleARN: EXTENDED_S3.RoleARN,
      },
      ExtendedS3DestinationConfiguration: EXTENDED_S3,
    });

    const listed = await output('ListDeliveryStreams', { DeliveryStreamType: 'KinesisStreamAsSource' });

    expect(listed.DeliveryStreamNames).toEqual(['kinesis']);
  });
});
