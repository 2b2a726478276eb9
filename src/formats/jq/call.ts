import type { JsonValue } from '../../core/json.ts';
import type { Env, Filter } from './filter.ts';
import { enter, leave } from './meter.ts';
import { type Code, entryAt } from './names.ts';

/** `$name` */
export function variable(hops: number): Filter {
  const one = (_: JsonValue, env: Env | undefined): JsonValue => entryAt(env, hops).value;
  return {
    one,
    each: (input, env, emit) => emit(one(input, env)),
    paths: (input, env, place, emit) => emit(one(input, env), place),
  };
}

/** A call of what was given for a parameter: it runs with the names of where it was written. */
export function parameter(hops: number): Filter {
  const closureOf = (env: Env | undefined) => entryAt(env, hops).closure!; // An entry for a parameter has one.
  return {
    one: undefined,
    each: (input, env, emit) => {
      const { filter, env: own } = closureOf(env);
      filter.each(input, own, emit);
    },
    paths: (input, env, place, emit) => {
      const { filter, env: own } = closureOf(env);
      filter.paths(input, own, place, emit);
    },
  };
}

/**
 * A call of a function. Its body sees the names at its definition, `hops` further out, itself among them, so that it
 * can recurse; without hops it is a function of the library, which sees none.
 */
export function call(code: Code, hops: number | undefined, args: readonly Filter[]): Filter {
  const innerOf = (env: Env | undefined): Env | undefined => {
    let inner = hops === undefined ? undefined : entryAt(env, hops);
    for (const filter of args) inner = { value: null, closure: { filter, env }, up: inner };
    return inner;
  };
  const one = code.filter?.one;
  return {
    one:
      one &&
      ((input, env) => {
        enter();
        const output = one(input, innerOf(env));
        leave();
        return output;
      }),
    each: (input, env, emit) => {
      enter();
      code.filter!.each(input, innerOf(env), emit); // compiled before anything runs
      leave();
    },
    paths: (input, env, place, emit) => {
      enter();
      code.filter!.paths(input, innerOf(env), place, emit); // compiled before anything runs
      leave();
    },
  };
}

/** `def …; rest`: an entry that calls find. */
export function defined(rest: Filter): Filter {
  const { one } = rest;
  const inner = (up: Env | undefined): Env => ({ value: null, closure: undefined, up });
  return {
    one: one && ((input, env) => one(input, inner(env))),
    each: (input, env, emit) => rest.each(input, inner(env), emit),
    paths: (input, env, place, emit) => rest.paths(input, inner(env), place, emit),
  };
}
