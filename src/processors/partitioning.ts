import { partitionName } from '../formats/partition-names.ts';
import { partitionKeysOf } from '../formats/prefix-rules.ts';
import type { Item, Keys, Reason } from './item.ts';

/** Observed on AWS, for whatever keeps a record from having a partition. */
const EXTRACTION_FAILED = {
  type: 'metadata-extraction-failed',
  code: 'DynamicPartitioning.MetadataExtractionFailed',
} as const;

export function extractionFailed(message: string): Reason {
  return { ...EXTRACTION_FAILED, message };
}

/**
 * The partition of a record by the keys that the prefix names; others that a query or a function gave do not count. A
 * key without a value, or with an empty one, fails the record, as on AWS.
 */
export function partitioner(prefix: string): (item: Item) => string | Reason {
  const needed = partitionKeysOf(prefix);
  return ({ queryKeys, lambdaKeys }) => {
    const query = picked(needed.query, queryKeys);
    const lambda = picked(needed.lambda, lambdaKeys);
    if (query === undefined || lambda === undefined) return NO_VALUE;
    return partitionName({ query, lambda });
  };
}

const NO_VALUE = extractionFailed('partitionKeys values must not be null or empty');

function picked(needed: readonly string[], keys: Keys | undefined): Keys | undefined {
  const values = new Map<string, string>();
  for (const key of needed) {
    const value = keys?.get(key);
    if (value === undefined || value === '') return undefined;
    values.set(key, value);
  }
  return values;
}
