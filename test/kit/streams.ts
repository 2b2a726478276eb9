import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind, StreamDefinition } from '../../src/core/streams.ts';

export interface StreamToMake {
  readonly name?: string;
  readonly version?: number;
  readonly sizeMb?: number;
  readonly intervalSeconds?: number;
  readonly kind?: DestinationKind;
  /** Merged over the configuration. */
  readonly config?: JsonObject;
}

/** A stream as the API would have stored it, ready for the pipeline. */
export function aStream(options: StreamToMake = {}): StreamDefinition {
  const { name = 'events', version = 1, sizeMb = 1, intervalSeconds = 60, kind = 'ExtendedS3', config = {} } = options;
  const s3 = {
    RoleARN: 'arn:aws:iam::000000000000:role/firehose',
    BucketARN: 'arn:aws:s3:::lake',
    BufferingHints: { SizeInMBs: sizeMb, IntervalInSeconds: intervalSeconds },
    CompressionFormat: 'UNCOMPRESSED',
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false },
  };
  const own =
    kind === 'ExtendedS3'
      ? { ...s3, S3BackupMode: 'Disabled' }
      : { BufferingHints: s3.BufferingHints, RetryOptions: { DurationInSeconds: 300 }, S3Configuration: s3 };
  return {
    id: `id${name}`,
    name,
    arn: `arn:aws:firehose:us-east-1:000000000000:deliverystream/${name}`,
    type: 'DirectPut',
    version,
    createdAt: 0,
    activeAt: 0,
    destination: { kind, config: { ...own, ...config } },
    tags: [],
  };
}

/** One whose records come from a Kinesis stream. */
export function aKinesisStream(options: StreamToMake = {}): StreamDefinition {
  const stream = aStream(options);
  const source = {
    KinesisStreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream.name}`,
    RoleARN: 'arn:aws:iam::000000000000:role/firehose',
  };
  return { ...stream, type: 'KinesisStreamAsSource', source: { KinesisStreamSourceConfiguration: source } };
}

/** Members of a bucket's configuration that partition by a key of the records. */
export function partitionedBy(key: string): JsonObject {
  const parameters = { MetadataExtractionQuery: `{${key}: .${key}}`, JsonParsingEngine: 'JQ-1.6' };
  return partitioned(`${key}=!{partitionKeyFromQuery:${key}}/`, 'MetadataExtraction', parameters);
}

/** Those that partition by the key `p` that the function `fickle` gives. */
export function partitionedByFunction(parameters: Readonly<Record<string, string>>) {
  const LambdaArn = 'arn:aws:lambda:us-east-1:000000000000:function:fickle';
  return {
    ...partitioned('p=!{partitionKeyFromLambda:p}/', 'Lambda', { LambdaArn, ...parameters }),
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  };
}

function partitioned<Type extends string>(Prefix: string, type: Type, parameters: Readonly<Record<string, string>>) {
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => {
    return { ParameterName, ParameterValue };
  });
  return {
    Prefix,
    DynamicPartitioningConfiguration: { Enabled: true },
    ProcessingConfiguration: { Enabled: true, Processors: [{ Type: type, Parameters }] },
  };
}

/** One whose records come from a topic, all of them. */
export function anMskStream(options: StreamToMake = {}): StreamDefinition {
  const stream = aStream(options);
  const source = {
    MSKClusterARN: 'arn:aws:kafka:us-east-1:000000000000:cluster/test/0',
    TopicName: stream.name,
    AuthenticationConfiguration: { RoleARN: 'arn:aws:iam::000000000000:role/firehose', Connectivity: 'PUBLIC' },
  };
  return { ...stream, type: 'MSKAsSource', source: { MSKSourceConfiguration: source } };
}
