import { strict as assert } from 'node:assert';
import type { PartitionKeys } from './object-names.ts';

/**
 * A dynamic partition's name: its keys and values as text, the same for the same keys in whatever order they were
 * found. Without keys it is empty, the name of the one partition of a stream that has no others.
 */
export function partitionName({ query, lambda }: PartitionKeys): string {
  if (query.size + lambda.size === 0) return '';
  return JSON.stringify([sorted(query), sorted(lambda)]);
}

/** The keys of a name that `partitionName` made. */
export function partitionKeysIn(name: string): PartitionKeys | undefined {
  if (name === '') return undefined;
  const stored: unknown = JSON.parse(name);
  assert(isPairLists(stored), 'a partition is named by partitionName');
  const [query = [], lambda = []] = stored;
  return { query: new Map(query), lambda: new Map(lambda) };
}

type Pairs = readonly (readonly [key: string, value: string])[];

function sorted(keys: ReadonlyMap<string, string>): Pairs {
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
}

function isPairLists(value: unknown): value is readonly Pairs[] {
  return (
    Array.isArray(value) &&
    value.every((list) => Array.isArray(list) && list.every((pair) => Array.isArray(pair) && pair.every(isText)))
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
