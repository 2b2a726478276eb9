import type { JsonValue } from '../../core/json.ts';
import { plus } from './arithmetic.ts';
import { untilEnough } from './control.ts';
import { raised } from './errors.ts';
import { constant, type Filter, type One, ofMany, ofOne } from './filter.ts';
import { enter, leave, step } from './meter.ts';
import { described } from './text.ts';
import { compare, isTrue } from './values.ts';

/** Its outputs over and over, which only a limit around it ends. */
export function repeating(f: Filter): Filter {
  return {
    one: undefined,
    each: (input, env, emit) => {
      for (;;) {
        step();
        f.each(input, env, emit);
      }
    },
    paths: (input, env, place, emit) => {
      for (;;) {
        step();
        f.paths(input, env, place, emit);
      }
    },
  };
}

export function first(f: Filter): Filter {
  return {
    one: f.one,
    each: (input, env, emit) =>
      untilEnough((enough) =>
        f.each(input, env, (value) => {
          emit(value);
          enough();
        }),
      ),
    paths: (input, env, place, emit) =>
      untilEnough((enough) =>
        f.paths(input, env, place, (value, found) => {
          emit(value, found);
          enough();
        }),
      ),
  };
}

export function last(f: Filter): Filter {
  return ofOne((input, env) => {
    let found: JsonValue = null;
    f.each(input, env, (value) => {
      step();
      found = value;
    });
    return found;
  });
}

/** Looks at the count after an output, so that a limit of nothing lets one pass, as in jq 1.6. */
export function limited(count: Filter, f: Filter): Filter {
  const counting = (most: JsonValue, enough: () => never) => {
    if (typeof most !== 'number') throw raised(`${described(most)} and ${described(1)} cannot be subtracted`);
    let left = most;
    return (go: () => void): void => {
      step();
      left -= 1;
      go();
      if (left <= 0) enough();
    };
  };
  return {
    one: undefined,
    each: (input, env, emit) =>
      count.each(input, env, (most) => {
        if (compare(most, 0) < 0) return f.each(input, env, emit);
        untilEnough((enough) => {
          let pass: ReturnType<typeof counting> | undefined;
          f.each(input, env, (value) => {
            pass ??= counting(most, enough);
            pass(() => emit(value));
          });
        });
      }),
    paths: (input, env, place, emit) =>
      count.each(input, env, (most) => {
        if (compare(most, 0) < 0) return f.paths(input, env, place, emit);
        untilEnough((enough) => {
          let pass: ReturnType<typeof counting> | undefined;
          f.paths(input, env, place, (value, found) => {
            pass ??= counting(most, enough);
            pass(() => emit(value, found));
          });
        });
      }),
  };
}

/** The last of the first n + 1, and so the last of all where there are fewer. */
export function nth(index: Filter, f: Filter): Filter {
  return ofMany((input, env, emit) =>
    index.each(input, env, (n) => {
      if (compare(n, 0) < 0) throw raised("nth doesn't support negative indices");
      const count = constant(plus(n, 1));
      let found: JsonValue = null;
      limited(count, f).each(input, env, (value) => {
        found = value;
      });
      emit(found);
    }),
  );
}

export function isEmpty(f: Filter): Filter {
  return ofMany((input, env, emit) => {
    let isFound = false;
    untilEnough((enough) =>
      f.each(input, env, () => {
        isFound = true;
        emit(false);
        enough();
      }),
    );
    if (!isFound) emit(true);
  });
}

export function range(from: Filter, to: Filter): Filter {
  return ofMany((input, env, emit) =>
    from.each(input, env, (start) =>
      to.each(input, env, (end) => {
        if (typeof start !== 'number' || typeof end !== 'number') throw raised('Range bounds must be numeric');
        for (let i = start; i < end; i++) {
          step();
          emit(i);
        }
      }),
    ),
  );
}

/**
 * `any` where it is asked for what is true, `all` where for what is not. It counts what it finds, for a `break` that
 * the items swallow lets jq find more, and then `any` is false.
 */
export function anyOf(items: Filter, condition: Filter['one'], isAny: boolean): Filter {
  return ofOne((input, env) => {
    let state: JsonValue = !isAny;
    let found = 0;
    untilEnough((enough) =>
      items.each(input, env, (item) => {
        step();
        const before = state;
        state = null;
        if (isTrue(before) === isAny) enough();
        state = isTrue(condition?.(item, env) ?? null) === isAny ? isAny : before;
        if (isTrue(state) === isAny) found++;
      }),
    );
    return isAny ? found === 1 : found === 0;
  });
}

/** A loop where jq recurses, for a condition and a next value with one output; its paths recurse. */
export function until(condition: One, next: Filter, one: One): Filter {
  const paths: Filter['paths'] = (input, env, place, emit) => {
    if (isTrue(condition(input, env))) {
      emit(input, place);
      return;
    }
    enter();
    next.paths(input, env, place, (value, found) => paths(value, env, found, emit));
    leave();
  };
  const looped: One = (input, env) => {
    let value = input;
    while (!isTrue(condition(value, env))) {
      step();
      value = one(value, env);
    }
    return value;
  };
  return { one: looped, each: (input, env, emit) => emit(looped(input, env)), paths };
}

export function whileTrue(condition: One, next: Filter, one: One): Filter {
  const paths: Filter['paths'] = (input, env, place, emit) => {
    if (!isTrue(condition(input, env))) return;
    enter();
    emit(input, place);
    next.paths(input, env, place, (value, found) => paths(value, env, found, emit));
    leave();
  };
  return {
    one: undefined,
    each: (input, env, emit) => {
      for (let value = input; isTrue(condition(value, env)); value = one(value, env)) {
        step();
        emit(value);
      }
    },
    paths,
  };
}

/** Compares and adds as the query would, so that bounds need not be numbers. */
export function rangeBy(from: Filter, to: Filter, by: Filter): Filter {
  return ofMany((input, env, emit) =>
    from.each(input, env, (start) =>
      to.each(input, env, (end) =>
        by.each(input, env, (stride) => {
          const direction = compare(stride, 0);
          const isInside = (value: JsonValue): boolean =>
            direction > 0 ? compare(value, end) < 0 : direction < 0 && compare(value, end) > 0;
          for (let value = start; isInside(value); value = plus(value, stride)) {
            step();
            emit(value);
          }
        }),
      ),
    ),
  );
}
