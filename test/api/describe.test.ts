import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { testApi } from '../kit/api.ts';
import { BACKUP, createInput, destinationIn, LAMBDA_ARN, LEAST, processing, processor, ROLE } from './inputs.ts';

async function described(input: JsonObject): Promise<Readonly<Record<string, JsonObject>>> {
  const { output } = testApi();
  await output('CreateDeliveryStream', input);
  return destinationIn(await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' }));
}

async function extended(changes: JsonObject): Promise<JsonObject> {
  return (await described(createInput('ExtendedS3', changes))).ExtendedS3DestinationDescription!; // what was created
}

const LOGGING_OFF = { Enabled: false };
const S3_DEFAULTS = {
  BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
  CompressionFormat: 'UNCOMPRESSED',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  CloudWatchLoggingOptions: LOGGING_OFF,
};

describe('an S3 destination as described', () => {
  test('is the same whether made by the plain or by the extended configuration', async () => {
    expect(await described(createInput('S3'))).toEqual(await described(createInput('ExtendedS3')));
  });

  test('has in its plain description only what a plain destination has', async () => {
    const { S3DestinationDescription } = await described(
      createInput('ExtendedS3', { Prefix: 'a/', FileExtension: '.log', CustomTimeZone: 'Europe/Berlin' }),
    );

    expect(S3DestinationDescription).toEqual({ ...LEAST.ExtendedS3, Prefix: 'a/', ...S3_DEFAULTS });
  });

  test('keeps an empty prefix, which differs from none', async () => {
    expect((await extended({ Prefix: '' })).Prefix).toBe('');
    expect(await extended({})).not.toHaveProperty('Prefix');
  });

  test('has no empty file extension', async () => {
    expect(await extended({ FileExtension: '' })).not.toHaveProperty('FileExtension');
  });

  test('describes its backup, completed', async () => {
    const description = await extended({ S3BackupMode: 'Enabled', S3BackupConfiguration: BACKUP });

    expect(description.S3BackupDescription).toEqual({ ...BACKUP, ...S3_DEFAULTS });
    expect(description).not.toHaveProperty('S3BackupConfiguration');
  });

  test('converting formats, buffers 128 MB unless told otherwise, and leaves the options of formats alone', async () => {
    const DataFormatConversionConfiguration = {
      SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'd', TableName: 't' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    };

    const description = await extended({ DataFormatConversionConfiguration });

    expect(description.BufferingHints).toEqual({ SizeInMBs: 128, IntervalInSeconds: 300 });
    expect(description.DataFormatConversionConfiguration).toEqual({
      ...DataFormatConversionConfiguration,
      Enabled: true,
    });
  });

  test('keeps a conversion that is off as given', async () => {
    const description = await extended({ DataFormatConversionConfiguration: { Enabled: false } });

    expect(description.DataFormatConversionConfiguration).toEqual({ Enabled: false });
    expect(description.BufferingHints).toEqual(S3_DEFAULTS.BufferingHints);
  });

  test('partitioning dynamically, retries for 300 s', async () => {
    const description = await extended({
      Prefix: '!{partitionKeyFromLambda:a}/',
      ErrorOutputPrefix: '!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: processing(processor('Lambda', { LambdaArn: LAMBDA_ARN })),
    });

    expect(description.DynamicPartitioningConfiguration).toEqual({
      Enabled: true,
      RetryOptions: { DurationInSeconds: 300 },
    });
  });
});

describe('processors as described', () => {
  const lambda = (parameters: Readonly<Record<string, string>>) =>
    processing(processor('Lambda', { LambdaArn: LAMBDA_ARN, ...parameters }));

  test("a Lambda function has five parameters in AWS's order, whatever the order given", async () => {
    const description = await extended({
      ProcessingConfiguration: processing(processor('Lambda', { NumberOfRetries: '5', LambdaArn: LAMBDA_ARN })),
    });

    expect(description.ProcessingConfiguration).toEqual(
      processing(
        processor('Lambda', {
          LambdaArn: LAMBDA_ARN,
          NumberOfRetries: '5',
          RoleArn: ROLE,
          BufferSizeInMBs: '1',
          BufferIntervalInSeconds: '60',
        }),
      ),
    );
  });

  test.each<[DestinationKind, string, string]>([
    ['Splunk', '0.25', '60'],
    ['Snowflake', '0.25', '30'],
    ['HttpEndpoint', '1', '60'],
  ])('a Lambda function of a %s destination buffers %s MB or %s s', async (kind, size, interval) => {
    const destination = await described(createInput(kind, { ProcessingConfiguration: lambda({}) }));

    const { ProcessingConfiguration } = destination[`${kind}DestinationDescription`]!; // what was created
    const text = JSON.stringify(ProcessingConfiguration);
    expect(text).toContain(`{"ParameterName":"BufferSizeInMBs","ParameterValue":"${size}"}`);
    expect(text).toContain(`{"ParameterName":"BufferIntervalInSeconds","ParameterValue":"${interval}"}`);
    expect(text).toContain(`{"ParameterName":"RoleArn","ParameterValue":"${ROLE}"}`);
  });

  test('processing that is not said to be on is off', async () => {
    expect((await extended({ ProcessingConfiguration: { Processors: [] } })).ProcessingConfiguration).toEqual({
      Enabled: false,
      Processors: [],
    });
  });

  test('AppendDelimiterToRecord has no parameters and DataMessageExtraction is lower case', async () => {
    const { ProcessingConfiguration } = await extended({
      ProcessingConfiguration: processing(
        processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
        processor('Decompression', { CompressionFormat: 'GZIP' }),
        processor('CloudWatchLogProcessing', { DataMessageExtraction: 'True' }),
      ),
    });

    expect(ProcessingConfiguration).toEqual(
      processing(
        processor('AppendDelimiterToRecord'),
        processor('Decompression', { CompressionFormat: 'GZIP' }),
        processor('CloudWatchLogProcessing', { DataMessageExtraction: 'true' }),
      ),
    );
  });
});

describe('other destinations as described', () => {
  const backup = { ...BACKUP, ...S3_DEFAULTS };
  const hints = S3_DEFAULTS.BufferingHints;
  const retry = (DurationInSeconds: number) => ({ DurationInSeconds });

  test.each<[DestinationKind, JsonObject]>([
    ['Redshift', { RetryOptions: retry(3600), S3BackupMode: 'Disabled' }],
    [
      'Elasticsearch',
      {
        BufferingHints: hints,
        RetryOptions: retry(300),
        S3BackupMode: 'FailedDocumentsOnly',
        IndexRotationPeriod: 'OneDay',
      },
    ],
    [
      'Amazonopensearchservice',
      {
        BufferingHints: hints,
        RetryOptions: retry(300),
        S3BackupMode: 'FailedDocumentsOnly',
        IndexRotationPeriod: 'OneDay',
      },
    ],
    [
      'AmazonOpenSearchServerless',
      { BufferingHints: hints, RetryOptions: retry(300), S3BackupMode: 'FailedDocumentsOnly' },
    ],
    [
      'Splunk',
      {
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
        RetryOptions: retry(300),
        S3BackupMode: 'FailedEventsOnly',
        HECAcknowledgmentTimeoutInSeconds: 180,
      },
    ],
    [
      'HttpEndpoint',
      {
        BufferingHints: hints,
        RetryOptions: retry(300),
        S3BackupMode: 'FailedDataOnly',
        RequestConfiguration: { ContentEncoding: 'NONE' },
      },
    ],
    [
      'Snowflake',
      {
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
        RetryOptions: retry(60),
        S3BackupMode: 'FailedDataOnly',
        DataLoadingOption: 'JSON_MAPPING',
      },
    ],
    ['Iceberg', { BufferingHints: hints, RetryOptions: retry(300), S3BackupMode: 'FailedDataOnly', AppendOnly: false }],
  ])('%s has its defaults, its backup under another name, and no secrets', async (kind, defaults) => {
    const description = (await described(createInput(kind)))[`${kind}DestinationDescription`];

    const { S3Configuration, Password, PrivateKey, KeyPassphrase, EndpointConfiguration, ...open } = LEAST[kind];
    expect(description).toEqual({
      ...open,
      ...(kind === 'HttpEndpoint' && {
        EndpointConfiguration: { Url: 'https://collector.example.com/in', Name: 'collector' },
      }),
      S3DestinationDescription: backup,
      CloudWatchLoggingOptions: LOGGING_OFF,
      ...defaults,
    });
  });

  test('a VPC is described under its own name', async () => {
    const VpcConfiguration = { SubnetIds: ['subnet-1'], RoleARN: ROLE, SecurityGroupIds: ['sg-1'] };

    const destination = await described(createInput('Amazonopensearchservice', { VpcConfiguration }));

    expect(destination.AmazonopensearchserviceDestinationDescription?.VpcConfigurationDescription).toEqual(
      VpcConfiguration,
    );
  });

  test('what is stored keeps the secrets', async () => {
    const { output, streams } = testApi();
    await output('CreateDeliveryStream', createInput('Redshift'));

    expect((await streams.get('clicks'))?.destination.config.Password).toBe('hunter2hunter2');
  });
});

describe('sources as described', () => {
  test('a Kinesis stream is read from when it was created, and no encryption of its own is described', async () => {
    const { output, clock } = testApi({ transitionMs: 1_000 });
    const KinesisStreamSourceConfiguration = {
      KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
      RoleARN: ROLE,
    };
    await output(
      'CreateDeliveryStream',
      createInput('ExtendedS3', {}, { DeliveryStreamType: 'KinesisStreamAsSource', KinesisStreamSourceConfiguration }),
    );

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).toMatchObject({
      DeliveryStreamType: 'KinesisStreamAsSource',
      Source: {
        KinesisStreamSourceDescription: {
          ...KinesisStreamSourceConfiguration,
          DeliveryStartTimestamp: clock.now / 1_000,
        },
      },
    });
    expect(DeliveryStreamDescription).not.toHaveProperty('DeliveryStreamEncryptionConfiguration');
  });

  test('an MSK topic is read from when the stream is ACTIVE', async () => {
    const { output, clock } = testApi({ transitionMs: 1_000 });
    const MSKSourceConfiguration = {
      MSKClusterARN: 'arn:aws:kafka:us-east-1:123456789012:cluster/c/0b1c',
      TopicName: 't',
      AuthenticationConfiguration: { RoleARN: ROLE, Connectivity: 'PUBLIC' },
    };
    await output(
      'CreateDeliveryStream',
      createInput('ExtendedS3', {}, { DeliveryStreamType: 'MSKAsSource', MSKSourceConfiguration }),
    );

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).toMatchObject({
      Source: {
        MSKSourceDescription: { ...MSKSourceConfiguration, DeliveryStartTimestamp: clock.now / 1_000 + 1 },
      },
    });
  });

  test('a throughput hint is all there is of direct puts', async () => {
    const { output } = testApi();
    await output(
      'CreateDeliveryStream',
      createInput('ExtendedS3', {}, { DirectPutSourceConfiguration: { ThroughputHintInMBs: 7 } }),
    );

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).toMatchObject({
      Source: { DirectPutSourceDescription: { ThroughputHintInMBs: 7 } },
    });
  });
});

const PARTITIONED: JsonObject = {
  Prefix: 'p=!{partitionKeyFromQuery:p}/',
  ErrorOutputPrefix: 'errors/',
  BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      {
        Type: 'MetadataExtraction',
        Parameters: [
          { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{p: .p}' },
          { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
        ],
      },
    ],
  },
};

const PARQUET = {
  SchemaConfiguration: {
    RoleARN: 'arn:aws:iam::123456789012:role/firehose',
    DatabaseName: 'shop',
    TableName: 'orders',
  },
  InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
  OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
};

describe("Hydrant's own member", () => {
  const ask = (Hydrant: JsonObject, changes: JsonObject = {}) =>
    testApi().call('CreateDeliveryStream', createInput('ExtendedS3', changes, { Hydrant }));

  test('is described where it asks for something', async ({ skip }) => {
    skip(!isZstdAvailable(), `${process.version} has no zstd`);
    const { output } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3', {}, { Hydrant: { CompressionFormat: 'zstd' } }));

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).toMatchObject({ Hydrant: { CompressionFormat: 'zstd' } });
  });

  test('asking for zstd is refused by a Node that has none', async ({ skip }) => {
    skip(isZstdAvailable(), `${process.version} has zstd`);
    expect((await ask({ CompressionFormat: 'zstd' })).body.message).toBe(
      `Hydrant.CompressionFormat zstd needs Node >= 22.15; this is ${process.version}.`,
    );
  });

  test('compresses Parquet files with zstd, or is refused by a Node that has none', async () => {
    const { status, body } = await ask({ ParquetCompression: 'ZSTD' }, { DataFormatConversionConfiguration: PARQUET });

    const refused = `Hydrant.ParquetCompression ZSTD needs Node >= 22.15; this is ${process.version}.`;
    expect([status, body.message]).toEqual(isZstdAvailable() ? [200, undefined] : [400, refused]);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    [
      'Parquet where nothing is converted',
      { ParquetCompression: 'ZSTD' },
      {},
      'Hydrant.ParquetCompression is only for streams with data format conversion.',
    ],
    [
      'Parquet where conversion is switched off',
      { ParquetCompression: 'ZSTD' },
      { DataFormatConversionConfiguration: { Enabled: false } },
      'Hydrant.ParquetCompression is only for streams with data format conversion.',
    ],
    [
      'Parquet in two ways',
      { ParquetCompression: 'ZSTD' },
      {
        DataFormatConversionConfiguration: {
          ...PARQUET,
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'GZIP' } } },
        },
      },
      'Hydrant.ParquetCompression needs ParquetSerDe.Compression to be unset.',
    ],
    [
      'a Parquet file as a whole',
      { CompressionFormat: 'zstd' },
      { DataFormatConversionConfiguration: PARQUET },
      'Hydrant.CompressionFormat is not for converted records; give Hydrant.ParquetCompression.',
    ],
  ])('does not compress %s', async (_, asked, changes, message) => {
    expect((await ask(asked, changes)).body.message).toBe(message);
  });

  test('is not described where it asks for nothing', async () => {
    const { output } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3', {}, { Hydrant: {} }));

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).not.toHaveProperty('Hydrant');
  });

  test('refuses members it does not know by name', async () => {
    expect((await ask({ Compresion: 'zstd' })).body).toEqual({
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value at 'hydrant.compresion' failed to satisfy constraint: Member must be one of: [CompressionFormat, ParquetCompression, Delimiter, HttpBody, ContentEncoding, ActivePartitions, BufferingHints]",
    });
  });

  test('does not compress twice', async () => {
    expect((await ask({ CompressionFormat: 'zstd' }, { CompressionFormat: 'GZIP' })).body.message).toBe(
      'Hydrant.CompressionFormat needs CompressionFormat to be unset or UNCOMPRESSED.',
    );
  });

  test('sends plain bodies to HTTP endpoints only', async () => {
    expect((await ask({ HttpBody: 'NDJSON' })).body.message).toBe('Hydrant.HttpBody is only for HTTP endpoints.');
  });

  test('compresses S3 objects only', async () => {
    const input = createInput('Splunk', {}, { Hydrant: { CompressionFormat: 'zstd' } });

    expect((await testApi().call('CreateDeliveryStream', input)).body.message).toBe(
      'Hydrant.CompressionFormat is only for S3 destinations.',
    );
  });

  test('sets the number of partitions and their hints below those of AWS', async () => {
    const Hydrant = { ActivePartitions: 10_000, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 5 } };
    const { output } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3', PARTITIONED, { Hydrant }));

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(DeliveryStreamDescription).toMatchObject({ Hydrant });
  });

  test.each<[JsonObject, JsonObject, string]>([
    [{ ActivePartitions: 1 }, {}, 'Hydrant.ActivePartitions is only for streams with dynamic partitioning.'],
    [
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 5 } },
      {},
      'Hydrant.BufferingHints is only for streams with dynamic partitioning; give BufferingHints to the destination.',
    ],
    [
      { BufferingHints: { SizeInMBs: 1 } },
      PARTITIONED,
      'Hydrant.BufferingHints needs both SizeInMBs and IntervalInSeconds.',
    ],
  ])('refuses %j where it means nothing', async (Hydrant, changes, message) => {
    expect((await ask(Hydrant, changes)).body).toEqual({ __type: 'InvalidArgumentException', message });
  });

  test('puts line feeds behind the records of any stream', async () => {
    expect((await ask({ Delimiter: 'if-missing' })).status).toBe(200);
  });
});
