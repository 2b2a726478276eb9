import { type Ranges, union } from './ranges.ts';

/** A record that a destination will not take. */
export interface RefusedRecord {
  /** Its place, as `read` tells it. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Several, for one reason. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Their places in the batch. */
  readonly records: Ranges;
}

/** Reasons that are kept apart: a message may quote its record, and each reason of a batch costs memory. */
const REASONS_MOST = 1_000;

/**
 * Adds records to what was refused before. Beyond so many reasons, records share the message of the first that has
 * their code.
 */
export function withRefused(refusals: readonly Refusal[], records: readonly RefusedRecord[]): readonly Refusal[] {
  if (records.length === 0) return refusals;
  const groups = new Map<string, { code: string; message: string; ranges: (readonly [number, number])[] }>();
  const groupOf = ({ code, message }: { readonly code: string; readonly message: string }) => {
    const own = `${code} ${message}`;
    const key = groups.size < REASONS_MOST || groups.has(own) ? own : code;
    const group = groups.get(key) ?? { code, message, ranges: [] };
    groups.set(key, group);
    return group;
  };
  for (const refusal of refusals) groupOf(refusal).ranges.push(...refusal.records);
  for (const record of records) groupOf(record).ranges.push([record.index, record.index + 1]);
  return [...groups.values()].map(({ ranges, ...reason }) => ({ ...reason, records: union(...ranges) }));
}
