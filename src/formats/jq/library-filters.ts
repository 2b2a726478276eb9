import type { JsonValue } from '../../core/json.ts';
import { iterate, iterated, pathsOf } from './access.ts';
import { updated } from './assign.ts';
import { array, conditional, pipe } from './combine.ts';
import { raised } from './errors.ts';
import {
  collected,
  EMPTY,
  type Emit,
  type EmitPlace,
  type Env,
  type Filter,
  IDENTITY_FILTER,
  isSame,
  ofMany,
  ofOne,
  type Place,
} from './filter.ts';
import {
  anyOf,
  first,
  isEmpty,
  last,
  limited,
  nth,
  range,
  rangeBy,
  repeating,
  until,
  whileTrue,
} from './library-loops.ts';
import { extreme, grouped, listed } from './library-values.ts';
import { enter, leave, makes, SLOT_BYTES, step } from './meter.ts';
import { at, deletePaths, getPath, type Path } from './paths.ts';
import { described } from './text.ts';
import { type Draft, isArray, isObject, isTrue, keysOf, memberOf, setMember, sortedBy } from './values.ts';

type Make = (...args: Filter[]) => Filter;

const EACH = iterated(IDENTITY_FILTER, false);

/** Functions that run what they are given, by name and number of arguments. */
const FUNCTIONS: Readonly<Record<string, Make>> = {
  'empty/0': () => EMPTY,
  'error/0': () => failing(IDENTITY_FILTER),
  'error/1': (message = IDENTITY_FILTER) => failing(message),
  'path/1': (f = EMPTY) => ofMany((input, env, emit) => pathsOf(f, input, env, emit)),
  'paths/0': () => ofMany((input, _, emit) => allPaths(input, [], emit)),
  'paths/1': (f = EMPTY) =>
    ofMany((input, env, emit) =>
      allPaths(input, [], (path) =>
        f.each(getPath(input, path), env, (value) => {
          if (isTrue(value)) emit(path);
        }),
      ),
    ),
  'getpath/1': (path = EMPTY) => atPath(path),
  'del/1': (f = EMPTY) => ofOne((input, env) => deletePaths(input, pathList(f, input, env))),
  'select/1': (f = EMPTY) => conditional(f, IDENTITY_FILTER, EMPTY),
  'recurse/0': () => recursing(iterated(IDENTITY_FILTER, true)),
  'recurse/1': (f = EMPTY) => recursing(f),
  'repeat/1': (f = EMPTY) => repeating(f),
  'map/1': (f = EMPTY) => mapping(f),
  'map_values/1': (f = EMPTY) => updated(EACH, f),
  'first/1': (f = EMPTY) => first(f),
  'last/1': (f = EMPTY) => last(f),
  'limit/2': (count = EMPTY, f = EMPTY) => limited(count, f),
  'nth/2': (index = EMPTY, f = EMPTY) => nth(index, f),
  'isempty/1': (f = EMPTY) => isEmpty(f),
  'range/1': (to = EMPTY) =>
    range(
      ofOne(() => 0),
      to,
    ),
  'range/2': (from = EMPTY, to = EMPTY) => range(from, to),
  'range/3': (from = EMPTY, to = EMPTY, by = EMPTY) => rangeBy(from, to, by),
  'any/0': () => anyOf(EACH, IDENTITY_FILTER.one, true),
  'all/0': () => anyOf(EACH, IDENTITY_FILTER.one, false),
  'sort_by/1': (f = EMPTY) =>
    byKeys(f, (input, keys) => {
      if (isArray(input)) return sortedBy(input, keys).map(({ value }) => value);
      throw raised(`${described(input)} and ${described(keys)} cannot be sorted, as they are not both arrays`);
    }),
  'group_by/1': (f = EMPTY) => byKeys(f, grouped),
  'unique_by/1': (f = EMPTY) => byKeys(f, (input, keys) => grouped(input, keys).map(([least = null]) => least)),
  'min_by/1': (f = EMPTY) => byKeys(f, (input, keys) => extreme(input, keys, 'min')),
  'max_by/1': (f = EMPTY) => byKeys(f, (input, keys) => extreme(input, keys, 'max')),
  'from_entries/0': () => ofOne(fromEntries),
};

/** A function, or undefined when there is none of that name and number of arguments. */
export function filterFunction(name: string, args: readonly Filter[]): Filter | undefined {
  const key = `${name}/${args.length}`;
  const [a, b] = args;
  const one = b?.one;
  // Where a condition has one output, nothing but the first true one, and the item after it, is looked at.
  if (key === 'any/1' && a?.one) return anyOf(EACH, a.one, true);
  if (key === 'all/1' && a?.one) return anyOf(EACH, a.one, false);
  if (key === 'any/2' && a && one) return anyOf(a, one, true);
  if (key === 'all/2' && a && one) return anyOf(a, one, false);
  if (key === 'until/2' && a?.one && b && one) return until(a.one, b, one);
  if (key === 'while/2' && a?.one && b && one) return whileTrue(a.one, b, one);
  return Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key]?.(...args) : undefined;
}

/** In jq an error without a message is as good as no output. */
function failing(message: Filter): Filter {
  return ofMany((input, env) =>
    message.each(input, env, (value) => {
      if (value !== null) throw raised(value);
    }),
  );
}

function pathList(f: Filter, input: JsonValue, env: Env | undefined): JsonValue {
  const paths: JsonValue[] = [];
  pathsOf(f, input, env, (path) => {
    makes(SLOT_BYTES);
    paths.push(path);
  });
  return paths;
}

/** Every path but the empty one, from the outside in. */
function allPaths(value: JsonValue, path: Path, emit: Emit): void {
  enter();
  const visit = (key: JsonValue, part: JsonValue): void => {
    step();
    makes((path.length + 1) * SLOT_BYTES);
    const inner = [...path, key];
    emit(inner);
    if (typeof part === 'object') allPaths(part, inner, emit);
  };
  if (isArray(value)) value.forEach((part, i) => void visit(i, part));
  else if (isObject(value)) for (const key of keysOf(value)) visit(key, memberOf(value, key) ?? null);
  leave();
}

function atPath(path: Filter): Filter {
  const { one } = path;
  return {
    one: one && ((input, env) => getPath(input, one(input, env))),
    each: (input, env, emit) => path.each(input, env, (keys) => emit(getPath(input, keys))),
    paths: (input, env, place, emit) =>
      path.each(input, env, (keys) => {
        const value = getPath(input, keys);
        if (!isSame(input, place)) emit(value, place);
        else emit(value, { path: [...place.path, ...(isArray(keys) ? keys : [keys])], value });
      }),
  };
}

function recursing(f: Filter): Filter {
  const each = (input: JsonValue, env: Env | undefined, emit: Emit): void => {
    enter();
    emit(input);
    f.each(input, env, (value) => each(value, env, emit));
    leave();
  };
  const paths = (input: JsonValue, env: Env | undefined, place: Place, emit: EmitPlace): void => {
    enter();
    emit(input, place);
    f.paths(input, env, place, (value, found) => paths(value, env, found, emit));
    leave();
  };
  return { one: undefined, each, paths };
}

function mapping(f: Filter): Filter {
  const { one } = f;
  if (one === undefined) return array(pipe(EACH, f));
  return ofOne((input, env) => {
    const made: JsonValue[] = [];
    iterate(input, false, (value) => {
      makes(SLOT_BYTES);
      made.push(one(value, env));
    });
    return made;
  });
}

/** Keys are arrays of outputs, so that one key may have several or none. */
function byKeys(f: Filter, apply: (input: JsonValue, keys: readonly JsonValue[]) => JsonValue): Filter {
  return ofOne((input, env) =>
    apply(
      input,
      listed(input).map((value) => collected(f, value, env)),
    ),
  );
}

function fromEntries(input: JsonValue): JsonValue {
  const draft: Draft = {};
  for (const entry of listed(input)) {
    step();
    const key = ['key', 'Key', 'name', 'Name'].reduce<JsonValue>(
      (found, name) => (isTrue(found) ? found : at(entry, name)),
      null,
    );
    const hasValue = isObject(entry) && memberOf(entry, 'value') !== undefined;
    const value = at(entry, hasValue ? 'value' : 'Value');
    if (typeof key !== 'string') throw raised(`Cannot use ${described(key)} as object key`);
    makes(SLOT_BYTES);
    setMember(draft, key, value);
  }
  return draft;
}
