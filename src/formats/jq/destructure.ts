import type { JsonValue } from '../../core/json.ts';
import { goOn } from './access.ts';
import type { Bind } from './control.ts';
import type { Env, Filter, Place } from './filter.ts';
import { backToDepth, depthNow, isRaised } from './meter.ts';
import { at } from './paths.ts';
import type { Pattern } from './syntax.ts';

/** A pattern whose keys are compiled and whose variables have numbers. */
export type Matcher =
  | { readonly is: 'variable'; readonly slot: number }
  | { readonly is: 'members'; readonly members: readonly MemberMatcher[] };

interface MemberMatcher {
  readonly key: Filter;
  readonly slot: number | undefined;
  readonly matcher: Matcher | undefined;
}

/** All variables of patterns, each once. */
export function variablesOf(patterns: readonly Pattern[]): readonly string[] {
  const names = patterns.flatMap((pattern): readonly string[] => {
    if (pattern.is === 'variable') return [pattern.name];
    if (pattern.is === 'array') return variablesOf(pattern.of);
    return pattern.entries.flatMap(({ variable, pattern: inner }) => [
      ...(variable === undefined ? [] : [variable]),
      ...(inner === undefined ? [] : variablesOf([inner])),
    ]);
  });
  return [...new Set(names)];
}

/**
 * Tries matchers in turn. An error in one of them, or in anything that comes after its match, leads to the next; that
 * of the last is an error. Variables that a matcher does not have are null.
 */
export function bindWith(matchers: readonly Matcher[], slots: number): Bind {
  const last = matchers.length - 1;
  return (value, env, place, emit) => {
    const bindBy = (matcher: Matcher): void => {
      const bound: JsonValue[] = Array(slots).fill(null);
      match(matcher, value, { env, place, bound }, (found) => emit(entriesFor(bound, env), found));
    };
    for (let i = 0; i < last; i++) {
      const depth = depthNow();
      try {
        bindBy(matchers[i]!); // below the last
        return;
      } catch (thrown) {
        if (!isRaised(thrown)) throw thrown;
        backToDepth(depth);
      }
    }
    bindBy(matchers[last]!); // There is at least one pattern.
  };
}

/** One entry for each variable, in the order the compiler names them. */
function entriesFor(bound: readonly JsonValue[], env: Env | undefined): Env {
  let entries = env;
  for (const value of bound) entries = { value, closure: undefined, up: entries };
  return entries!; // A pattern binds something.
}

interface Matching {
  readonly env: Env | undefined;
  readonly place: Place | undefined;
  readonly bound: JsonValue[];
}

type Matched = (place: Place | undefined) => void;

function match(matcher: Matcher, value: JsonValue, matching: Matching, emit: Matched): void {
  if (matcher.is === 'members') matchMembers(matcher.members, 0, value, matching, emit);
  else {
    matching.bound[matcher.slot] = value;
    emit(matching.place);
  }
}

/** In jq a pattern moves the path on like every other access. */
function matchMembers(
  members: readonly MemberMatcher[],
  index: number,
  value: JsonValue,
  matching: Matching,
  emit: Matched,
): void {
  const member = members[index];
  if (member === undefined) {
    emit(matching.place);
    return;
  }
  const { key, slot, matcher } = member;
  key.each(value, matching.env, (keyValue) => {
    const take = (part: JsonValue, place: Place | undefined): void => {
      if (slot !== undefined) matching.bound[slot] = part;
      const goOnMatching = (found: Place | undefined): void =>
        matchMembers(members, index + 1, value, { ...matching, place: found }, emit);
      if (matcher === undefined) goOnMatching(place);
      else match(matcher, part, { ...matching, place }, goOnMatching);
    };
    if (matching.place === undefined) take(at(value, keyValue), undefined);
    else goOn(value, keyValue, false, matching.place, take);
  });
}
