import { isUtf8 } from 'node:buffer';
import type { TableSchema } from './converter.ts';
import { sqlDays } from './instants.ts';
import { CELL, ESCAPED, FALSE, FRACTION, INTEGER, jsonReader, NULL, OBJECT, STRING, TRUE } from './json-tape.ts';
import { scalarRules } from './scalar-rules.ts';

export interface Inference {
  /** Learns from a record; says what is wrong with it when nothing can be learnt. */
  readonly learn: (record: Buffer) => string | undefined;
  /** The table that every record learnt from fits, as OpenX with its defaults reads them. */
  readonly table: () => InferredTable;
}

export interface InferredTable extends TableSchema {
  /** What whoever uses the table should know, a sentence each. */
  readonly notes: readonly string[];
}

/** Of all levels together. A record that brings more keys than that has them made of data. */
const FIELDS_MOST = 2_000;
/** A type can be nested a little deeper than that. */
const DEPTH_MOST = 60;
const DECIMAL_DIGITS_MOST = 38;

/** What was seen of one field. */
interface Seen {
  /** Kinds of values, by the names below. */
  readonly kinds: Set<'boolean' | 'bigint' | 'decimal' | 'double' | 'date' | 'timestamp' | 'text' | 'object' | 'array'>;
  readonly fields: Map<string, Seen>;
  element?: Seen;
}

/** Infers the columns of a table from JSON records. */
export function inference(): Inference {
  const { tape, read } = jsonReader();
  const { instant } = scalarRules({ kind: 'openx', isCaseInsensitive: true, convertsDots: false, keyOf: {} });
  const root = unseen();
  const notes = new Set<string>();
  let bytes: Buffer = Buffer.alloc(0);
  let fields = 0;

  function learn(record: Buffer): string | undefined {
    if (!isUtf8(record)) return 'It is not UTF-8.';
    bytes = record;
    const problem = read(record, 0, record.length);
    if (problem !== undefined) return problem.message;
    if (tape.length === 0) return 'The record is empty.';
    for (let at = 0; at < tape.length; at = behind(at)) if (kindAt(at) !== OBJECT) return 'It is not a JSON object.';
    for (let at = 0; at < tape.length; at = behind(at)) learnObject(at, root, 0);
    return undefined;
  }

  const kindAt = (at: number): number => tape.cells[at]!; // Every cell has four numbers.
  const behind = (at: number): number => tape.cells[at + 3]!;
  const textAt = (at: number): string => {
    const text = bytes.toString('utf8', tape.cells[at + 1], tape.cells[at + 2]);
    return kindAt(at) === ESCAPED ? JSON.parse(`"${text}"`) : text;
  };

  function learnObject(at: number, seen: Seen, depth: number): void {
    for (let key = at + CELL; key < behind(at); key = behind(behind(key))) {
      const field = fieldOf(seen, textAt(key));
      if (field !== undefined) learnValue(behind(key), field, depth + 1);
    }
  }

  /** Names are matched without regard to case, as OpenX does unless it is told otherwise. */
  function fieldOf({ fields: known }: Seen, key: string): Seen | undefined {
    const name = key.toLowerCase();
    const field = known.get(name);
    if (field !== undefined) return field;
    if (name === '' || /[`\n\r]/.test(name)) {
      notes.add(`A key that no column can be named for is left out: ${JSON.stringify(key)}.`);
      return undefined;
    }
    if (++fields > FIELDS_MOST) {
      notes.add(`Only the first ${FIELDS_MOST} different keys are in the table.`);
      return undefined;
    }
    if (name.includes('.')) {
      notes.add(
        `${key} has a dot: Athena wants columns without, for which ConvertDotsInJsonKeysToUnderscores is there.`,
      );
    }
    const added = unseen();
    known.set(name, added);
    return added;
  }

  function learnValue(at: number, seen: Seen, depth: number): void {
    const [start, end] = [tape.cells[at + 1]!, tape.cells[at + 2]!]; // Every cell has four numbers.
    switch (kindAt(at)) {
      case NULL:
        return;
      case TRUE:
      case FALSE:
        return void seen.kinds.add('boolean');
      case INTEGER:
        return void seen.kinds.add(kindOfInteger(bytes.toString('latin1', start, end)));
      case FRACTION:
        return void seen.kinds.add(kindOfFraction(bytes.toString('latin1', start, end)));
      case STRING:
        return void seen.kinds.add(kindOfText(start, end));
      case ESCAPED:
        return void seen.kinds.add('text');
      case OBJECT:
        seen.kinds.add(depth < DEPTH_MOST ? 'object' : 'text');
        if (depth < DEPTH_MOST) learnObject(at, seen, depth);
        return;
      default:
        learnArray(at, seen, depth);
    }
  }

  function learnArray(at: number, seen: Seen, depth: number): void {
    seen.kinds.add(depth < DEPTH_MOST ? 'array' : 'text');
    if (depth >= DEPTH_MOST) return;
    seen.element ??= unseen();
    for (let element = at + CELL; element < behind(at); element = behind(element)) {
      learnValue(element, seen.element, depth + 1);
    }
  }

  /** Only what looks like a time in every other system too; OpenX would also take digits for one. */
  function kindOfText(start: number, end: number): 'date' | 'timestamp' | 'text' {
    const text = bytes.toString('latin1', start, Math.min(end, start + TIME_LONGEST + 1));
    if (/^\d{4}-\d\d-\d\d$/.test(text) && sqlDays(text) !== undefined) return 'date';
    const looksRight = text.length <= TIME_LONGEST && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text);
    return looksRight && instant(STRING, bytes, start, end) !== undefined ? 'timestamp' : 'text';
  }

  return {
    learn,
    table() {
      const told = new Set(notes);
      const columns = [...root.fields].map(([name, seen]) => ({ name, type: typeOf(seen, name, told) }));
      return { columns, notes: [...told] };
    },
  };
}

/** `2026-01-15T12:30:00.123456789+01:00` and a little more. */
const TIME_LONGEST = 40;

function unseen(): Seen {
  return { kinds: new Set(), fields: new Map() };
}

function kindOfInteger(text: string): 'bigint' | 'decimal' | 'text' {
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) === value) return 'bigint';
  return text.replace('-', '').length <= DECIMAL_DIGITS_MOST ? 'decimal' : 'text';
}

function kindOfFraction(text: string): 'double' | 'text' {
  return Number.isFinite(Number(text)) ? 'double' : 'text';
}

/** The narrowest type that takes all that was seen; in doubt text, which OpenX makes of anything. */
function typeOf(seen: Seen, path: string, notes: Set<string>): string {
  const kinds = [...seen.kinds].sort().join(' ');
  switch (kinds) {
    case '':
      notes.add(`${path} was null in every record, so that string is a guess.`);
      return 'string';
    case 'boolean':
    case 'bigint':
    case 'double':
    case 'date':
    case 'timestamp':
      return kinds;
    case 'decimal':
    case 'bigint decimal':
      return `decimal(${DECIMAL_DIGITS_MOST},0)`;
    case 'bigint double':
      return 'double';
    case 'array':
      return `array<${seen.element === undefined ? 'string' : typeOf(seen.element, `${path}[]`, notes)}>`;
    case 'object':
      return structOf(seen, path, notes);
    case 'text':
      return 'string';
    default:
      if (kinds !== 'date text' && kinds !== 'text timestamp') {
        notes.add(`${path} holds different kinds of values (${[...seen.kinds].join(', ')}), so it is a string.`);
      }
      return 'string';
  }
}

function structOf({ fields }: Seen, path: string, notes: Set<string>): string {
  if (fields.size === 0) return 'string';
  const types = [...fields].map(([name, field]) => `${quoted(name)}:${typeOf(field, `${path}.${name}`, notes)}`);
  return `struct<${types.join(',')}>`;
}

/** As Hive quotes odd names. */
function quoted(name: string): string {
  return /^[a-z0-9_]+$/.test(name) ? name : `\`${name}\``;
}
