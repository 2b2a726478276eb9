import { ConfigError } from '../../core/errors.ts';

/** A column's type as Glue's catalogue and Hive write it. */
export type HiveType =
  | { readonly kind: 'array'; readonly element: HiveType }
  | { readonly kind: 'map'; readonly key: ScalarType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: readonly HiveField[] }
  | ScalarType;

export type ScalarType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'char' | 'varchar'; readonly length: number };

export interface HiveField {
  readonly name: string;
  readonly type: HiveType;
}

type SimpleKind = (typeof SIMPLE)[number];

const SIMPLE = [
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'timestamp',
] as const;

const isSimple = (word: string): word is SimpleKind => (SIMPLE as readonly string[]).includes(word);

/** Hive's and Glue's other spellings. */
const SAME_AS: Readonly<Record<string, string>> = { integer: 'int', dec: 'decimal', numeric: 'decimal' };

/** Hive's limits. */
const CHAR_MOST = 255;
const VARCHAR_MOST = 65_535;
const PRECISION_MOST = 38;

/** Hive has none; a table that needs more is a mistake, and the stack has an end. */
const NESTED_MOST = 64;

interface Text {
  readonly text: string;
  at: number;
  readonly wrong: (what: string) => ConfigError;
}

/**
 * Parses `array<struct<sku:string,price:decimal(10,2)>>` and the like. Letters' case and spaces do not matter, except
 * that names are kept as they are. Throws a ConfigError that names the column, its type, and what is wrong with it.
 */
export function hiveType(text: string, column: { readonly name: string; readonly field: string }): HiveType {
  const wrong = (what: string): ConfigError =>
    new ConfigError(column.field, `the type ${text} of column ${column.name} is not one of Hive's: ${what}`);
  const read: Text = { text, at: 0, wrong };
  const type = anyType(read, 0);
  if (peek(read) !== undefined) throw wrong(`nothing may follow at character ${read.at + 1}`);
  return type;
}

function anyType(read: Text, depth: number): HiveType {
  if (depth > NESTED_MOST) throw read.wrong(`it is nested more than ${NESTED_MOST} levels deep`);
  const spelled = word(read, /[a-z0-9_]/i).toLowerCase();
  const name = SAME_AS[spelled] ?? spelled;
  if (isSimple(name)) return { kind: name };
  switch (name) {
    case 'decimal':
      return decimal(read);
    case 'char':
      return { kind: 'char', length: length(read, CHAR_MOST) };
    case 'varchar':
      return { kind: 'varchar', length: length(read, VARCHAR_MOST) };
    case 'array':
      return between(read, () => ({ kind: 'array', element: anyType(read, depth + 1) }));
    case 'map':
      return between(read, () => map(read, depth));
    case 'struct':
      return between(read, () => struct(read, depth));
    default:
      throw read.wrong(name === '' ? 'a type is missing' : `there is no type ${name}`);
  }
}

function map(read: Text, depth: number): HiveType {
  const key = anyType(read, depth + 1);
  if (key.kind === 'array' || key.kind === 'map' || key.kind === 'struct') {
    throw read.wrong('the key of a map cannot be an array, a map or a struct');
  }
  expect(read, ',');
  return { kind: 'map', key, value: anyType(read, depth + 1) };
}

function struct(read: Text, depth: number): HiveType {
  const fields: HiveField[] = [];
  // Each turn passes a comma of the text.
  do {
    const name = fieldName(read);
    if (name === '') throw read.wrong('a field of a struct has no name');
    if (fields.some((field) => field.name.toLowerCase() === name.toLowerCase())) {
      throw read.wrong(`a struct has two fields named ${name}`);
    }
    expect(read, ':');
    fields.push({ name, type: anyType(read, depth + 1) });
  } while (taken(read, ','));
  return { kind: 'struct', fields };
}

/** Between `<` and `>`. */
function between(read: Text, inner: () => HiveType): HiveType {
  expect(read, '<');
  const type = inner();
  expect(read, '>');
  return type;
}

/** Without its numbers it is `decimal(10,0)`, as in Hive. */
function decimal(read: Text): ScalarType {
  if (!taken(read, '(')) return { kind: 'decimal', precision: 10, scale: 0 };
  const precision = count(read);
  const scale = taken(read, ',') ? count(read) : 0;
  expect(read, ')');
  if (precision < 1 || precision > PRECISION_MOST) throw read.wrong(`its precision is not 1 to ${PRECISION_MOST}`);
  if (scale > precision) throw read.wrong('its scale is larger than its precision');
  return { kind: 'decimal', precision, scale };
}

function length(read: Text, most: number): number {
  expect(read, '(');
  const value = count(read);
  expect(read, ')');
  if (value < 1 || value > most) throw read.wrong(`its length is not 1 to ${most}`);
  return value;
}

function count(read: Text): number {
  const digits = word(read, /[0-9]/);
  if (digits === '' || digits.length > 6) throw read.wrong(`a number is missing at character ${read.at + 1}`);
  return Number(digits);
}

/** Anything up to the colon; Hive quotes odd names with backquotes. */
function fieldName(read: Text): string {
  if (!taken(read, '`')) return word(read, /[^:<>,\s]/);
  const name = word(read, /[^`]/);
  expect(read, '`');
  return name;
}

function word(read: Text, letters: RegExp): string {
  peek(read);
  const start = read.at;
  while (read.at < read.text.length && letters.test(read.text.charAt(read.at))) read.at++;
  return read.text.slice(start, read.at);
}

function expect(read: Text, char: string): void {
  if (!taken(read, char)) throw read.wrong(`${char} is missing at character ${read.at + 1}`);
}

function taken(read: Text, char: string): boolean {
  if (peek(read) !== char) return false;
  read.at++;
  return true;
}

/** The next character that is no space. */
function peek(read: Text): string | undefined {
  while (/\s/.test(read.text.charAt(read.at))) read.at++;
  return read.text[read.at];
}
