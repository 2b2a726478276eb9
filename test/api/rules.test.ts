import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { testApi } from '../kit/api.ts';
import {
  BACKUP,
  createInput,
  DATABASE_SOURCE,
  KMS_KEY,
  LAMBDA_ARN,
  LEAST,
  processing,
  processor,
  ROLE,
  SECRET,
} from './inputs.ts';

/** What AWS says of the input: `accepted`, or its code and message. */
async function verdict(input: JsonObject): Promise<string> {
  const { status, body } = await testApi().call('CreateDeliveryStream', input);
  return status === 200 ? 'accepted' : `${body.__type}: ${body.message}`;
}

const refused = (message: string) => `InvalidArgumentException: ${message}`;

const CONSTRAINT = 'Ths supplied prefix(es) do not satisfy the following constraint: ';

const CONVERSION = {
  SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'events', TableName: 'clicks' },
  InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
  OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
};

function converting(changes: JsonObject, others: JsonObject = {}): JsonObject {
  return createInput('ExtendedS3', { DataFormatConversionConfiguration: { ...CONVERSION, ...changes }, ...others });
}

const EXTRACTION = processor('MetadataExtraction', {
  MetadataExtractionQuery: '{customer: .customer_id}',
  JsonParsingEngine: 'JQ-1.6',
});

const PARTITIONED = {
  Prefix: 'c=!{partitionKeyFromQuery:customer}/',
  ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: processing(EXTRACTION),
};

const lambda = (parameters: Readonly<Record<string, string>>) =>
  processor('Lambda', { LambdaArn: LAMBDA_ARN, ...parameters });

const processed = (...processors: readonly JsonObject[]) =>
  createInput('ExtendedS3', { ProcessingConfiguration: processing(...processors) });

const querying = (MetadataExtractionQuery: string) =>
  processor('MetadataExtraction', { MetadataExtractionQuery, JsonParsingEngine: 'JQ-1.6' });

describe('what AWS takes', () => {
  test.each(Object.keys(LEAST) as DestinationKind[])('the least %s destination', async (kind) => {
    expect(await verdict(createInput(kind))).toBe('accepted');
  });

  test.each<[string, JsonObject]>([
    ['the legacy S3 destination', createInput('S3')],
    ['conversion without hints', converting({})],
    [
      'conversion that is off, however wrong',
      converting({ Enabled: false, SchemaConfiguration: null }, { CompressionFormat: 'GZIP' }),
    ],
    ['dynamic partitioning without hints', createInput('ExtendedS3', PARTITIONED)],
    ['2147483647 retries of a Lambda function', processed(lambda({ NumberOfRetries: '2147483647' }))],
    [
      'a Kinesis source on a stream of type DirectPut, which is ignored',
      createInput(
        'ExtendedS3',
        {},
        {
          KinesisStreamSourceConfiguration: {
            KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
            RoleARN: ROLE,
          },
        },
      ),
    ],
    [
      'a secret instead of a password',
      createInput('Redshift', {
        Username: null,
        Password: null,
        SecretsManagerConfiguration: { Enabled: true, SecretARN: SECRET },
      }),
    ],
    [
      'metadata extraction into Iceberg without partitioning',
      createInput('Iceberg', {
        DestinationTableConfigurationList: null,
        ProcessingConfiguration: processing(EXTRACTION),
      }),
    ],
    ['a TypeName for Elasticsearch', createInput('Elasticsearch', { TypeName: 'doc' })],
    [
      "zero buffering into Redshift's bucket",
      createInput('Redshift', {
        S3Configuration: { ...BACKUP, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } },
      }),
    ],
  ])('%s', async (_, input) => {
    expect(await verdict(input)).toBe('accepted');
  });
});

describe('what AWS refuses, in its words', () => {
  test.each<[string, JsonObject, string]>([
    [
      'no destination',
      { DeliveryStreamName: 'a' },
      'Exactly one destination configuration is supported for a Firehose',
    ],
    [
      'two destinations',
      { ...createInput('Splunk'), ...createInput('ExtendedS3') },
      'Exactly one destination configuration is supported for a Firehose',
    ],
    [
      'both S3 forms',
      { ...createInput('S3'), ...createInput('ExtendedS3') },
      'Exactly one of S3DestinationConfiguration or ExtendedS3DestinationConfiguration must be specified.',
    ],
    [
      'no Kinesis source',
      createInput('ExtendedS3', {}, { DeliveryStreamType: 'KinesisStreamAsSource' }),
      'KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.',
    ],
    [
      'no MSK source',
      createInput('ExtendedS3', {}, { DeliveryStreamType: 'MSKAsSource' }),
      'MSKSourceConfig is mandatory for MSK as Source stream type.',
    ],
    [
      'no database source',
      createInput('Iceberg', {}, { DeliveryStreamType: 'DatabaseAsSource' }),
      'DatabaseSourceConfig is mandatory for Database as Source stream type.',
    ],
    [
      'half of the hints',
      createInput('ExtendedS3', { BufferingHints: { SizeInMBs: 5 } }),
      'BufferingHints must contain both SizeInMBs and IntervalInSeconds.',
    ],
    [
      'logging without a group',
      createInput('ExtendedS3', { CloudWatchLoggingOptions: { Enabled: true } }),
      'CloudWatch Log Group Name is required if CloudWatch Logging is enabled',
    ],
    [
      'backup without a bucket',
      createInput('ExtendedS3', { S3BackupMode: 'Enabled' }),
      'S3 backup destination configuration is required when enabling S3 backup.',
    ],
    [
      'zero buffering in a backup',
      createInput('Splunk', { S3Configuration: { ...BACKUP, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 } } }),
      'BufferingHints.IntervalInSeconds must be at least 60 seconds for an S3 backup.',
    ],
  ])('of any stream: %s', async (_, input, message) => {
    expect(await verdict(input)).toBe(refused(message));
  });

  test.each<[string, JsonObject, string]>([
    [
      'expressions without an error prefix',
      { Prefix: '!{timestamp:yyyy}/' },
      `${CONSTRAINT}ErrorOutputPrefix cannot be null or empty when Prefix contains expressions`,
    ],
    [
      'an error prefix without the type',
      { ErrorOutputPrefix: '!{timestamp:yyyy}/' },
      `${CONSTRAINT}ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}`,
    ],
    [
      'partition keys without partitioning',
      { Prefix: '!{partitionKeyFromQuery:a}/', ErrorOutputPrefix: '!{firehose:error-output-type}/' },
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
    ],
    [
      'partition keys in a backup',
      {
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: {
          ...BACKUP,
          Prefix: '!{partitionKeyFromQuery:a}/',
          ErrorOutputPrefix: '!{firehose:error-output-type}/',
        },
      },
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
    ],
  ])('of prefixes: %s', async (_, changes, message) => {
    expect(await verdict(createInput('ExtendedS3', changes))).toBe(refused(message));
  });

  test.each<[string, JsonObject, string]>([
    [
      'small objects',
      { BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } },
      'BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.',
    ],
    [
      'short intervals',
      { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 59 } },
      'BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled.',
    ],
    [
      'no processing',
      { ProcessingConfiguration: null },
      'Processing Configuration is not enabled when DataPartitioning is enabled',
    ],
    [
      'no keys in the prefix',
      { Prefix: 'a/', ProcessingConfiguration: processing(lambda({})) },
      'S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled',
    ],
    [
      'keys of a Lambda function that is not there',
      { Prefix: '!{partitionKeyFromLambda:a}/!{partitionKeyFromQuery:customer}/' },
      'Lambda should be present when S3 Prefix contains keys from partitionKeyFromLambda namespace',
    ],
    [
      'keys of a query that is not there',
      { ProcessingConfiguration: processing(lambda({})) },
      'MetadataExtraction processor should be present when S3 Prefix has partitionKeyFromQuery namespace',
    ],
    [
      'a query with a key too many',
      {
        ProcessingConfiguration: processing(querying('{customer: (.a, .b), "more": 1}')),
      },
      "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression",
    ],
    [
      'a query that is no jq',
      { ProcessingConfiguration: processing(querying('{customer: .a')) },
      'MetadataExtractionQuery cannot be used: syntax error: unexpected the end, at line 1, column 14 of the jq query.',
    ],
    [
      'a query that asks for more than its record',
      { ProcessingConfiguration: processing(querying('{customer: input}')) },
      'MetadataExtractionQuery cannot be used: input is not supported: a query sees one record and nothing else, ' +
        'at line 1, column 12 of the jq query.',
    ],
    [
      'a query with a key too few',
      { Prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:year}/' },
      'S3 Prefix has the partition key year, which MetaDataExtraction JQ Query does not have',
    ],
    [
      'partition keys of errors',
      { ErrorOutputPrefix: '!{firehose:error-output-type}/!{partitionKeyFromQuery:customer}' },
      "Dynamic Partitioning Namespaces can't be part of an error prefix expression",
    ],
  ])('of dynamic partitioning: %s', async (_, changes, message) => {
    expect(await verdict(createInput('ExtendedS3', { ...PARTITIONED, ...changes }))).toBe(refused(message));
  });

  const logs = processor('CloudWatchLogProcessing', { DataMessageExtraction: 'True' });
  const decompression = processor('Decompression', { CompressionFormat: 'GZIP' });
  const duplicate = {
    Type: 'Lambda',
    Parameters: [1, 2].map((n) => ({ ParameterName: 'NumberOfRetries', ParameterValue: `${n}` })),
  };
  test.each<[string, JsonObject, string]>([
    [
      'none',
      processed(),
      'A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.',
    ],
    [
      'six',
      processed(...Array.from({ length: 6 }, () => processor('AppendDelimiterToRecord'))),
      'A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.',
    ],
    ['two Lambda functions', processed(lambda({}), lambda({})), 'Cannot have more than 1 Lambda processor.'],
    [
      'a parameter twice, before the ARN that is missing',
      processed(duplicate),
      'Duplicate ProcessorParameter passed to ProcessingConfiguration.',
    ],
    ['no ARN', processed(processor('Lambda')), 'LambdaArn is required when Lambda processor is used.'],
    ['another ARN', processed(lambda({ LambdaArn: 'NotLambda' })), 'Invalid lambda ARN.'],
    [
      'one hint',
      processed(lambda({ BufferSizeInMBs: '1' })),
      'Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.',
    ],
    [
      '4 MB',
      processed(lambda({ BufferSizeInMBs: '4', BufferIntervalInSeconds: '60' })),
      'BufferSizeInMBs for lambda processor must be between 0.2 and 3.',
    ],
    [
      '901 s',
      processed(lambda({ BufferSizeInMBs: '0.2', BufferIntervalInSeconds: '901' })),
      'BufferIntervalInSeconds for lambda processor must be between 0 and 900.',
    ],
    [
      'some retries',
      processed(lambda({ NumberOfRetries: 'some' })),
      'Number of retries for lambda must be between 0 and 300.',
    ],
    [
      'log messages of compressed data',
      processed(logs),
      'CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor',
    ],
    [
      'log messages perhaps',
      processed(decompression, processor('CloudWatchLogProcessing', { DataMessageExtraction: 'maybe' })),
      'Invalid parameter value for DataMessageExtraction. Allowed values are True and False.',
    ],
    [
      'ZIP to decompress',
      processed(processor('Decompression', { CompressionFormat: 'ZIP' })),
      'CompressionFormat has to be GZIP',
    ],
    [
      'extraction without partitioning',
      processed(EXTRACTION),
      'class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can only be present when Dynamic Partitioning is enabled.',
    ],
    [
      'de-aggregation without partitioning',
      processed(processor('RecordDeAggregation', { SubRecordType: 'JSON' })),
      'class com.amazonaws.services.firehose.internal.model.RecordDeAggregationProcessor can only be present when Dynamic Partitioning is enabled.',
    ],
    [
      'another engine',
      processed(processor('MetadataExtraction', { MetadataExtractionQuery: '{a: .a}', JsonParsingEngine: 'JQ-1.7' })),
      'MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6',
    ],
    [
      'sub-records of XML',
      processed(processor('RecordDeAggregation', { SubRecordType: 'XML' })),
      'SubRecordType has to be one of JSON, DELIMITED',
    ],
    [
      'sub-records without a delimiter',
      processed(processor('RecordDeAggregation', { SubRecordType: 'DELIMITED' })),
      'Delimiter should be present for DELIMITED',
    ],
  ])('of processors: %s', async (_, input, message) => {
    expect(await verdict(input)).toBe(refused(message));
  });

  const uncompressed =
    "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.";
  const small = { BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } };
  const both = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  test.each<[string, JsonObject, string]>([
    ['compression, before the buffer', converting({}, { CompressionFormat: 'GZIP', ...small }), uncompressed],
    [
      'the buffer, before the input',
      converting({ InputFormatConfiguration: null }, small),
      'BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.',
    ],
    [
      'the input, before the output',
      converting({ InputFormatConfiguration: null, OutputFormatConfiguration: null }),
      'InputFormatConfiguration must not be null',
    ],
    [
      'the output, before the schema',
      converting({ OutputFormatConfiguration: null, SchemaConfiguration: null }),
      'OutputFormatConfiguration must not be null',
    ],
    [
      'the schema, before what is in the input',
      converting({ SchemaConfiguration: null, InputFormatConfiguration: {} }),
      'SchemaConfiguration must not be null',
    ],
    [
      'an empty deserializer',
      converting({ InputFormatConfiguration: { Deserializer: {} } }),
      'Deserializer must not be null',
    ],
    [
      'an empty serializer',
      converting({ OutputFormatConfiguration: { Serializer: {} } }),
      'Serializer must not be null',
    ],
    [
      'two deserializers',
      converting({ InputFormatConfiguration: { Deserializer: both('OpenXJsonSerDe', 'HiveJsonSerDe') } }),
      'More than one deserializer specified. Only one may be chosen.',
    ],
    [
      'two serializers',
      converting({ OutputFormatConfiguration: { Serializer: both('ParquetSerDe', 'OrcSerDe') } }),
      'More than one serializer specified. Only one may be chosen.',
    ],
    ['no role', converting({ SchemaConfiguration: {} }), 'SchemaConfiguration.RoleArn must not be null or empty'],
    [
      'no database',
      converting({ SchemaConfiguration: { RoleARN: ROLE } }),
      'SchemaConfiguration.DatabaseName must not be null or empty',
    ],
    [
      'no table',
      converting({ SchemaConfiguration: { RoleARN: ROLE, DatabaseName: 'd' } }),
      'SchemaConfiguration.TableName must not be null or empty',
    ],
  ])('of conversion: %s', async (_, input, message) => {
    expect(await verdict(input)).toBe(refused(message));
  });

  test('a malformed role of a schema has an error of its own, before all others', async () => {
    const others = { CompressionFormat: 'GZIP', BufferingHints: { SizeInMBs: 1 } };
    const input = converting({ SchemaConfiguration: { RoleARN: 'role' } }, others);

    expect(await verdict(input)).toBe('InvalidParameterValueException: Invalid role ARN.');
  });

  const withSecret = (changes: JsonObject) => ({ SecretsManagerConfiguration: { Enabled: true, ...changes } });
  const attribute = { AttributeName: 'team', AttributeValue: 'a' };
  test.each<[string, DestinationKind, JsonObject, string]>([
    [
      'ZIP for COPY',
      'Redshift',
      { S3Configuration: { ...BACKUP, CompressionFormat: 'ZIP' } },
      'Only the following compression formats are allowed when using Redshift: [UNCOMPRESSED, GZIP]',
    ],
    [
      'expressions for COPY',
      'Redshift',
      { S3Configuration: { ...BACKUP, Prefix: '!{timestamp:yyyy}' } },
      `${CONSTRAINT}Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination`,
    ],
    ['no password', 'Redshift', { Password: null }, 'Redshift Database Password is required for Redshift Destination'],
    [
      'a second statement behind COPY',
      'Redshift',
      { CopyCommand: { DataTableName: 'clicks', CopyOptions: 'GZIP; DROP TABLE clicks' } },
      'CopyCommand.CopyOptions must hold options of COPY and nothing else: no semicolon and no comment outside of ' +
        'quotes, and an end to every quote.',
    ],
    ['no secret', 'Redshift', withSecret({}), 'Invalid secret ARN: null'],
    [
      'a secret elsewhere',
      'Redshift',
      withSecret({ SecretARN: SECRET.replace('us-east-1', 'eu-west-1') }),
      'Cross-region secrets are not allowed. Please provide a secret in the same region as firehose',
    ],
    [
      'neither domain nor endpoint',
      'Amazonopensearchservice',
      { DomainARN: null },
      'Provide either the Elasticsearch cluster endpoint or domain arn.',
    ],
    [
      'both domain and endpoint',
      'Elasticsearch',
      { DomainARN: 'arn:aws:es:us-east-1:123456789012:domain/clicks' },
      'Cannot provide both Elasticsearch cluster endpoint and domain ARN. Provide either the cluster endpoint or domain arn.',
    ],
    [
      'a type',
      'Amazonopensearchservice',
      { TypeName: 'doc' },
      'Types are deprecated in Elasticsearch version 7+ and all OpenSearch versions. TypeName must be empty.',
    ],
    [
      'no collection',
      'AmazonOpenSearchServerless',
      { CollectionEndpoint: null },
      'CollectionEndpoint must be provided.',
    ],
    [
      'no port',
      'Splunk',
      { HECEndpoint: 'https://splunk.example.com' },
      'Invalid HECEndpoint. Supported endpoint format is https://<domain>:<port>.',
    ],
    ['no token', 'Splunk', { HECToken: null }, 'HECToken must be provided.'],
    [
      'a secret without a role',
      'Splunk',
      withSecret({ SecretARN: SECRET }),
      'SecretsManagerConfiguration.RoleARN must be provided for a Splunk destination.',
    ],
    [
      'an attribute twice',
      'HttpEndpoint',
      { RequestConfiguration: { CommonAttributes: [attribute, attribute] } },
      'Http Endpoint Common Attributes have duplicate name team',
    ],
    ['no key', 'Snowflake', { PrivateKey: null }, 'PrivateKey must be provided.'],
    ['no user', 'Snowflake', { User: null }, 'User must be provided.'],
    [
      'no role',
      'Snowflake',
      { SnowflakeRoleConfiguration: { Enabled: true } },
      'Must provide SnowflakeRole when SnowflakeRoleConfiguration is enabled.',
    ],
    [
      'no columns',
      'Snowflake',
      { DataLoadingOption: 'VARIANT_CONTENT_AND_METADATA_MAPPING', ContentColumnName: 'c' },
      'Must provide ContentColumnName and MetadataColumnName when Data Loading Option is VARIANT_CONTENT_AND_METADATA_MAPPING.',
    ],
    [
      'backup of everything',
      'Iceberg',
      { S3BackupMode: 'AllData' },
      'S3BackupMode.AllData is not supported for Iceberg as destination.',
    ],
    [
      'no table',
      'Iceberg',
      { DestinationTableConfigurationList: [] },
      'A single default destination table configuration must be provided when both Lambda and MetadataExtraction processors are not provided',
    ],
  ])('of destinations: %s (%s)', async (_, kind, changes, message) => {
    expect(await verdict(createInput(kind, changes))).toBe(refused(message));
  });

  test('a database as source goes to Iceberg only', async () => {
    const input = createInput('ExtendedS3', {}, DATABASE_SOURCE);

    expect(await verdict(input)).toBe(
      refused('IcebergDestinationConfiguration must be specified for Database as Source.'),
    );
  });
});

describe('what this host refuses', () => {
  const kms = { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS_KEY } } };

  test.each<[string, JsonObject]>([
    ['of the destination', createInput('ExtendedS3', kms)],
    ['of a backup', createInput('Splunk', { S3Configuration: { ...BACKUP, ...kms } })],
    [
      'of a source backup',
      createInput('ExtendedS3', { S3BackupMode: 'Enabled', S3BackupConfiguration: { ...BACKUP, ...kms } }),
    ],
  ])('encryption of objects %s that it cannot do', async (_, input) => {
    const { status, body } = await testApi({ encryptedBy: () => undefined }).call('CreateDeliveryStream', input);

    expect([status, body.__type]).toEqual([400, 'InvalidArgumentException']);
    expect(body.message).toContain(`under the KMS key ${KMS_KEY} here`);
    expect(body.message).toContain("Name the key under encryptionKeys in Hydrant's configuration file");
    expect(await verdict(input)).toBe('accepted');
  });

  test('conversion to ORC, which nothing here can write', async () => {
    const orc = { OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } } };

    expect(await verdict(converting(orc))).toBe(
      refused(
        'OutputFormatConfiguration.Serializer.OrcSerDe: ORC is not written yet; ' +
          'choose ParquetSerDe, which everything that reads ORC reads as well.',
      ),
    );
  });

  test('a destination without an adapter, when it is strict', async () => {
    const settings = { strictDestinations: true, hasAdapter: (kind: DestinationKind) => kind === 'ExtendedS3' };
    const { call } = testApi(settings);

    const { body } = await call('CreateDeliveryStream', createInput('Splunk'));

    expect(body).toEqual({
      __type: 'InvalidArgumentException',
      message: 'Hydrant has no adapter for Splunk destinations here, and runs with strict destinations.',
    });
  });

  test('nothing of a destination without an adapter otherwise, but it warns', async () => {
    const { output, warnings } = testApi({ hasAdapter: () => false });

    await output('CreateDeliveryStream', createInput('Splunk'));

    expect(warnings.map(({ fields }) => fields)).toEqual([{ stream: 'clicks', destination: 'Splunk' }]);
  });

  test('nothing of a stream for Redshift where buckets are folders, but it says what to do', async () => {
    const { output, warnings } = testApi({ hasAdapter: () => false });

    await output('CreateDeliveryStream', createInput('Redshift'));

    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('run Hydrant with --s3')]);
  });

  test('a prefix rule of AWS comes before what this host cannot do', async () => {
    const input = createInput('ExtendedS3', { ...kms, Prefix: '!{' });
    const { body } = await testApi({ encryptedBy: () => undefined }).call('CreateDeliveryStream', input);

    expect(body.message).toContain('Invalid expression usage');
  });
});
