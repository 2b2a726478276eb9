import type { JsonValue } from '../../core/json.ts';
import { pathsOf } from './access.ts';
import { OPERATORS } from './arithmetic.ts';
import { untilEnough } from './control.ts';
import { type Env, type Filter, ofMany, ofOne } from './filter.ts';
import { deletePaths, getPath, setPath } from './paths.ts';
import type { Operator } from './syntax.ts';
import { isArray, isTrue } from './values.ts';

/** `paths = value`: for every value, computed from the input, all paths are set to it. */
export function assigned(left: Filter, right: Filter): Filter {
  return ofMany((input, env, emit) =>
    right.each(input, env, (value) => {
      let state = input;
      pathsOf(left, input, env, (path) => {
        const before = state;
        state = null;
        state = setPath(before, path, value);
      });
      emit(state);
    }),
  );
}

/** `paths |= update` */
export function updated(left: Filter, right: Filter): Filter {
  return ofOne((input, env) => modified(input, left, env, right));
}

/** `paths += value` and the like: for every value, computed from the input. */
export function updatedWith(left: Filter, right: Filter, operator: Operator | '//'): Filter {
  const apply =
    operator === '//'
      ? (before: JsonValue, value: JsonValue) => (isTrue(before) ? before : value)
      : OPERATORS[operator];
  return ofMany((input, env, emit) =>
    right.each(input, env, (value) =>
      emit(
        modified(
          input,
          left,
          env,
          ofOne((before) => apply(before, value)),
        ),
      ),
    ),
  );
}

/**
 * The input with an update of every path: to the first output, and without the path where there is none. Since paths
 * are taken from the input but deleted in turn, elements of an array are missed, as in jq 1.6.
 */
function modified(input: JsonValue, left: Filter, env: Env | undefined, update: Filter): JsonValue {
  const { one } = update;
  let state = input;
  pathsOf(left, input, env, (path) => {
    const before = state;
    state = null;
    if (one !== undefined) {
      state = setPath(before, path, one(getPath(before, path), env));
      return;
    }
    let isSet = false;
    untilEnough((enough) => {
      update.each(getPath(before, path), env, (value) => {
        state = setPath(before, path, value);
        isSet = true;
        enough();
      });
      // A `?` in the update swallows the break, and then jq deletes what it has set.
      isSet = false;
    });
    if (!isSet) state = deletePaths(before, isArray(path) ? [path] : []);
  });
  return state;
}
