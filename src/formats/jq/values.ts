import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { makes, SLOT_BYTES, step, stepBy } from './meter.ts';

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function kindOf(value: JsonValue): Kind {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
  }
  return value === null ? 'null' : isArray(value) ? 'array' : 'object';
}

export function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export const isObject = isJsonObject;

export function isTrue(value: JsonValue): boolean {
  return value !== null && value !== false;
}

/** An object that is being made, by the query and not yet seen by anybody else. */
export type Draft = Record<string, JsonValue>;

/** A member of an object, or undefined: never what objects inherit. */
export function memberOf(object: JsonObject, key: string): JsonValue | undefined {
  const value = object[key];
  // What is inherited is a function, or the prototype itself.
  if (typeof value !== 'function' && key !== '__proto__') return value;
  return Object.hasOwn(object, key) ? value : undefined;
}

/** Sets an own member, whatever it is called: a plain assignment to `__proto__` would set the prototype. */
export function setMember(draft: Draft, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(draft, key, { value, writable: true, enumerable: true, configurable: true });
  } else draft[key] = value;
}

/** A copy to change. */
export function copied(object: JsonObject): Draft {
  const keys = Object.keys(object);
  makes(keys.length * SLOT_BYTES);
  stepBy(keys.length >> 3);
  return { ...object } as Draft; // Members of JSON are never undefined.
}

/** Keys as `keys_unsorted` gives them. JavaScript moves those that look like array indexes to the front. */
export function keysOf(object: JsonObject): readonly string[] {
  const keys = Object.keys(object);
  makes(keys.length * SLOT_BYTES);
  return keys;
}

export function sortedKeysOf(object: JsonObject): readonly string[] {
  return [...keysOf(object)].sort(compareStrings);
}

/** By code points, which is the order of the bytes in UTF-8. UTF-16 differs: surrogates sort before U+E000. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The order of jq: null, false, true, numbers, strings, arrays, objects. Not-a-number is less than any number. */
export function compare(a: JsonValue, b: JsonValue): number {
  step();
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a === b ? 0 : Number.isNaN(a) ? -1 : 1;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const order = orderOf(a) - orderOf(b);
  if (order !== 0) return order;
  if (isArray(a) && isArray(b)) return compareArrays(a, b);
  return isObject(a) && isObject(b) ? compareObjects(a, b) : 0;
}

function orderOf(value: JsonValue): number {
  if (value === null) return 1;
  if (value === false) return 2;
  if (value === true) return 3;
  return typeof value === 'number' ? 4 : typeof value === 'string' ? 5 : isArray(value) ? 6 : 7;
}

function compareArrays(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compare(a[i]!, b[i]!); // below both lengths
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** First by their sorted keys, then by the values in the order of the keys. */
function compareObjects(a: JsonObject, b: JsonObject): number {
  const keys = sortedKeysOf(a);
  const order = compareArrays(keys, sortedKeysOf(b));
  if (order !== 0) return order;
  for (const key of keys) {
    const byValue = compare(memberOf(a, key) ?? null, memberOf(b, key) ?? null);
    if (byValue !== 0) return byValue;
  }
  return 0;
}

export function equal(a: JsonValue, b: JsonValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  step();
  if (a === b) return true;
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((each, i) => equal(each, b[i]!)); // of the same length
  }
  if (isArray(b)) return false;
  const keys = keysOf(a);
  return (
    keys.length === keysOf(b).length &&
    keys.every((key) => {
      const other = memberOf(b, key);
      return other !== undefined && equal(memberOf(a, key) ?? null, other);
    })
  );
}

/** For two values of the same kind. jq compares the strings of C, which end at the first NUL. */
export function contains(a: JsonValue, b: JsonValue): boolean {
  step();
  if (isArray(a) && isArray(b)) return b.every((each) => a.some((other) => contains(other, each)));
  if (typeof a === 'string' && typeof b === 'string') return cString(a).includes(cString(b));
  if (isArray(a) || isArray(b) || !isObject(a) || !isObject(b)) return equal(a, b);
  return keysOf(b).every((key) => {
    const mine = memberOf(a, key);
    return mine !== undefined && contains(mine, memberOf(b, key) ?? null);
  });
}

export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Sorted, stable. `keys` are what to sort by, one for each. */
export function sortedBy<T>(values: readonly T[], keys: readonly JsonValue[]): { value: T; key: JsonValue }[] {
  makes(values.length * SLOT_BYTES * 4);
  return values.map((value, i) => ({ value, key: keys[i]! })).sort((a, b) => compare(a.key, b.key)); // as many keys
}
