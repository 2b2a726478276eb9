import type { JsonValue } from '../../core/json.ts';
import { raised } from './errors.ts';
import { type Emit, type EmitPlace, type Filter, isSame, ofOne, type Place } from './filter.ts';
import { isRaised, step } from './meter.ts';
import { at } from './paths.ts';
import { described, shortText } from './text.ts';
import { isArray, isObject, keysOf, memberOf } from './values.ts';

/** `.a`, `.a.b.c`: the commonest of all queries. A constant key on a term with one output. */
export function member(of: Filter, key: string): Filter {
  const { one } = of;
  const isPlain = key !== '__proto__';
  const get = (value: JsonValue): JsonValue => {
    if (typeof value === 'object' && value !== null && isPlain && !isArray(value)) {
      const found = isObject(value) ? value[key] : undefined;
      // What is inherited is a function.
      return found === undefined || typeof found === 'function' ? null : found;
    }
    return at(value, key);
  };
  return {
    one: one && ((input, env) => get(one(input, env))),
    each: one
      ? (input, env, emit) => emit(get(one(input, env)))
      : (input, env, emit) => of.each(input, env, (value) => emit(get(value))),
    paths: (input, env, place, emit) =>
      of.paths(input, env, place, (value, found) => goOn(value, key, false, found, emit)),
  };
}

/** `of[key]`: the key is computed from the same input, outermost. */
export function indexed(of: Filter, key: Filter, isOptional: boolean): Filter {
  const { one: oneOf } = of;
  const { one: oneKey } = key;
  return {
    one:
      oneOf && oneKey && !isOptional
        ? (input, env) => {
            const index = oneKey(input, env);
            return at(oneOf(input, env), index);
          }
        : undefined,
    each: (input, env, emit) =>
      key.each(input, env, (index) =>
        of.each(input, env, (value) => {
          if (isOptional) tryAt(value, index, emit);
          else emit(at(value, index));
        }),
      ),
    paths: (input, env, place, emit) =>
      key.each(input, env, (index) =>
        of.paths(input, env, place, (value, found) => goOn(value, index, isOptional, found, emit)),
      ),
  };
}

/** Only the access itself is optional: an error that comes after is an error. */
function tryAt(value: JsonValue, key: JsonValue, emit: Emit): void {
  let found: JsonValue;
  try {
    found = at(value, key);
  } catch (thrown) {
    if (isRaised(thrown)) return;
    throw thrown;
  }
  emit(found);
}

/** One step further on a path. An array as a key searches, and its path leads nowhere that can be set. */
export function goOn(value: JsonValue, key: JsonValue, isOptional: boolean, place: Place, emit: EmitPlace): void {
  if (!isSame(value, place)) {
    const near = `Invalid path expression near attempt to access element ${shortText(key, KEY_BUFFER_BYTES)}`;
    throw raised(`${near} of ${shortText(value, VALUE_BUFFER_BYTES)}`);
  }
  const append = (next: JsonValue): void => emit(next, { path: [...place.path, key], value: next });
  if (isOptional) tryAt(value, key, append);
  else append(at(value, key));
}

const KEY_BUFFER_BYTES = 15;
const VALUE_BUFFER_BYTES = 30;

/** `.[from:to]` is an access by a key that is an object. */
export function slice(of: Filter, from: Filter, to: Filter, isOptional: boolean): Filter {
  const { one: start } = from;
  const { one: end } = to;
  if (start && end) {
    return indexed(
      of,
      ofOne((input, env) => ({ start: start(input, env), end: end(input, env) })),
      isOptional,
    );
  }
  const key: Filter['each'] = (input, env, emit) =>
    from.each(input, env, (first) => to.each(input, env, (last) => emit({ start: first, end: last })));
  return indexed(of, { one: undefined, each: key, paths: () => {} }, isOptional);
}

/** `.[]` */
export function iterated(of: Filter, isOptional: boolean): Filter {
  return {
    one: undefined,
    each: (input, env, emit) => of.each(input, env, (value) => iterate(value, isOptional, emit)),
    paths: (input, env, place, emit) =>
      of.paths(input, env, place, (value, found) => iteratePlaces(value, isOptional, found, emit)),
  };
}

/** Every element or member. */
export function iterate(value: JsonValue, isOptional: boolean, emit: Emit): void {
  if (isArray(value)) {
    for (const each of value) {
      step();
      emit(each);
    }
  } else if (isObject(value)) {
    for (const key of keysOf(value)) {
      step();
      emit(memberOf(value, key) ?? null);
    }
  } else if (!isOptional) throw raised(`Cannot iterate over ${described(value)}`);
}

function iteratePlaces(value: JsonValue, isOptional: boolean, place: Place, emit: EmitPlace): void {
  if (!isSame(value, place)) {
    const near = 'Invalid path expression near attempt to iterate through';
    throw raised(`${near} ${shortText(value, VALUE_BUFFER_BYTES)}`);
  }
  const { path } = place;
  if (isArray(value)) {
    value.forEach((each, i) => {
      step();
      emit(each, { path: [...path, i], value: each });
    });
  } else if (isObject(value)) {
    for (const key of keysOf(value)) {
      step();
      const each = memberOf(value, key) ?? null;
      emit(each, { path: [...path, key], value: each });
    }
  } else if (!isOptional) throw raised(`Cannot iterate over ${described(value)}`);
}

/** `path(f)` and what is built on it: every path that `f` leads to in a value. */
export function pathsOf(filter: Filter, input: JsonValue, env: Parameters<Filter['paths']>[1], emit: Emit): void {
  filter.paths(input, env, { path: [], value: input }, (value, place) => {
    if (!isSame(value, place)) {
      throw raised(`Invalid path expression with result ${shortText(value, VALUE_BUFFER_BYTES)}`);
    }
    step();
    emit(place.path);
  });
}
