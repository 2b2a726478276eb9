import assert from 'node:assert';
import { isJsonObject, type JsonObject } from './json.ts';
import type { Stage } from './lanes.ts';
import type { DestinationKind, StreamDefinition } from './streams.ts';

/**
 * What the pipeline reads from a stream's definition. The API has checked the configuration and filled in every
 * default.
 */

export interface Hints {
  readonly sizeBytes: number;
  readonly intervalMs: number;
}

/** Firehose's megabytes are MiB. */
const MIB = 1024 * 1024;

/**
 * With a buffering interval of 0 records still wait this long for company: one object a put would drown any store. AWS
 * promises "within a few seconds".
 */
const ZERO_BUFFERING_MS = 500;

/** Without a Lambda processor's own hints, records are processed as soon as there is a batch worth the trip. */
const PROCESS_HINTS: Hints = { sizeBytes: MIB, intervalMs: 1_000 };

/** When the lanes of a stage are due. */
export function hintsOf(stream: StreamDefinition, stage: Stage): Hints {
  switch (stage) {
    case 'process':
      return lambdaHintsIn(processorsOf(stream)) ?? PROCESS_HINTS;
    case 'deliver':
      return deliveryHints(stream);
    case 'backup':
      return hintsIn(backupConfigOf(stream));
    case 'error':
      return hintsIn(s3ConfigOf(stream));
  }
}

/**
 * Whether the batches of a lane go one after the other: COPYs of a stream do, as on AWS.
 * https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
 */
export function goesInOrder({ destination }: StreamDefinition, stage: Stage): boolean {
  return stage === 'deliver' && destination.kind === 'Redshift';
}

/** Hints of our own stand above those of the configuration: AWS sets them limits that we need not. */
function deliveryHints(stream: StreamDefinition): Hints {
  const { destination, extensions = {} } = stream;
  if (isJsonObject(extensions.BufferingHints)) return hintsIn(extensions);
  return hintsIn(destination.kind === 'Redshift' ? s3ConfigOf(stream) : destination.config);
}

/**
 * The S3 configuration that takes failed records: the destination itself, or the bucket every other destination must
 * name.
 */
function s3ConfigOf(stream: StreamDefinition): JsonObject {
  const { kind, config } = stream.destination;
  return kind === 'ExtendedS3' ? config : memberOf(config, 'S3Configuration');
}

/** What reports of failed records name of the stream's destination: processors, and the index of documents. */
const REPORTED = ['ProcessingConfiguration', 'IndexName', 'IndexRotationPeriod', 'TypeName'];

/** The S3 configuration that takes failed records, with what its reports name. */
export function errorConfigOf(stream: StreamDefinition): JsonObject {
  const { config } = stream.destination;
  const reported = REPORTED.flatMap((name) => {
    const value = config[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...s3ConfigOf(stream), ...Object.fromEntries(reported) };
}

/** The S3 configuration that takes the source-record backup. */
export function backupConfigOf(stream: StreamDefinition): JsonObject {
  const { config } = stream.destination;
  return isJsonObject(config.S3BackupConfiguration) ? config.S3BackupConfiguration : s3ConfigOf(stream);
}

/**
 * Whether every source record also goes to the backup: `Enabled` for S3 and Redshift, `AllDocuments`, `AllEvents`,
 * `AllData` elsewhere.
 */
export function backsUpEverything(stream: StreamDefinition): boolean {
  const mode = stream.destination.config.S3BackupMode;
  return mode === 'Enabled' || (typeof mode === 'string' && mode.startsWith('All'));
}

/** The stream's processors, in the order given; none when processing is off. */
export function processorsOf(stream: StreamDefinition): readonly JsonObject[] {
  const processing = stream.destination.config.ProcessingConfiguration;
  if (!isJsonObject(processing) || processing.Enabled !== true) return [];
  return Array.isArray(processing.Processors) ? processing.Processors.filter(isJsonObject) : [];
}

/** Only joining needs no processing stage: AppendDelimiterToRecord is applied when a batch is joined. */
export function needsProcessing(stream: StreamDefinition): boolean {
  return processorsOf(stream).some(({ Type }) => Type !== 'AppendDelimiterToRecord');
}

/** Whether records go to dynamic partitions. */
export function isPartitioned(stream: StreamDefinition): boolean {
  const partitioning = stream.destination.config.DynamicPartitioningConfiguration;
  return isJsonObject(partitioning) && partitioning.Enabled === true;
}

/** The value of a processor's parameter. */
export function parameterIn(processor: JsonObject, name: string): string | undefined {
  const parameters = Array.isArray(processor.Parameters) ? processor.Parameters.filter(isJsonObject) : [];
  const value = parameters.find(({ ParameterName }) => ParameterName === name)?.ParameterValue;
  return typeof value === 'string' ? value : undefined;
}

function lambdaHintsIn(processors: readonly JsonObject[]): Hints | undefined {
  const lambda = processors.find(({ Type }) => Type === 'Lambda');
  if (lambda === undefined) return undefined;
  const [size, interval] = [parameterIn(lambda, 'BufferSizeInMBs'), parameterIn(lambda, 'BufferIntervalInSeconds')];
  assert(size !== undefined && interval !== undefined, 'a stored Lambda processor has its hints');
  return { sizeBytes: Math.round(Number(size) * MIB), intervalMs: Number(interval) * 1_000 };
}

/** How often a chunk is processed again before its records are given up. Only a Lambda processor fails as a whole. */
export function processingRetriesMost(stream: StreamDefinition): number {
  const lambda = processorsOf(stream).find(({ Type }) => Type === 'Lambda');
  return Number((lambda && parameterIn(lambda, 'NumberOfRetries')) ?? LAMBDA_RETRIES);
}

/** AWS's default. */
const LAMBDA_RETRIES = 3;

export interface Retries {
  /** 0: no retry. */
  readonly durationMs: number;
  /** Whether only the waits between attempts count, or all the time since the first attempt began. */
  readonly countsOnlyWaits: boolean;
}

/** How long a failing delivery is retried; undefined for ever. */
export function retriesOf({ destination: { kind, config } }: StreamDefinition): Retries | undefined {
  if (!isJsonObject(config.RetryOptions)) return undefined;
  const { DurationInSeconds } = config.RetryOptions;
  assert(typeof DurationInSeconds === 'number', 'stored retry options have a duration');
  // https://docs.aws.amazon.com/firehose/latest/dev/retry.html
  return { durationMs: DurationInSeconds * 1_000, countsOnlyWaits: kind === 'HttpEndpoint' || kind === 'Splunk' };
}

/** AWS's quota of a stream. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const ACTIVE_PARTITIONS = 500;

/** How many dynamic partitions may hold records at once. */
export function activePartitionsMost({ extensions }: StreamDefinition): number {
  const asked = extensions?.ActivePartitions;
  return typeof asked === 'number' ? asked : ACTIVE_PARTITIONS;
}

/** Firehose's error-output-type for records that a destination would not take. */
export const REFUSED_BY_DESTINATION: Readonly<Record<DestinationKind, string>> = {
  ExtendedS3: 'format-conversion-failed',
  Redshift: 'redshift-failed',
  Elasticsearch: 'AmazonOpenSearchService-failed',
  Amazonopensearchservice: 'AmazonOpenSearchService-failed',
  AmazonOpenSearchServerless: 'AmazonOpenSearchServerless-failed',
  Splunk: 'splunk-failed',
  HttpEndpoint: 'http-endpoint-failed',
  Snowflake: 'snowflake-failed',
  Iceberg: 'iceberg-failed',
};

function hintsIn(config: JsonObject): Hints {
  const { SizeInMBs, IntervalInSeconds } = memberOf(config, 'BufferingHints');
  assert(typeof SizeInMBs === 'number' && typeof IntervalInSeconds === 'number', 'stored hints are complete');
  return { sizeBytes: SizeInMBs * MIB, intervalMs: Math.max(IntervalInSeconds * 1_000, ZERO_BUFFERING_MS) };
}

function memberOf(config: JsonObject, name: string): JsonObject {
  const member = config[name];
  assert(isJsonObject(member), `stored configuration has ${name}`);
  return member;
}
