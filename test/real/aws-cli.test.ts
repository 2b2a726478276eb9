import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, linesIn } from '../e2e/hydrant.ts';
import { hydrantFor, WITH_AND_WITHOUT_KEYS } from './endpoint.ts';
import { itWith, tool } from './tools.ts';

const aws = tool('the AWS CLI', 'pip install awscli', ['aws', '--version']);

describe.each(WITH_AND_WITHOUT_KEYS)('the AWS CLI, %s,', (_, asksForKey) => {
  let service: Awaited<ReturnType<typeof hydrantFor>>;
  beforeAll(async () => {
    build();
    service = await hydrantFor({}, { asksForKey });
    return service.clear;
  });

  const STREAM = ['--delivery-stream-name', 'clicks'];

  /** What `aws firehose …` prints, as JSON; fails when it fails. */
  function firehose(...args: readonly string[]) {
    const { status, stdout, stderr } = service.run('aws', ['firehose', ...args, '--output', 'json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.trim() === '' ? {} : JSON.parse(stdout);
  }

  const refused = (...args: readonly string[]) => service.run('aws', ['firehose', ...args]).stderr;

  itWith([aws], 'takes a stream through its whole life', async () => {
    const destination = 'RoleARN=arn:aws:iam::000000000000:role/any,BucketARN=arn:aws:s3:::lake';
    expect(
      firehose('create-delivery-stream', ...STREAM, '--extended-s3-destination-configuration', destination),
    ).toEqual({ DeliveryStreamARN: 'arn:aws:firehose:eu-central-1:000000000000:deliverystream/clicks' });

    expect(firehose('put-record', ...STREAM, '--record', 'Data=YQo=')).toMatchObject({ Encrypted: false });
    expect(firehose('put-record-batch', ...STREAM, '--records', '[{"Data":"Ygo="},{"Data":"Ywo="}]')).toMatchObject({
      FailedPutCount: 0,
      RequestResponses: [{ RecordId: expect.any(String) }, { RecordId: expect.any(String) }],
    });
    await hydrant(['flush', 'clicks', '--endpoint', service.url], { env: service.env });
    // Version 2 takes blobs in base64, version 1 as they are and joins them without a newline.
    expect((await linesIn(service.folder, 'lake')).join(',')).toMatch(/^(a,b,c|YQo=Ygo=Ywo=)$/);

    const { DeliveryStreamDescription } = firehose('describe-delivery-stream', ...STREAM);
    expect(DeliveryStreamDescription).toMatchObject({ DeliveryStreamStatus: 'ACTIVE', VersionId: '1' });
    firehose(
      'update-destination',
      ...STREAM,
      '--current-delivery-stream-version-id',
      '1',
      '--destination-id',
      'destinationId-000000000001',
      '--extended-s3-destination-update',
      'Prefix=new/',
    );
    expect(firehose('describe-delivery-stream', ...STREAM)).toMatchObject({
      DeliveryStreamDescription: {
        VersionId: '2',
        Destinations: [{ ExtendedS3DestinationDescription: { Prefix: 'new/' } }],
      },
    });

    firehose('tag-delivery-stream', ...STREAM, '--tags', 'Key=team,Value=web', 'Key=cost,Value=7');
    firehose('untag-delivery-stream', ...STREAM, '--tag-keys', 'cost');
    expect(firehose('list-tags-for-delivery-stream', ...STREAM)).toEqual({
      Tags: [{ Key: 'team', Value: 'web' }],
      HasMoreTags: false,
    });

    expect(firehose('list-delivery-streams')).toEqual({
      DeliveryStreamNames: ['clicks'],
      HasMoreDeliveryStreams: false,
    });
    firehose('delete-delivery-stream', ...STREAM);
    expect(firehose('list-delivery-streams')).toEqual({ DeliveryStreamNames: [], HasMoreDeliveryStreams: false });
  });

  itWith([aws], "prints AWS's errors", async () => {
    expect(refused('describe-delivery-stream', '--delivery-stream-name', 'nobody')).toContain(
      'An error occurred (ResourceNotFoundException) when calling the DescribeDeliveryStream operation: Firehose nobody under account 000000000000 not found.',
    );
    expect(
      refused(
        'create-delivery-stream',
        '--delivery-stream-name',
        'bad',
        '--s3-destination-configuration',
        'RoleARN=x,BucketARN=y',
      ),
    ).toContain('(ValidationException) when calling the CreateDeliveryStream operation: 2 validation errors detected');
  });
});
