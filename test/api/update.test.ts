import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { testApi } from '../kit/api.ts';
import {
  BACKUP,
  createInput,
  DATABASE_SOURCE,
  destinationIn,
  KMS_KEY,
  LAMBDA_ARN,
  LEAST,
  processing,
  processor,
  ROLE,
} from './inputs.ts';

const ID = 'destinationId-000000000001';
const clicks = { DeliveryStreamName: 'clicks' };

/** A stream of this kind, and how to update and look at it. */
async function stream(kind: DestinationKind, changes: JsonObject = {}, settings = {}, source: JsonObject = {}) {
  const firehose = testApi(settings);
  await firehose.output('CreateDeliveryStream', createInput(kind, changes, source));
  firehose.changed.length = 0;
  firehose.clock.now += 1_000;

  return {
    ...firehose,
    update: (update: JsonObject, others: JsonObject = {}, updateKind: string = kind) =>
      firehose.call('UpdateDestination', {
        ...clicks,
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: ID,
        [`${updateKind}DestinationUpdate`]: update,
        ...others,
      }),
    async described(): Promise<JsonObject> {
      return (await firehose.output('DescribeDeliveryStream', clicks)).DeliveryStreamDescription as JsonObject;
    },
    async destination(as: string = kind): Promise<JsonObject> {
      return destinationIn(await firehose.output('DescribeDeliveryStream', clicks))[`${as}DestinationDescription`]!; // of the kind asked for
    },
  };
}

describe('an update', () => {
  test('that changes something adds 1 to the version, is dated and told to the host', async () => {
    const { update, described, clock, changed } = await stream('ExtendedS3');

    expect(await update({ Prefix: 'a/' })).toMatchObject({ status: 200, body: {} });

    expect(await described()).toMatchObject({ VersionId: '2', LastUpdateTimestamp: clock.now / 1_000 });
    expect(changed.map(({ version }) => version)).toEqual([2]);
  });

  test.each<[string, JsonObject]>([
    ['nothing', {}],
    [
      'what is there already',
      { ...LEAST.ExtendedS3, CompressionFormat: 'UNCOMPRESSED', BufferingHints: { SizeInMBs: 5 } },
    ],
  ])('of %s leaves the version and the date', async (_, update) => {
    const { update: send, described, changed } = await stream('ExtendedS3');

    expect((await send(update)).status).toBe(200);

    expect(await described()).toMatchObject({ VersionId: '1' });
    expect(await described()).not.toHaveProperty('LastUpdateTimestamp');
    expect(changed).toEqual([]);
  });

  test('that fails leaves everything', async () => {
    const { update, streams } = await stream('ExtendedS3');
    const before = await streams.get('clicks');

    const { status } = await update({ Prefix: 'b/', ErrorOutputPrefix: '!{timestamp:yyyy}/' });

    expect(status).toBe(400);
    expect(await streams.get('clicks')).toBe(before);
  });

  test('of a stale version is refused, so that of two at once one wins', async () => {
    const { update } = await stream('ExtendedS3');

    const answers = await Promise.all([update({ Prefix: 'a/' }), update({ Prefix: 'b/' })]);

    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(answers[1]?.body).toEqual({
      __type: 'ConcurrentModificationException',
      message:
        'Cannot update firehose: clicks since the current version id: 2 and specified version id: 1 do not match',
    });
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    [
      'of another destination',
      {},
      { DestinationId: 'destinationId-000000000002' },
      'Destination Id destinationId-000000000002 not found',
    ],
    [
      'by both S3 forms',
      {},
      { S3DestinationUpdate: {} },
      'Exactly one of s3DestinationUpdate or extendedS3DestinationUpdate must be specified.',
    ],
    [
      'to two types',
      {},
      { SplunkDestinationUpdate: {} },
      'Exactly one destination configuration is supported for a Firehose',
    ],
    [
      'to an HTTP endpoint',
      {},
      { ExtendedS3DestinationUpdate: null, HttpEndpointDestinationUpdate: {} },
      'Changing the destination type to or from HttpEndpoint is not supported at this time.',
    ],
    [
      'to Elasticsearch',
      {},
      { ExtendedS3DestinationUpdate: null, ElasticsearchDestinationUpdate: {} },
      'Changing the destination type to or from Elasticsearch is not supported at this time.',
    ],
    [
      'to backup without a bucket',
      { S3BackupMode: 'Enabled' },
      {},
      'S3 backup destination configuration is required when enabling S3 backup.',
    ],
    [
      'to backup with half a bucket',
      { S3BackupUpdate: { RoleARN: ROLE } },
      {},
      'S3 backup destination configuration is required when enabling S3 backup.',
    ],
    [
      'to partition',
      { DynamicPartitioningConfiguration: { Enabled: true } },
      {},
      'Dynamic Partitioning cannot be enabled or disabled for an existing delivery stream.',
    ],
    [
      'to decompress, without a Lambda function',
      { ProcessingConfiguration: processing(processor('Decompression', { CompressionFormat: 'GZIP' })) },
      {},
      'Enabling source decompression is not supported for existing stream with no Lambda function attached.',
    ],
    [
      'by nothing',
      {},
      { ExtendedS3DestinationUpdate: null },
      'At least one destination or source configuration update must be provided',
    ],
  ])('%s is refused', async (_, update, others, message) => {
    const { update: send } = await stream('ExtendedS3');

    expect((await send(update, others)).body).toEqual({ __type: 'InvalidArgumentException', message });
  });

  test('of an unknown stream says so', async () => {
    const { update } = await stream('ExtendedS3');

    expect((await update({}, { DeliveryStreamName: 'nope' })).body.__type).toBe('ResourceNotFoundException');
  });

  test('with faults of shape names the update', async () => {
    const { update } = await stream('ExtendedS3');

    expect((await update({ CompressionFormat: 'gzip' })).body.message).toContain(
      "'extendedS3DestinationUpdate.compressionFormat'",
    );
  });

  test('to encryption this host cannot do is refused', async () => {
    const { update, described } = await stream('ExtendedS3', {}, { encryptedBy: () => undefined });

    const { body } = await update({ EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS_KEY } } });

    expect(body.message).toContain('Objects cannot be encrypted under the KMS key');
    expect(await described()).toMatchObject({ VersionId: '1' });
  });
});

describe('what an update merges', () => {
  test('members left out stay, members given replace', async () => {
    const { update, destination } = await stream('ExtendedS3', { Prefix: 'a/', ErrorOutputPrefix: 'e/' });

    await update({ Prefix: '', CompressionFormat: 'GZIP' });

    expect(await destination()).toMatchObject({ Prefix: '', ErrorOutputPrefix: 'e/', CompressionFormat: 'GZIP' });
  });

  test('buffering hints and logging options merge member by member', async () => {
    const { update, destination } = await stream('ExtendedS3', {
      BufferingHints: { SizeInMBs: 7, IntervalInSeconds: 70 },
      CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 's' },
    });

    await update({ BufferingHints: { IntervalInSeconds: 80 }, CloudWatchLoggingOptions: { LogStreamName: 't' } });

    expect(await destination()).toMatchObject({
      BufferingHints: { SizeInMBs: 7, IntervalInSeconds: 80 },
      CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 't' },
    });
  });

  test('processing is replaced whole, but for its switch', async () => {
    const ProcessingConfiguration = processing(processor('Lambda', { LambdaArn: LAMBDA_ARN }));
    const { update, destination } = await stream('ExtendedS3', { ProcessingConfiguration });

    await update({ ProcessingConfiguration: { Processors: [processor('AppendDelimiterToRecord')] } });
    expect((await destination()).ProcessingConfiguration).toEqual(processing(processor('AppendDelimiterToRecord')));

    await update({ ProcessingConfiguration: { Enabled: false } }, { CurrentDeliveryStreamVersionId: '2' });
    expect((await destination()).ProcessingConfiguration).toEqual({ Enabled: false });
  });

  test('an empty block leaves what is in it', async () => {
    const { update, destination } = await stream('HttpEndpoint', { RetryOptions: { DurationInSeconds: 7 } });

    await update({ RetryOptions: {} });

    expect((await destination()).RetryOptions).toEqual({ DurationInSeconds: 7 });
  });

  test("the role of a Lambda function is settled when it is given, whatever the destination's role becomes", async () => {
    const ProcessingConfiguration = processing(processor('Lambda', { LambdaArn: LAMBDA_ARN }));
    const { update, destination } = await stream('ExtendedS3', { ProcessingConfiguration });

    await update({ RoleARN: `${ROLE}2` });

    expect(JSON.stringify((await destination()).ProcessingConfiguration)).toContain(
      `{"ParameterName":"RoleArn","ParameterValue":"${ROLE}"}`,
    );
  });

  const CONVERSION = {
    SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'd', TableName: 't' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  };

  test('conversion merges down into its schema', async () => {
    const { update, destination } = await stream('ExtendedS3', { DataFormatConversionConfiguration: CONVERSION });

    await update({ DataFormatConversionConfiguration: { SchemaConfiguration: { TableName: 'u' } } });

    expect((await destination()).DataFormatConversionConfiguration).toEqual({
      ...CONVERSION,
      SchemaConfiguration: { ...CONVERSION.SchemaConfiguration, TableName: 'u' },
      Enabled: true,
    });
  });

  test('conversion cannot be switched on over the stored 5 MB', async () => {
    const { update } = await stream('ExtendedS3');
    const message = 'BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.';

    expect((await update({ DataFormatConversionConfiguration: CONVERSION })).body.message).toBe(message);
    expect(
      (await update({ DataFormatConversionConfiguration: CONVERSION, BufferingHints: { SizeInMBs: 64 } })).status,
    ).toBe(200);
  });

  test('the plain S3 update reaches an extended destination', async () => {
    const { update, destination } = await stream('ExtendedS3', { FileExtension: '.log' });

    await update({ Prefix: 'p/' }, {}, 'S3');

    expect(await destination()).toMatchObject({ Prefix: 'p/', FileExtension: '.log' });
    expect(await destination('S3')).toMatchObject({ Prefix: 'p/' });
  });

  test('a backup is made by an update, and then merged into', async () => {
    const { update, destination } = await stream('ExtendedS3');

    await update({ S3BackupMode: 'Enabled', S3BackupUpdate: BACKUP });
    await update({ S3BackupUpdate: { Prefix: 'b/' } }, { CurrentDeliveryStreamVersionId: '2' });

    expect((await destination()).S3BackupDescription).toMatchObject({ ...BACKUP, Prefix: 'b/' });
  });

  test.each<[DestinationKind, JsonObject, string]>([
    ['ExtendedS3', { S3BackupMode: 'Enabled', S3BackupConfiguration: BACKUP }, 'Disabled'],
    ['Redshift', { S3BackupMode: 'Enabled', S3BackupConfiguration: BACKUP }, 'Disabled'],
    ['Splunk', { S3BackupMode: 'AllEvents' }, 'FailedEventsOnly'],
  ])('the backup of %s cannot be switched off', async (kind, changes, S3BackupMode) => {
    const { update } = await stream(kind, changes);

    expect((await update({ S3BackupMode })).body.message).toBe('Disabling S3 backup is not currently supported.');
  });

  test.each<DestinationKind>(['Redshift', 'Splunk', 'HttpEndpoint', 'Snowflake', 'Amazonopensearchservice'])(
    'S3Update merges into the bucket of %s, and secrets stay',
    async (kind) => {
      const { update, destination, streams } = await stream(kind);
      const before = await streams.get('clicks');

      await update({ S3Update: { Prefix: 'p/' }, RetryOptions: { DurationInSeconds: 7 } });

      expect(await destination()).toMatchObject({
        S3DestinationDescription: { ...BACKUP, Prefix: 'p/' },
        RetryOptions: { DurationInSeconds: 7 },
      });
      const { Password, PrivateKey, EndpointConfiguration } = before!.destination.config; // It was created above.
      expect((await streams.get('clicks'))?.destination.config).toMatchObject(
        JSON.parse(JSON.stringify({ Password, PrivateKey, EndpointConfiguration })),
      );
    },
  );

  test('an endpoint that is renamed keeps its access key', async () => {
    const { update, streams } = await stream('HttpEndpoint');

    await update({ EndpointConfiguration: { Url: 'https://other.example.com', Name: 'other' } });

    expect((await streams.get('clicks'))?.destination.config.EndpointConfiguration).toEqual({
      Url: 'https://other.example.com',
      Name: 'other',
      AccessKey: 'open sesame',
    });
  });

  test.each<[DestinationKind, JsonObject, string]>([
    ['Amazonopensearchservice', { ClusterEndpoint: 'https://search.example.com' }, 'DomainARN'],
    ['Elasticsearch', { DomainARN: 'arn:aws:es:us-east-1:123456789012:domain/clicks' }, 'ClusterEndpoint'],
  ])('the domain of %s and its endpoint take the place of each other', async (kind, given, was) => {
    const { update, destination } = await stream(kind);
    expect(await destination()).toHaveProperty(was);

    expect((await update(given)).status).toBe(200);

    expect(await destination()).toMatchObject(given);
    expect(await destination()).not.toHaveProperty(was);
  });

  test('Elasticsearch and OpenSearch are one service', async () => {
    const { update, destination } = await stream('Elasticsearch');

    await update({ IndexName: 'renamed' }, {}, 'Amazonopensearchservice');

    expect(await destination()).toMatchObject({ IndexName: 'renamed' });
  });
});

describe("an update of Hydrant's own member", () => {
  test('may come alone', async () => {
    const { update, described } = await stream('ExtendedS3');

    const answer = await update({}, { ExtendedS3DestinationUpdate: null, Hydrant: {} });

    expect([answer.status, (await described()).VersionId]).toEqual([200, '1']);
  });

  test('does not compress twice', async () => {
    const { update } = await stream('ExtendedS3', { CompressionFormat: 'GZIP' });

    expect((await update({}, { Hydrant: { CompressionFormat: 'zstd' } })).body.message).toBe(
      'Hydrant.CompressionFormat needs CompressionFormat to be unset or UNCOMPRESSED.',
    );
  });

  test('adds a version when it changes something', async ({ skip }) => {
    skip(!isZstdAvailable(), `${process.version} has no zstd`);
    const { update, described } = await stream('ExtendedS3');

    await update({}, { Hydrant: { CompressionFormat: 'zstd' } });

    expect(await described()).toMatchObject({ VersionId: '2', Hydrant: { CompressionFormat: 'zstd' } });
  });
});

describe('another type of destination', () => {
  test('starts from nothing, when everything is given', async () => {
    const { update, destination, described } = await stream('ExtendedS3', { Prefix: 'a/' });
    const { S3Configuration, ...others } = LEAST.Splunk;

    expect(await update({ ...others, S3Update: S3Configuration! }, {}, 'Splunk')).toMatchObject({ status: 200 }); // It has one.

    expect(await destination('Splunk')).toMatchObject({ ...others, S3BackupMode: 'FailedEventsOnly' });
    expect(JSON.stringify(await described())).not.toContain('ExtendedS3');
  });

  test('is refused when something is missing', async () => {
    const { update } = await stream('ExtendedS3');

    const { body } = await update({ HECEndpointType: 'Raw' }, { ExtendedS3DestinationUpdate: null }, 'Splunk');

    expect(body.__type).toBe('ValidationException');
    expect(body.message).toContain("Value at 'splunkDestinationUpdate.hECEndpoint' failed");
  });

  test('is refused to a stream that follows a database, which goes to Iceberg only', async () => {
    const { update } = await stream('Iceberg', {}, {}, DATABASE_SOURCE);

    const { body } = await update(LEAST.ExtendedS3, {}, 'ExtendedS3');

    expect(body).toEqual({
      __type: 'InvalidArgumentException',
      message: 'IcebergDestinationConfiguration must be specified for Database as Source.',
    });
  });
});
