import { isJsonObject } from '../../core/json.ts';

export type FoundKeys =
  | { readonly result: 'none' }
  | { readonly result: 'found'; readonly keys: Readonly<Record<string, string>> }
  | { readonly result: 'unusable'; readonly message: string };

/**
 * The partition keys in a record's metadata, their values as strings: numbers and booleans are written as JSON writes
 * them, a key that is null is left out as if it were not there. What AWS says of other values nobody has seen; here
 * they cost that one record and are named, since a wrong value would put the record where nobody looks for it.
 */
export function partitionKeysIn(metadata: unknown): FoundKeys {
  if (metadata === null || metadata === undefined) return { result: 'none' };
  if (!isJsonObject(metadata)) return unusable('The metadata of a record must be an object.');
  const { partitionKeys } = metadata;
  if (partitionKeys === null || partitionKeys === undefined) return { result: 'none' };
  if (!isJsonObject(partitionKeys)) return unusable('The partitionKeys of a record must be an object.');
  const keys: [string, string][] = [];
  for (const [name, value] of Object.entries(partitionKeys)) {
    if (value === null) continue;
    if (typeof value === 'object') return unusable(`The value of partition key ${shown(name)} must be a string.`);
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return unusable(`The value of partition key ${shown(name)} has too many digits for a number; make it a string.`);
    }
    keys.push([name, String(value)]);
  }
  // Not by assignment: a key named __proto__ is a key like any other.
  return { result: 'found', keys: Object.fromEntries(keys) };
}

const NAME_CHARACTERS_SHOWN = 100;

function shown(name: string): string {
  return JSON.stringify(name.slice(0, NAME_CHARACTERS_SHOWN));
}

function unusable(message: string): FoundKeys {
  return { result: 'unusable', message };
}
