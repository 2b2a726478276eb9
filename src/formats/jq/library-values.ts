import type { JsonValue } from '../../core/json.ts';
import { OPERATORS, plus } from './arithmetic.ts';
import { gmtime, mktime } from './calendar.ts';
import { raised, typeError, typeError2 } from './errors.ts';
import { formatBy, tostring } from './formats.ts';
import { makes, SLOT_BYTES, step, stepBy } from './meter.ts';
import { parseJson } from './parse-json.ts';
import { at, deletePaths, setPath } from './paths.ts';
import { strftime } from './strftime.ts';
import { byteIndexes, fromCodePoint, lengthOf, split } from './strings.ts';
import { strptime } from './strptime.ts';
import { described, jqText } from './text.ts';
import {
  compare,
  contains,
  type Draft,
  equal,
  isArray,
  isObject,
  isTrue,
  keysOf,
  kindOf,
  memberOf,
  sortedBy,
  sortedKeysOf,
} from './values.ts';

type OfValues = (input: JsonValue, ...args: JsonValue[]) => JsonValue;
type OfTwo = (input: JsonValue, arg: JsonValue) => JsonValue;

const ISO = '%Y-%m-%dT%H:%M:%SZ';
const hasKeys = (input: JsonValue): boolean => isArray(input) || isObject(input);

const OF_INPUT: Readonly<Record<string, (input: JsonValue) => JsonValue>> = {
  not: (input) => !isTrue(input),
  length,
  utf8bytelength: (input) => {
    if (typeof input !== 'string') throw typeError(input, 'only strings have UTF-8 byte length');
    return Buffer.byteLength(input);
  },
  type: kindOf,
  tojson: jqText,
  tostring,
  fromjson: (input) => {
    if (typeof input !== 'string') throw typeError(input, 'only strings can be parsed');
    return parseJson(input);
  },
  tonumber,
  keys: (input) => keys(input, sortedKeysOf),
  keys_unsorted: (input) => keys(input, keysOf),
  to_entries: (input) => {
    const entries = keys(input, keysOf).map((key) => ({ key, value: at(input, key) }));
    makes(entries.length * 4 * SLOT_BYTES);
    return entries;
  },
  first: (input) => at(input, 0),
  last: (input) => at(input, -1),
  add: sum,
  sort: (input) => {
    if (!isArray(input)) throw typeError(input, 'cannot be sorted, as it is not an array');
    return sortedBy(input, input).map(({ value }) => value);
  },
  min: (input) => extreme(input, input, 'min'),
  max: (input) => extreme(input, input, 'max'),
  // jq takes arrays of one for keys, and says so when it cannot.
  unique: (input) => {
    const keys = listed(input);
    return grouped(input, isArray(input) ? keys : keys.map((key) => [key])).map(([first = null]) => first);
  },
  reverse,
  flatten: (input) => flattened(input, -1),
  transpose,
  explode: (input) => {
    if (typeof input !== 'string') throw raised('explode input must be a string');
    makes(input.length * SLOT_BYTES);
    return Array.from(input, (char) => char.codePointAt(0) ?? 0);
  },
  implode: (input) => {
    if (!isArray(input)) throw raised('implode input must be an array');
    makes(input.length * 2);
    return input
      .map((point) => {
        if (typeof point === 'number') return fromCodePoint(point);
        throw typeError(point, "can't be imploded, unicode codepoint needs to be numeric");
      })
      .join('');
  },
  ascii_downcase: (input) => cased(input, /[A-Z]+/g, (letters) => letters.toLowerCase()),
  ascii_upcase: (input) => cased(input, /[a-z]+/g, (letters) => letters.toUpperCase()),
  infinite: () => Infinity,
  nan: () => Number.NaN,
  isnan: (input) => Number.isNaN(input),
  isinfinite: (input) => input === Infinity || input === -Infinity,
  isfinite: (input) => typeof input === 'number' && Math.abs(input) !== Infinity,
  isnormal: (input) => typeof input === 'number' && Number.isFinite(input) && Math.abs(input) >= 2 ** -1022,
  gmtime,
  mktime,
  todate: (input) => strftime(input, ISO),
  todateiso8601: (input) => strftime(input, ISO),
  fromdate: (input) => mktime(strptime(input, ISO)),
  fromdateiso8601: (input) => mktime(strptime(input, ISO)),
};

const OF_ONE_ARGUMENT: Readonly<Record<string, OfTwo>> = {
  has: (input, key) => {
    if (input === null) return false;
    if (isArray(input) && typeof key === 'number') return Math.trunc(key) >= 0 && Math.trunc(key) < input.length;
    if (isObject(input) && typeof key === 'string') return memberOf(input, key) !== undefined;
    throw raised(`Cannot check whether ${kindOf(input)} has a ${kindOf(key)} key`);
  },
  contains: (input, other) => {
    if (kindOf(input) === kindOf(other)) return contains(input, other);
    throw typeError2(input, other, 'cannot have their containment checked');
  },
  startswith: (input, part) => {
    if (typeof input === 'string' && typeof part === 'string') return input.startsWith(part);
    throw raised('startswith() requires string inputs');
  },
  endswith: (input, part) => {
    if (typeof input === 'string' && typeof part === 'string') return input.endsWith(part);
    throw raised('endswith() requires string inputs');
  },
  ltrimstr: (input, part) =>
    typeof input === 'string' && typeof part === 'string' && input.startsWith(part) ? input.slice(part.length) : input,
  rtrimstr: (input, part) =>
    typeof input === 'string' && typeof part === 'string' && input.endsWith(part)
      ? input.slice(0, input.length - part.length)
      : input,
  split: (input, separator) => {
    if (typeof input === 'string' && typeof separator === 'string') return split(input, separator);
    throw raised('split input and separator must be strings');
  },
  join: joined,
  indices,
  index: (input, part) => at(indices(input, part), 0),
  rindex: (input, part) => {
    const found = indices(input, part);
    return at(at(found, { start: -1, end: null }), 0);
  },
  nth: at,
  flatten: (input, depth) => {
    if (compare(depth, 0) < 0) throw raised('flatten depth must not be negative');
    return flattened(input, depth);
  },
  delpaths: deletePaths,
  format: formatBy,
  strftime,
  strptime,
};

const OF_TWO_ARGUMENTS: Readonly<Record<string, OfValues>> = {
  setpath: (input, path = null, value = null) => setPath(input, path, value),
};

/** The functions that take values and give one, by name and number of arguments. */
export function valueFunction(name: string, arity: number): OfValues | undefined {
  const table = [OF_INPUT, OF_ONE_ARGUMENT, OF_TWO_ARGUMENTS][arity];
  const found: OfValues | undefined = table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
  return found;
}

function length(input: JsonValue): JsonValue {
  if (input === null) return 0;
  if (typeof input === 'string') return lengthOf(input);
  if (typeof input === 'number') return Math.abs(input);
  if (typeof input === 'boolean') throw typeError(input, 'has no length');
  return isArray(input) ? input.length : Object.keys(input).length;
}

function keys(input: JsonValue, keysIn: (object: Draft) => readonly string[]): readonly (string | number)[] {
  if (!hasKeys(input)) throw typeError(input, 'has no keys');
  if (!isArray(input)) return keysIn(input as Draft); // It has keys and is no array.
  makes(input.length * SLOT_BYTES);
  return input.map((_, i) => i);
}

function tonumber(input: JsonValue): JsonValue {
  if (typeof input === 'number') return input;
  if (typeof input === 'string') {
    const parsed = parseJson(input);
    if (typeof parsed === 'number') return parsed;
  }
  throw typeError(input, 'cannot be parsed as a number');
}

/** All elements, or all members. */
export function listed(input: JsonValue): readonly JsonValue[] {
  if (isArray(input)) return input;
  if (isObject(input)) return keysOf(input).map((key) => memberOf(input, key) ?? null);
  throw raised(`Cannot iterate over ${described(input)}`);
}

/** Arrays grow in one copy of their own, which keeps the sum of many of them linear. */
function sum(input: JsonValue): JsonValue {
  let total: JsonValue = null;
  let own: JsonValue[] | undefined;
  for (const each of listed(input)) {
    step();
    if (own !== undefined && isArray(each)) {
      makes(each.length * SLOT_BYTES);
      stepBy(each.length);
      for (const element of each) own.push(element);
      continue;
    }
    total = plus(own ?? total, each);
    own = total !== each && isArray(total) ? [...total] : undefined;
  }
  return own ?? total;
}

function joined(input: JsonValue, separator: JsonValue): JsonValue {
  let text: JsonValue = null;
  for (const each of listed(input)) {
    step();
    const start: JsonValue = text === null ? '' : plus(text, separator);
    const isPlain = typeof each === 'boolean' || typeof each === 'number';
    text = plus(start, isPlain ? jqText(each) : isTrue(each) ? each : '');
  }
  return isTrue(text) ? text : '';
}

function indices(input: JsonValue, part: JsonValue): JsonValue {
  if (isArray(input)) return at(input, isArray(part) ? part : [part]);
  return typeof input === 'string' && typeof part === 'string' ? byteIndexes(input, part) : at(input, part);
}

export function extreme(input: JsonValue, keys: JsonValue, which: 'min' | 'max'): JsonValue {
  if (!isArray(input) || !isArray(keys)) throw typeError2(input, keys, 'cannot be iterated over');
  let best = 0;
  for (let i = 1; i < input.length; i++) {
    // Of equals the first is the least and the last the greatest.
    const order = compare(keys[i] ?? null, keys[best] ?? null);
    if (order < 0 === (which === 'min')) best = i;
  }
  return input[best] ?? null;
}

/** Runs of equal keys in the order of the keys. */
export function grouped(input: JsonValue, keys: readonly JsonValue[]): readonly JsonValue[][] {
  if (!isArray(input)) throw typeError2(input, keys, 'cannot be sorted, as they are not both arrays');
  const groups: { readonly key: JsonValue; readonly members: JsonValue[] }[] = [];
  for (const { value, key } of sortedBy(input, keys)) {
    const last = groups.at(-1);
    if (last !== undefined && equal(last.key, key)) last.members.push(value);
    else groups.push({ key, members: [value] });
  }
  return groups.map(({ members }) => members);
}

/** Of null and of an empty object and string nothing is left but an empty array. */
function reverse(input: JsonValue): JsonValue {
  const size = length(input);
  if (size === 0) return [];
  if (!isArray(input)) return at(input, Number(size) - 1);
  makes(input.length * SLOT_BYTES);
  return input.toReversed();
}

function flattened(input: JsonValue, depth: JsonValue): JsonValue {
  const flat: JsonValue[] = [];
  const take = (list: readonly JsonValue[], left: JsonValue): void => {
    for (const each of list) {
      step();
      if (isArray(each) && left !== 0) take(each, OPERATORS['-'](left, 1));
      else flat.push(each);
    }
  };
  take(listed(input), depth);
  makes(flat.length * SLOT_BYTES);
  return flat;
}

function transpose(input: JsonValue): JsonValue {
  if (isArray(input) && input.length === 0) return [];
  const rows = listed(input);
  const width = rows.map(length).reduce<JsonValue>((most, each) => (compare(each, most) >= 0 ? each : most), null);
  if (typeof width !== 'number') throw raised('Range bounds must be numeric');
  const columns: JsonValue[] = [];
  for (let column = 0; column < width; column++) {
    makes(rows.length * SLOT_BYTES);
    stepBy(rows.length);
    columns.push(rows.map((_, row) => at(at(input, row), column)));
  }
  return columns;
}

function cased(input: JsonValue, letters: RegExp, change: (letters: string) => string): JsonValue {
  if (typeof input !== 'string') throw raised('explode input must be a string');
  makes(input.length);
  return input.replace(letters, change);
}
