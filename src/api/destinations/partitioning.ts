import { partitionKeysOf } from '../../formats/prefix-rules.ts';
import { invalidArgument } from '../invalid.ts';
import { compiledQuery, type Processor } from './processors.ts';
import type { ExtendedS3 } from './s3.ts';

type Partitioning = NonNullable<ExtendedS3['DynamicPartitioningConfiguration']>;

export function isPartitioning(config: ExtendedS3): boolean {
  return config.DynamicPartitioningConfiguration?.Enabled === true;
}

/** Observed on AWS: a retry duration of 300 s is filled in. */
export function completePartitioning({ Enabled = false, RetryOptions }: Partitioning): Partitioning {
  if (!Enabled && RetryOptions === undefined) return { Enabled };
  return { Enabled, RetryOptions: { DurationInSeconds: 300, ...RetryOptions } };
}

const SIZE_LEAST_MB = 64;
const INTERVAL_LEAST_S = 60;

/** AWS's rules; whether the prefix names partition keys at all is among the rules for prefixes. */
export function checkPartitioning(config: ExtendedS3): void {
  if (!isPartitioning(config)) return;
  const { SizeInMBs = SIZE_LEAST_MB, IntervalInSeconds = INTERVAL_LEAST_S } = config.BufferingHints ?? {};
  if (SizeInMBs < SIZE_LEAST_MB) {
    throw invalidArgument('BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.');
  }
  if (IntervalInSeconds < INTERVAL_LEAST_S) {
    throw invalidArgument(
      'BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled.',
    );
  }
  if (config.ProcessingConfiguration?.Enabled !== true) {
    throw invalidArgument('Processing Configuration is not enabled when DataPartitioning is enabled');
  }
  checkKeys(config.Prefix ?? '', config.ProcessingConfiguration.Processors ?? []);
}

function checkKeys(prefix: string, processors: readonly Processor[]): void {
  const { query, lambda } = partitionKeysOf(prefix);
  const processor = (type: Processor['Type']) => processors.find(({ Type }) => Type === type);
  if (lambda.length > 0 && processor('Lambda') === undefined) {
    throw invalidArgument(
      'Lambda should be present when S3 Prefix contains keys from partitionKeyFromLambda namespace',
    );
  }
  const extraction = processor('MetadataExtraction');
  if (query.length > 0 && extraction === undefined) {
    throw invalidArgument(
      'MetadataExtraction processor should be present when S3 Prefix has partitionKeyFromQuery namespace',
    );
  }
  if (extraction !== undefined) checkQueryKeys(compiledQuery(extraction).outputKeys, query);
}

/** The wording of the second is ours: AWS's was not observed. A query whose keys cannot be told is left to run. */
function checkQueryKeys(found: readonly string[] | undefined, used: readonly string[]): void {
  if (found === undefined) return;
  if (!found.every((key) => used.includes(key))) {
    throw invalidArgument(
      "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression",
    );
  }
  const missing = used.find((key) => !found.includes(key));
  if (missing !== undefined) {
    throw invalidArgument(
      `S3 Prefix has the partition key ${missing}, which MetaDataExtraction JQ Query does not have`,
    );
  }
}
