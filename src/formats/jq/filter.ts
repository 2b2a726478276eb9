import type { JsonValue } from '../../core/json.ts';
import { makes, SLOT_BYTES, step } from './meter.ts';
import type { Path } from './paths.ts';

/** What a name is bound to while a query runs: a list, innermost first, in the order the compiler knows. */
export interface Env {
  readonly value: JsonValue;
  /** Of a function's parameter: what was given for it, and where that has its own names. */
  readonly closure: Closure | undefined;
  readonly up: Env | undefined;
}

export interface Closure {
  readonly filter: Filter;
  readonly env: Env | undefined;
}

export type Emit = (value: JsonValue) => void;

/**
 * Where a path expression has come to: the path and the value there. jq keeps them beside the value that it computes,
 * and asks whether the two are the same one when the path goes on.
 */
export interface Place {
  readonly path: Path;
  readonly value: JsonValue;
}

export type EmitPlace = (value: JsonValue, place: Place) => void;

/**
 * A compiled expression. Outputs are handed to a callback, which runs all that comes after; returning from it asks for
 * the next output. Records are shared, never changed.
 */
export interface Filter {
  /** Where there is always exactly one output, or an error: the same as a function. */
  readonly one: One | undefined;
  readonly each: (input: JsonValue, env: Env | undefined, emit: Emit) => void;
  readonly paths: (input: JsonValue, env: Env | undefined, place: Place, emit: EmitPlace) => void;
}

export type One = (input: JsonValue, env: Env | undefined) => JsonValue;

/** An expression with one output that leads nowhere: in a path expression the place stays what it is. */
export function ofOne(one: One): Filter {
  return {
    one,
    each: (input, env, emit) => emit(one(input, env)),
    paths: (input, env, place, emit) => emit(one(input, env), place),
  };
}

/** The same with any number of outputs. */
export function ofMany(each: Filter['each']): Filter {
  return {
    one: undefined,
    each,
    paths: (input, env, place, emit) => each(input, env, (value) => emit(value, place)),
  };
}

export function constant(value: JsonValue): Filter {
  return ofOne(() => value);
}

export const IDENTITY_FILTER: Filter = {
  one: (input) => input,
  each: (input, _, emit) => emit(input),
  paths: (input, _, place, emit) => emit(input, place),
};

export const EMPTY: Filter = { one: undefined, each: () => {}, paths: () => {} };

/** All outputs for an input. */
export function collected(filter: Filter, input: JsonValue, env: Env | undefined): JsonValue[] {
  if (filter.one !== undefined) return [filter.one(input, env)];
  const values: JsonValue[] = [];
  filter.each(input, env, (value) => {
    makes(SLOT_BYTES);
    step();
    values.push(value);
  });
  return values;
}

/** A function of values, for every combination of its arguments' outputs: the first argument changes fastest. */
export function lifted(apply: (input: JsonValue, ...args: JsonValue[]) => JsonValue, args: readonly Filter[]): Filter {
  const [first, second, third] = args;
  if (first === undefined) return ofOne((input) => apply(input));
  if (second === undefined) return liftedOne(apply, first);
  if (third === undefined && first.one !== undefined && second.one !== undefined) {
    const { one: a } = first;
    const { one: b } = second;
    return ofOne((input, env) => {
      const right = b(input, env);
      return apply(input, a(input, env), right);
    });
  }
  return ofMany((input, env, emit) => {
    const given: JsonValue[] = [];
    const fill = (index: number): void => {
      if (index < 0) emit(apply(input, ...given));
      else {
        args[index]!.each(input, env, (value) => {
          // index < args.length
          given[index] = value;
          fill(index - 1);
        });
      }
    };
    fill(args.length - 1);
  });
}

function liftedOne(apply: (input: JsonValue, arg: JsonValue) => JsonValue, arg: Filter): Filter {
  const { one } = arg;
  if (one !== undefined) return ofOne((input, env) => apply(input, one(input, env)));
  return ofMany((input, env, emit) => arg.each(input, env, (value) => emit(apply(input, value))));
}

/** Whether a value is the very one at a place: jq compares pointers, so that equal texts made anew pass here only. */
export function isSame(value: JsonValue, place: Place): boolean {
  return Object.is(value, place.value);
}
