import { count } from '../../src/cli/amounts.ts';
import type { Tally } from './collectors.ts';
import { EVENTS, isCutOff } from './events.ts';

/** What became of the events that were sent to one destination. */
export interface Account {
  readonly name: string;
  /** Events that the far side has. */
  readonly delivered: number;
  /** Of these, those that it has more than once. */
  readonly twice: number;
  /** Events that the destination cannot take. */
  readonly refused: number;
  /** Events that are in the error output. */
  readonly failed: number;
  /** What does not add up; empty when all does. */
  readonly faults: readonly string[];
}

export interface Found {
  readonly name: string;
  /** Whether it takes events that are no JSON. */
  readonly takesAll: boolean;
  readonly delivered: Tally;
  readonly failed: Tally;
  /** Whether a repeat must not leave an event twice. */
  readonly isOnce: boolean;
}

/** Every event must be in exactly one place: with the far side, or in the error output when it was to be refused. */
export function accountOf({ name, takesAll, delivered, failed, isOnce }: Found): Account {
  const isRefused = (number: number) => !takesAll && isCutOff(number);
  const all = Array.from({ length: EVENTS }, (_, number) => number);
  const missing = all.filter((number) => !delivered.has(number) && !failed.has(number));
  const both = all.filter((number) => delivered.has(number) && failed.has(number));
  const astray = all.filter((number) => failed.has(number) !== isRefused(number));
  const twice = [...delivered.values()].filter((times) => times > 1).length;
  const failedTwice = [...failed.values()].filter((times) => times > 1).length;
  const faults = [
    ...fault(missing.length, 'are nowhere'),
    ...fault(both.length, 'are both delivered and in the error output'),
    ...fault(astray.length, 'are where they should not be'),
    ...fault(failedTwice, 'are in the error output twice'),
    ...(isOnce ? fault(twice, 'are delivered twice') : []),
    ...fault(delivered.size + failed.size - EVENTS, 'are more than were sent'),
  ];
  const refused = all.filter(isRefused).length;
  return { name, delivered: delivered.size, twice, refused, failed: failed.size, faults };
}

function fault(events: number, what: string): readonly string[] {
  return events > 0 ? [`${count(events)} events ${what}`] : [];
}

const COLUMNS = ['', 'sent', 'delivered', 'refused', 'in the error output', 'delivered twice'];

export function table(accounts: readonly Account[]): string {
  const rows = accounts.map(({ name, delivered, refused, failed, twice }) => [
    name,
    ...[EVENTS, delivered, refused, failed, twice].map(count),
  ]);
  const widths = COLUMNS.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}\n`;
  return [COLUMNS, ...rows].map(line).join('');
}
