import type { JsonValue } from '../../core/json.ts';
import { raised } from './errors.ts';
import { EMPTY, type Env, type Filter, type Place } from './filter.ts';
import { backToDepth, depthNow, isRaised, newLabel, step } from './meter.ts';
import { equal } from './values.ts';

/**
 * `try body catch handler`. What comes after the body's outputs runs inside it too, so that its errors are caught as
 * well, a `break` among them: that is how jq 1.6 backtracks, and its queries are written for it.
 */
export function attempt(body: Filter, handler: Filter | undefined): Filter {
  const caught = (thrown: unknown, depth: number): JsonValue => {
    backToDepth(depth);
    if (isRaised(thrown)) return thrown.value;
    throw thrown;
  };
  const after = handler ?? EMPTY;
  return {
    one: undefined,
    each: (input, env, emit) => {
      const depth = depthNow();
      let error: JsonValue;
      try {
        body.each(input, env, emit);
        return;
      } catch (thrown) {
        error = caught(thrown, depth);
      }
      after.each(error, env, emit);
    },
    paths: (input, env, place, emit) => {
      const depth = depthNow();
      let error: JsonValue;
      try {
        body.paths(input, env, place, emit);
        return;
      } catch (thrown) {
        error = caught(thrown, depth);
      }
      after.paths(error, env, place, emit);
    },
  };
}

/** `label $x | body`: the label is its own entry among the names. */
export function labelled(body: Filter): Filter {
  const entry = (up: Env | undefined): Env => ({ value: newLabel(), closure: undefined, up });
  return {
    one: undefined,
    each: (input, up, emit) => {
      const env = entry(up);
      untilBroken(env.value, () => body.each(input, env, emit));
    },
    paths: (input, up, place, emit) => {
      const env = entry(up);
      untilBroken(env.value, () => body.paths(input, env, place, emit));
    },
  };
}

/** Hands on outputs until told that it is enough: `first`, `limit` and the like, which are labels in jq. */
export function untilEnough(run: (enough: () => never) => void): void {
  const label = newLabel();
  untilBroken(label, () =>
    run(() => {
      throw raised(label);
    }),
  );
}

function untilBroken(label: JsonValue, run: () => void): void {
  const depth = depthNow();
  try {
    run();
  } catch (thrown) {
    if (!isRaised(thrown) || !equal(thrown.value, label)) throw thrown;
    backToDepth(depth);
  }
}

/** Binds what a value has to names, for every way that its patterns fit. With a place it goes on a path, as in jq. */
export type Bind = (
  value: JsonValue,
  env: Env | undefined,
  place: Place | undefined,
  emit: (env: Env, place: Place | undefined) => void,
) => void;

export function bound(source: Filter, bind: Bind, body: Filter): Filter {
  return {
    one: undefined,
    each: (input, env, emit) =>
      source.each(input, env, (value) => bind(value, env, undefined, (inner) => body.each(input, inner, emit))),
    paths: (input, env, place, emit) =>
      source.each(input, env, (value) =>
        bind(value, env, place, (inner, found) => body.paths(input, inner, found ?? place, emit)),
      ),
  };
}

/** `source as $name | body` where the source has one output. */
export function boundOne(source: NonNullable<Filter['one']>, body: Filter): Filter {
  const { one } = body;
  const bind = (input: JsonValue, up: Env | undefined): Env => ({ value: source(input, up), closure: undefined, up });
  return {
    one: one && ((input, env) => one(input, bind(input, env))),
    each: (input, env, emit) => body.each(input, bind(input, env), emit),
    paths: (input, env, place, emit) => body.paths(input, bind(input, env), place, emit),
  };
}

/**
 * `reduce source as patterns (init; update)`. The last output of the update counts, and where it has none the state is
 * null. In a path expression the place goes through all parts in turn. Of several outputs of `init` only the first
 * meets the input: for the others jq 1.6 has it lost, and the source runs on null.
 */
export function reduced(source: Filter, bind: Bind, init: Filter, update: Filter): Filter {
  const { one: next } = update;
  const run = (input: JsonValue, env: Env | undefined, start: JsonValue): JsonValue => {
    let state = start;
    source.each(input, env, (value) => {
      step();
      bind(value, env, undefined, (inner) => {
        const before = state;
        // What a `try` of the source swallows leaves null behind.
        state = null;
        if (next !== undefined) state = next(before, inner);
        else {
          update.each(before, inner, (after) => {
            state = after;
          });
        }
      });
    });
    return state;
  };
  const { one: start } = init;
  return {
    one: start && ((input, env) => run(input, env, start(input, env))),
    each: (input, env, emit) => {
      const take = onceThenNull(input);
      init.each(input, env, (first) => emit(run(take(), env, first)));
    },
    paths: (input, env, place, emit) => {
      const take = onceThenNull(input);
      init.paths(input, env, place, (first, begun) => {
        let state = first;
        source.paths(take(), env, begun, (value, found) => {
          step();
          bind(value, env, found, (inner, bindPlace) => {
            const before = state;
            state = null;
            update.paths(before, inner, bindPlace ?? found, (after) => {
              state = after;
            });
          });
        });
        emit(state, begun);
      });
    },
  };
}

function onceThenNull(input: JsonValue): () => JsonValue {
  let left = input;
  return () => {
    const taken = left;
    left = null;
    return taken;
  };
}

/** `foreach source as patterns (init; update; extract)` */
export function iteratedWith(source: Filter, bind: Bind, init: Filter, update: Filter, extract: Filter): Filter {
  return {
    one: undefined,
    each: (input, env, emit) => {
      const take = onceThenNull(input);
      init.each(input, env, (first) => {
        let state = first;
        source.each(take(), env, (value) => {
          step();
          bind(value, env, undefined, (inner) => {
            const before = state;
            state = null;
            update.each(before, inner, (after) => {
              state = after;
              extract.each(after, inner, emit);
            });
          });
        });
      });
    },
    paths: (input, env, place, emit) => {
      const take = onceThenNull(input);
      init.paths(input, env, place, (first, begun) => {
        let state = first;
        source.paths(take(), env, begun, (value, found) => {
          step();
          bind(value, env, found, (inner, bindPlace) => {
            const before = state;
            state = null;
            update.paths(before, inner, bindPlace ?? found, (after, last) => {
              state = after;
              extract.paths(after, inner, last, emit);
            });
          });
        });
      });
    },
  };
}
