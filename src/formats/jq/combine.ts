import type { JsonValue } from '../../core/json.ts';
import { OPERATORS } from './arithmetic.ts';
import { raised } from './errors.ts';
import { collected, type Filter, ofMany, ofOne } from './filter.ts';
import { at } from './paths.ts';
import type { Operator } from './syntax.ts';
import { described } from './text.ts';
import { type Draft, isTrue, setMember } from './values.ts';

export function pipe(left: Filter, right: Filter): Filter {
  const { one: first } = left;
  const { one: second } = right;
  return {
    one: first && second && ((input, env) => second(first(input, env), env)),
    each: first
      ? (input, env, emit) => right.each(first(input, env), env, emit)
      : (input, env, emit) => left.each(input, env, (value) => right.each(value, env, emit)),
    paths: (input, env, place, emit) =>
      left.paths(input, env, place, (value, found) => right.paths(value, env, found, emit)),
  };
}

export function comma(left: Filter, right: Filter): Filter {
  return {
    one: undefined,
    each: (input, env, emit) => {
      left.each(input, env, emit);
      right.each(input, env, emit);
    },
    paths: (input, env, place, emit) => {
      left.paths(input, env, place, emit);
      right.paths(input, env, place, emit);
    },
  };
}

export function operation(operator: Operator, left: Filter, right: Filter): Filter {
  const apply = OPERATORS[operator];
  const { one: first } = left;
  const { one: second } = right;
  if (first && second) {
    return ofOne((input, env) => {
      const b = second(input, env);
      return apply(first(input, env), b);
    });
  }
  return ofMany((input, env, emit) => right.each(input, env, (b) => left.each(input, env, (a) => emit(apply(a, b)))));
}

export function conditional(condition: Filter, then: Filter, otherwise: Filter): Filter {
  const { one } = condition;
  const { one: yes } = then;
  const { one: no } = otherwise;
  return {
    one: one && yes && no && ((input, env) => (isTrue(one(input, env)) ? yes(input, env) : no(input, env))),
    each: one
      ? (input, env, emit) => (isTrue(one(input, env)) ? then : otherwise).each(input, env, emit)
      : (input, env, emit) =>
          condition.each(input, env, (value) => (isTrue(value) ? then : otherwise).each(input, env, emit)),
    paths: (input, env, place, emit) =>
      condition.each(input, env, (value) => (isTrue(value) ? then : otherwise).paths(input, env, place, emit)),
  };
}

/** `and`, `or`: the right side runs only where the left does not decide. The place goes through both, as in jq. */
export function logical(operator: 'and' | 'or', left: Filter, right: Filter): Filter {
  const decides = operator === 'or';
  const { one: first } = left;
  const { one: second } = right;
  return {
    one:
      first &&
      second &&
      ((input, env) => (isTrue(first(input, env)) === decides ? decides : isTrue(second(input, env)))),
    each: (input, env, emit) =>
      left.each(input, env, (a) => {
        if (isTrue(a) === decides) emit(decides);
        else right.each(input, env, (b) => emit(isTrue(b)));
      }),
    paths: (input, env, place, emit) =>
      left.paths(input, env, place, (a, found) => {
        if (isTrue(a) === decides) emit(decides, found);
        else right.paths(input, env, found, (b, last) => emit(isTrue(b), last));
      }),
  };
}

/** `a // b`: what is true of a, or else b. In jq 1.6 an error in a is an error. */
export function alternative(left: Filter, right: Filter): Filter {
  const { one: first } = left;
  const { one: second } = right;
  return {
    one:
      first &&
      second &&
      ((input, env) => {
        const value = first(input, env);
        return isTrue(value) ? value : second(input, env);
      }),
    each: (input, env, emit) => {
      let isFound = false;
      left.each(input, env, (value) => {
        if (!isTrue(value)) return;
        isFound = true;
        emit(value);
      });
      if (!isFound) right.each(input, env, emit);
    },
    paths: (input, env, place, emit) => {
      let isFound = false;
      left.paths(input, env, place, (value, found) => {
        if (!isTrue(value)) return;
        isFound = true;
        emit(value, found);
      });
      if (!isFound) right.paths(input, env, place, emit);
    },
  };
}

/** `[f]` */
export function array(of: Filter): Filter {
  return ofOne((input, env) => collected(of, input, env));
}

export interface Member {
  readonly key: Filter;
  /** Undefined in `{"a"}`: the member of that name. */
  readonly value: Filter | undefined;
}

/** `{key: value, …}` with whatever keys: for every combination of outputs, the last changes fastest. */
export function object(members: readonly Member[]): Filter {
  return ofMany((input, env, emit) => {
    const fill = (index: number, made: Draft): void => {
      const next = members[index];
      if (next === undefined) {
        emit(made);
        return;
      }
      next.key.each(input, env, (key) => {
        const put = (value: JsonValue): void => {
          if (typeof key !== 'string') throw raised(`Cannot use ${described(key)} as object key`);
          const draft = { ...made };
          setMember(draft, key, value);
          fill(index + 1, draft);
        };
        if (next.value === undefined) put(at(input, key));
        else next.value.each(input, env, put);
      });
    };
    fill(0, {});
  });
}

/** The same where all keys are constants and every value has one output. */
export function record(keys: readonly string[], values: readonly NonNullable<Filter['one']>[]): Filter {
  if (keys.includes('__proto__')) {
    return ofOne((input, env) => {
      const draft: Draft = {};
      keys.forEach((key, i) => void setMember(draft, key, values[i]!(input, env))); // as many values
      return draft;
    });
  }
  return ofOne((input, env) => {
    const draft: Draft = {};
    for (let i = 0; i < keys.length; i++) draft[keys[i]!] = values[i]!(input, env); // as many values
    return draft;
  });
}
