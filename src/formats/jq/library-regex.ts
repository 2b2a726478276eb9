import type { JsonValue } from '../../core/json.ts';
import { plus } from './arithmetic.ts';
import { raised } from './errors.ts';
import { constant, type Emit, type Env, type Filter, lifted, ofMany } from './filter.ts';
import { enter, leave, makes, SLOT_BYTES, step } from './meter.ts';
import { at } from './paths.ts';
import { isMatch, type Match, matches, namedCaptures } from './regex.ts';
import { lengthOf, sliceOf } from './strings.ts';
import { isArray, isTrue, kindOf } from './values.ts';

const NULL = constant(null);
const JUST_G = constant('g');
const NO_FLAGS = constant('');

/** The functions of regular expressions, by name and number of arguments. */
export function regexFunction(name: string, args: readonly Filter[]): Filter | undefined {
  const [a = NULL, b = NULL, c] = args;
  switch (`${name}/${args.length}`) {
    case 'test/1':
      return lifted((input, given) => isMatch(input, ...patternAndMode(given ?? null)), [a]);
    case 'test/2':
      return lifted((input, re = null, mode = null) => isMatch(input, re, mode), args);
    case 'match/1':
      return spread(lifted((input, given) => listOf(matches(input, ...patternAndMode(given ?? null))), [a]));
    case 'match/2':
      return spread(lifted((input, re = null, mode = null) => listOf(matches(input, re, mode)), args));
    case 'capture/1':
      return spread(lifted((input, given) => matches(input, ...patternAndMode(given ?? null)).map(namedCaptures), [a]));
    case 'capture/2':
      return spread(lifted((input, re = null, mode = null) => matches(input, re, mode).map(namedCaptures), args));
    case 'scan/1':
      return spread(lifted((input, re = null) => matches(input, re, 'g').map(scanned), [a]));
    case 'split/2':
      return lifted((input, re = null, flags = null) => pieces(input, re, flags), args);
    case 'splits/1':
      return spread(lifted((input, re = null) => pieces(input, re, null), [a]));
    case 'splits/2':
      return spread(lifted((input, re = null, flags = null) => pieces(input, re, flags), args));
    case 'sub/2':
      return substituting(a, b, NO_FLAGS);
    case 'sub/3':
      return substituting(a, b, c ?? NULL);
    case 'gsub/2':
      return substituting(a, b, JUST_G);
    case 'gsub/3':
      return substituting(
        a,
        b,
        lifted((_, flags = null) => plus(flags, 'g'), [c ?? NULL]),
      );
  }
  return undefined;
}

/** `"re"`, `["re"]` or `["re", "flags"]`. */
function patternAndMode(given: JsonValue): [JsonValue, JsonValue] {
  if (typeof given === 'string') return [given, null];
  if (isArray(given) && given.length > 0) return [given[0] ?? null, given[1] ?? null];
  throw raised(`${kindOf(given)} not a string or array`);
}

function spread(list: Filter): Filter {
  return ofMany((input, env, emit) =>
    list.each(input, env, (found) => {
      if (isArray(found)) for (const each of found) emit(each);
    }),
  );
}

function listOf(found: readonly Match[]): JsonValue {
  return found.map(({ offset, length, string, captures }) => ({
    offset,
    length,
    string,
    captures: captures.map((capture) => ({ ...capture })),
  }));
}

function scanned({ string, captures }: Match): JsonValue {
  return captures.length > 0 ? captures.map((capture) => capture.string) : string;
}

/** What is between the matches. */
function pieces(input: JsonValue, pattern: JsonValue, flags: JsonValue): JsonValue {
  const found = matches(input, pattern, plus('g', flags));
  const text = String(input); // It was matched, so it is a string.
  const edges = [0, ...found.flatMap(({ offset, length }) => [offset, offset + length]), lengthOf(text)];
  makes(found.length * SLOT_BYTES);
  return Array.from({ length: edges.length / 2 }, (_, i) => between(text, edges[2 * i] ?? 0, edges[2 * i + 1] ?? 0));
}

function between(text: string, from: number, to: number): string {
  return sliceOf(text, from, Math.max(from, to));
}

/**
 * `sub(re; replacement; flags)`, and `gsub` by its flag. The replacement runs on the named captures. What follows a
 * match is matched as a text of its own, so that `^` matches there again, and an empty match never ends: so it is in jq
 * 1.6.
 */
function substituting(pattern: Filter, replacement: Filter, flags: Filter): Filter {
  return ofMany((input, env, emit) =>
    pattern.each(input, env, (re) =>
      flags.each(input, env, (mode) => {
        const isGlobal = isTrue(typeof mode === 'string' ? mode.includes('g') : at(at(mode, 'g'), 0));
        const once = typeof mode === 'string' ? mode.replaceAll('g', '') : mode;
        const job = { re, mode: once, isGlobal, replacement, env };
        if (replacement.one !== undefined) emit(substitutedOnce(input, job, replacement.one));
        else substitute(input, job, emit);
      }),
    ),
  );
}

interface Job {
  readonly re: JsonValue;
  readonly mode: JsonValue;
  readonly isGlobal: boolean;
  readonly replacement: Filter;
  readonly env: Env | undefined;
}

function substitutedOnce(input: JsonValue, job: Job, replace: NonNullable<Filter['one']>): JsonValue {
  const edits: { readonly head: JsonValue; readonly captures: JsonValue }[] = [];
  let rest = input;
  for (;;) {
    step();
    const [match] = matches(rest, job.re, job.mode);
    if (match === undefined) break;
    const text = String(rest); // It was matched, so it is a string.
    const end = match.offset + match.length;
    edits.push({ head: sliceOf(text, 0, match.offset), captures: namedCaptures(match) });
    makes(SLOT_BYTES * 8);
    rest = between(text, end, lengthOf(text));
    if (rest === '' || !job.isGlobal) break;
  }
  // jq computes the last replacement first.
  return edits.reduceRight<JsonValue>(
    (tail, { head, captures }) => plus(plus(head, replace(captures, job.env)), tail),
    rest,
  );
}

/** The same with several outputs: the first replacement changes fastest. */
function substitute(input: JsonValue, job: Job, emit: Emit): void {
  enter();
  const [match] = matches(input, job.re, job.mode);
  if (match === undefined) emit(input);
  else {
    const text = String(input); // It was matched, so it is a string.
    const tail = between(text, match.offset + match.length, lengthOf(text));
    const withTail = (rest: JsonValue): void =>
      job.replacement.each(namedCaptures(match), job.env, (value) =>
        emit(plus(plus(sliceOf(text, 0, match.offset), value), rest)),
      );
    if (tail !== '' && job.isGlobal) substitute(tail, job, withTail);
    else withTail(tail);
  }
  leave();
}
