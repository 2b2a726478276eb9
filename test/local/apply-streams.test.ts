import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { applyStreams } from '../../src/local/apply-streams.ts';
import { checkStreamMembers } from '../../src/local/stream-members.ts';
import { createInput, destinationIn, EXTENDED_S3, LEAST, ROLE } from '../api/inputs.ts';
import { testApi } from '../kit/api.ts';

const KINDS = Object.keys(LEAST) as readonly DestinationKind[]; // its own keys

function world() {
  const api = testApi();
  return {
    ...api,
    apply: (...streams: readonly JsonObject[]) => applyStreams(streams, api.handle),
    describe: () => api.output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' }),
  };
}

describe('streams of the configuration', () => {
  it.each(KINDS)('are created where absent, and the second time left alone: %s', async (kind) => {
    const { apply, describe } = world();

    expect(await apply(createInput(kind))).toEqual([{ name: 'clicks', outcome: 'created' }]);
    expect(await apply(createInput(kind))).toEqual([{ name: 'clicks', outcome: 'unchanged' }]);

    expect(await describe()).toMatchObject({ DeliveryStreamDescription: { VersionId: '1' } });
  });

  it('are updated where different, and keep what the file does not mention', async () => {
    const { apply, describe } = world();
    await apply(createInput('ExtendedS3', { Prefix: 'a/', CompressionFormat: 'GZIP' }));

    const applied = await apply(createInput('ExtendedS3', { Prefix: 'b/' }));

    expect(applied).toEqual([{ name: 'clicks', outcome: 'updated' }]);
    const description = await describe();
    expect(description).toMatchObject({ DeliveryStreamDescription: { VersionId: '2' } });
    expect(destinationIn(description).ExtendedS3DestinationDescription).toMatchObject({
      Prefix: 'b/',
      CompressionFormat: 'GZIP',
    });
  });

  it('may be given in the old S3 form', async () => {
    const { apply, describe } = world();
    await apply(createInput('S3'));

    await apply(createInput('S3', { Prefix: 'new/' }));

    expect(destinationIn(await describe()).S3DestinationDescription).toMatchObject({ Prefix: 'new/' });
  });

  it('have the buckets of their backups updated too', async () => {
    const { apply, describe } = world();
    await apply(createInput('HttpEndpoint'));

    await apply(createInput('HttpEndpoint', { S3Configuration: { ...EXTENDED_S3, Prefix: 'failed/' } }));

    expect(destinationIn(await describe()).HttpEndpointDestinationDescription).toMatchObject({
      S3DestinationDescription: { Prefix: 'failed/' },
    });
  });

  it('gain the tags that are given', async () => {
    const { apply, output } = world();
    await apply(createInput('ExtendedS3', {}, { Tags: [{ Key: 'team', Value: 'web' }] }));

    await apply(createInput('ExtendedS3', {}, { Tags: [{ Key: 'cost', Value: '7' }] }));

    expect(await output('ListTagsForDeliveryStream', { DeliveryStreamName: 'clicks' })).toMatchObject({
      Tags: [
        { Key: 'cost', Value: '7' },
        { Key: 'team', Value: 'web' },
      ],
    });
  });

  it('may have null for what they do not give, as generated files do', async () => {
    const { apply } = world();
    const stream = createInput(
      'ExtendedS3',
      { Prefix: null },
      { DeliveryStreamType: null, KinesisStreamSourceConfiguration: null, Tags: null },
    );
    await apply({ ...stream, DeliveryStreamEncryptionConfigurationInput: null });

    expect(await apply({ ...stream, DeliveryStreamEncryptionConfigurationInput: null })).toEqual([
      { name: 'clicks', outcome: 'unchanged' },
    ]);
  });

  it('that are still CREATING or DELETING are left to the next start', async () => {
    const api = testApi({ transitionMs: 1_000 });
    const apply = () => applyStreams([createInput('ExtendedS3', { Prefix: 'p/' })], api.handle);
    await api.output('CreateDeliveryStream', createInput('ExtendedS3'));

    expect(await apply()).toMatchObject([{ outcome: 'in transition' }]);
    api.clock.now += 1_000;
    expect(await apply()).toMatchObject([{ outcome: 'updated' }]);
  });
});

describe('a stream that cannot be is named with its place in the file', () => {
  const field = (field: string, message: RegExp) => ({
    name: 'ConfigError',
    field,
    message: expect.stringMatching(message),
  });

  it('by the member that breaks a rule, as the file spells it', async () => {
    const { apply } = world();
    const bad = createInput('ExtendedS3', { CompressionFormat: 'SNAPPY' });

    await expect(apply(createInput('ExtendedS3', {}, { DeliveryStreamName: 'first' }), bad)).rejects.toMatchObject(
      field('streams[1].ExtendedS3DestinationConfiguration.CompressionFormat', /enum value set/),
    );
  });

  it('in lists by the index, from 0', async () => {
    const { apply } = world();
    const Tags = [{ Key: 'team' }, { Value: 'web' }];

    await expect(apply(createInput('ExtendedS3', {}, { Tags }))).rejects.toMatchObject(
      field('streams[0].Tags[1].Key', /must not be null/),
    );
  });

  it('in an update as in a create', async () => {
    const { apply } = world();
    await apply(createInput('HttpEndpoint'));

    const bad = createInput('HttpEndpoint', { S3Configuration: { RoleARN: ROLE, BucketARN: 'lake' } });
    await expect(apply(bad)).rejects.toMatchObject(
      field('streams[0].HttpEndpointDestinationConfiguration.S3Configuration.BucketARN', /pattern/),
    );
  });

  it('with every path when there are several faults', async () => {
    const { apply } = world();
    const bad = createInput('ExtendedS3', { CompressionFormat: 'SNAPPY', BucketARN: 'lake' });

    await expect(apply(bad)).rejects.toMatchObject(
      field(
        'streams[0]',
        /^(?=.*'streams\[0\]\.ExtendedS3DestinationConfiguration\.BucketARN').*'streams\[0\]\.ExtendedS3DestinationConfiguration\.CompressionFormat'/,
      ),
    );
  });

  it("with AWS's words when members contradict each other", async () => {
    const { apply } = world();

    await expect(apply({ DeliveryStreamName: 'clicks' })).rejects.toMatchObject(
      field('streams[0]', /Exactly one destination configuration is supported/),
    );
    await expect(apply({})).rejects.toMatchObject(field('streams[0].DeliveryStreamName', /must not be null/));
  });

  it('when a member was given for good at create', async () => {
    const { apply } = world();
    await apply(createInput('Amazonopensearchservice'));

    await expect(apply(createInput('Amazonopensearchservice', { S3BackupMode: 'AllDocuments' }))).rejects.toMatchObject(
      field('streams[0].AmazonopensearchserviceDestinationConfiguration.S3BackupMode', /cannot be changed/),
    );
  });

  it('when encryption is asked for that cannot be done, whether the stream exists or not', async () => {
    const { apply } = world();
    const encrypted = createInput(
      'ExtendedS3',
      {},
      { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } },
    );
    const refused = { field: 'streams[0]', message: expect.stringContaining('cannot encrypt') };

    await expect(apply(encrypted)).rejects.toMatchObject(refused);
    await apply(createInput('ExtendedS3'));
    await expect(apply(encrypted)).rejects.toMatchObject(refused);
  });

  it('when its type is another', async () => {
    const { apply } = world();
    const KinesisStreamSourceConfiguration = {
      KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/clicks',
      RoleARN: ROLE,
    };
    const sourced = { DeliveryStreamType: 'KinesisStreamAsSource', KinesisStreamSourceConfiguration };
    await apply(createInput('ExtendedS3', {}, sourced));

    await expect(apply(createInput('ExtendedS3'))).rejects.toMatchObject(
      field('streams[0].DeliveryStreamType', /cannot be changed/),
    );
    const other = { ...KinesisStreamSourceConfiguration, RoleARN: `${ROLE}2` };
    await expect(
      apply(createInput('ExtendedS3', {}, { ...sourced, KinesisStreamSourceConfiguration: other })),
    ).rejects.toMatchObject(field('streams[0].KinesisStreamSourceConfiguration', /cannot be changed/));
    expect(await apply(createInput('ExtendedS3', {}, sourced))).toMatchObject([{ outcome: 'unchanged' }]);
  });
});

describe('a typing mistake in a stream is named with its path', () => {
  it.each<[string, JsonObject, string]>([
    [
      'at the top',
      { DeliverStreamName: 'x' },
      "streams[1].DeliverStreamName: there is no such member. Did you mean 'DeliveryStreamName'?",
    ],
    [
      'deep inside',
      createInput('ExtendedS3', { BufferingHints: { SizeInMB: 5 } }),
      "streams[1].ExtendedS3DestinationConfiguration.BufferingHints.SizeInMB: there is no such member. Did you mean 'SizeInMBs'?",
    ],
    [
      'in a list',
      { Tags: [{ Key: 'a' }, { key: 'b' }] },
      "streams[1].Tags[1].key: there is no such member. Did you mean 'Key'?",
    ],
    [
      'in our own member',
      { Hydrant: { Compression: 'zstd' } },
      'streams[1].Hydrant.Compression: there is no such member.',
    ],
  ])('%s', (_, stream, message) => {
    expect(() => checkStreamMembers([{}, stream])).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
  });

  it('and so is a name given twice', () => {
    const streams = [{ DeliveryStreamName: 'a' }, { DeliveryStreamName: 'b' }, { DeliveryStreamName: 'a' }];

    expect(() => checkStreamMembers(streams)).toThrow(
      'streams[2].DeliveryStreamName: streams[0] has the name a already.',
    );
  });

  it.each(KINDS)('while every member of AWS is known: %s', (kind) => {
    expect(() => checkStreamMembers([createInput(kind)])).not.toThrow();
  });
});
