import type { JsonObject, JsonValue } from '../../core/json.ts';
import { raised } from './errors.ts';
import { makes, SLOT_BYTES, step } from './meter.ts';
import { lengthOf, sliceOf } from './strings.ts';
import { copied, equal, isArray, isObject, kindOf, memberOf, setMember, sortedBy } from './values.ts';

/** Keys, indexes and slices on the way into a value. */
export type Path = readonly JsonValue[];

/** `value[key]` as jq has it: null where there is nothing, an error where there cannot be anything. */
export function at(value: JsonValue, key: JsonValue): JsonValue {
  if (typeof key === 'string') {
    if (value === null) return null;
    if (typeof value === 'object' && !isArray(value)) return memberOf(value, key) ?? null;
  } else if (typeof key === 'number') {
    if (isArray(value)) return Number.isInteger(key) ? (value[key < 0 ? key + value.length : key] ?? null) : null;
    if (value === null) return null;
  } else if (isArray(key)) {
    if (isArray(value)) return indexesOf(value, key);
  } else if (isObject(key)) {
    if (value === null) return null;
    if (isArray(value) || typeof value === 'string') return sliced(value, key);
  }
  throw cannotIndex(value, key);
}

const LONGEST_NAMED_KEY_BYTES = 30;

function cannotIndex(value: JsonValue, key: JsonValue) {
  const name =
    typeof key === 'string' && Buffer.byteLength(key) < LONGEST_NAMED_KEY_BYTES ? `string "${key}"` : kindOf(key);
  return raised(`Cannot index ${kindOf(value)} with ${name}`);
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function sliced(value: readonly JsonValue[] | string, key: JsonObject): JsonValue {
  const isText = typeof value === 'string';
  const range = rangeOf(isText ? lengthOf(value) : value.length, key);
  if (range === undefined) {
    throw raised(`Start and end indices of an ${isText ? 'string' : 'array'} slice must be numbers`);
  }
  if (isText) return sliceOf(value, range.from, range.to);
  makes((range.to - range.from) * SLOT_BYTES);
  return value.slice(range.from, range.to);
}

/** Negative numbers count from the end; a fraction widens the slice. */
function rangeOf(length: number, key: JsonObject): Range | undefined {
  const given = { start: memberOf(key, 'start'), end: memberOf(key, 'end') };
  // An end that is missing is an error, one that is null is open.
  if (given.start === undefined || given.end === undefined) return undefined;
  const start = given.start ?? 0;
  const end = given.end ?? length;
  if (typeof start !== 'number' || typeof end !== 'number') return undefined;
  const from = Math.trunc(clamped(start < 0 ? start + length : start, length));
  const to = Math.ceil(clamped(end < 0 ? end + length : end, length));
  return { from, to: Math.max(from, to) };
}

function clamped(index: number, length: number): number {
  return index >= 0 ? Math.min(index, length) : 0;
}

/** Where a run of elements occurs, overlaps counted. */
function indexesOf(value: readonly JsonValue[], run: readonly JsonValue[]): JsonValue {
  const found: number[] = [];
  for (let i = 0; i < value.length && run.length > 0; i++) {
    step();
    const isHere = run.every((each, j) => i + j < value.length && equal(value[i + j] ?? null, each));
    if (isHere) found.push(i);
  }
  makes(found.length * SLOT_BYTES);
  return found;
}

export function getPath(value: JsonValue, path: JsonValue): JsonValue {
  if (!isArray(path)) throw raised('Path must be specified as an array');
  return path.reduce((part, key) => at(part, key), value);
}

/** The value with another at the end of a path; what is missing on the way is made. */
export function setPath(value: JsonValue, path: JsonValue, to: JsonValue): JsonValue {
  if (!isArray(path)) throw raised('Path must be specified as an array');
  return setFrom(value, path, 0, to);
}

function setFrom(value: JsonValue, path: Path, depth: number, to: JsonValue): JsonValue {
  const key = path[depth];
  if (key === undefined) return to;
  step();
  return setAt(value, key, setFrom(at(value, key), path, depth + 1, to));
}

function setAt(value: JsonValue, key: JsonValue, to: JsonValue): JsonValue {
  if (typeof key === 'string' && (value === null || isObject(value))) {
    const draft = copied(value ?? {});
    setMember(draft, key, to);
    return draft;
  }
  if (typeof key === 'number' && (value === null || isArray(value))) return setElement(value ?? [], key, to);
  if (isObject(key) && (value === null || isArray(value))) return setSlice(value ?? [], key, to);
  throw raised(`Cannot update field at ${kindOf(key)} index of ${kindOf(value)}`);
}

/** An array may grow by one assignment to so many elements. */
const LONGEST_ARRAY = 1_000_000;

function setElement(array: readonly JsonValue[], key: number, to: JsonValue): JsonValue {
  const whole = Number.isNaN(key) ? 0 : Math.trunc(key);
  const index = whole < 0 ? array.length + whole : whole;
  if (index < 0) throw raised('Out of bounds negative array index');
  if (index >= LONGEST_ARRAY && index >= array.length) throw raised('Array index too large');
  makes(Math.max(array.length, index + 1) * SLOT_BYTES);
  const copy = [...array];
  while (copy.length < index) copy.push(null);
  copy[index] = to;
  return copy;
}

function setSlice(array: readonly JsonValue[], key: JsonObject, to: JsonValue): JsonValue {
  const range = rangeOf(array.length, key);
  if (range === undefined) throw raised('Start and end indices of an array slice must be numbers');
  if (!isArray(to)) throw raised('A slice of an array can only be assigned another array');
  makes((array.length + to.length) * SLOT_BYTES);
  return [...array.slice(0, range.from), ...to, ...array.slice(range.to)];
}

/**
 * The value without what the paths lead to. What goes from one array goes at once, so that no index shifts before its
 * turn.
 */
export function deletePaths(value: JsonValue, paths: JsonValue): JsonValue {
  if (!isArray(paths)) throw raised('Paths must be specified as an array');
  const sorted: Path[] = sortedBy(paths, paths).map(({ value: path }) => {
    if (isArray(path)) return path;
    throw raised(`Path must be specified as array, not ${kindOf(path)}`);
  });
  if (sorted[0] === undefined) return value;
  return sorted[0].length === 0 ? null : deleteFrom(value, sorted, 0);
}

/** Of sorted paths that agree up to a depth. */
function deleteFrom(value: JsonValue, paths: readonly Path[], depth: number): JsonValue {
  let rest = value;
  const keys: JsonValue[] = [];
  for (let i = 0; i < paths.length; ) {
    const key = paths[i]![depth]!; // i < paths.length, and all paths are deeper
    let end = i + 1;
    while (end < paths.length && equal(key, paths[end]![depth]!)) end++;
    if (paths[i]!.length === depth + 1) keys.push(key);
    else {
      const part = at(rest, key);
      if (part !== null) rest = setAt(rest, key, deleteFrom(part, paths.slice(i, end), depth + 1));
    }
    i = end;
  }
  return deleteKeys(rest, keys);
}

function deleteKeys(value: JsonValue, keys: readonly JsonValue[]): JsonValue {
  if (value === null || keys.length === 0) return value;
  if (isArray(value)) return deleteElements(value, keys);
  if (!isObject(value)) throw raised(`Cannot delete fields from ${kindOf(value)}`);
  const draft = copied(value);
  for (const key of keys) {
    if (typeof key !== 'string') throw raised(`Cannot delete ${kindOf(key)} field of object`);
    delete draft[key];
  }
  return draft;
}

function deleteElements(array: readonly JsonValue[], keys: readonly JsonValue[]): JsonValue {
  const ranges = keys.map((key): Range => {
    if (typeof key === 'number') {
      const index = Math.trunc(key < 0 ? array.length + Math.trunc(key) : key);
      return { from: index, to: index + 1 };
    }
    if (!isObject(key)) throw raised(`Cannot delete ${kindOf(key)} element of array`);
    const range = rangeOf(array.length, key);
    if (range === undefined) throw raised('Start and end indices of an array slice must be numbers');
    return range;
  });
  makes(array.length * SLOT_BYTES);
  const isGone = new Uint8Array(array.length);
  for (const { from, to } of ranges) isGone.fill(1, Math.max(from, 0), Math.max(to, 0));
  return array.filter((_, i) => isGone[i] === 0);
}
