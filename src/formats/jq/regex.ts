import type { JsonValue } from '../../core/json.ts';
import { raised, typeError } from './errors.ts';
import { makes, step } from './meter.ts';
import { type PatternFlags, type Translated, translate } from './regex-translate.ts';
import { lengthOf, pointsBefore } from './strings.ts';
import { type Draft, setMember } from './values.ts';

/** `_match_impl(re; mode; false)`: every match as jq describes it, from first to last. */
export function matches(input: JsonValue, pattern: JsonValue, mode: JsonValue): readonly Match[] {
  const { regex, text } = prepared(input, pattern, mode);
  const found: Match[] = [];
  let start = 0;
  do {
    step();
    regex.search.lastIndex = start;
    const match = regex.search.exec(text);
    if (match === null) break;
    makes(MATCH_BYTES + match[0].length);
    found.push(describedMatch(text, match, regex.translated));
    // jq goes on one further than where it began to search, not than where it found nothing.
    start = match[0] === '' ? start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1) : match.index + match[0].length;
  } while (regex.isGlobal && start !== text.length);
  return found;
}

/** `_match_impl(re; mode; true)` */
export function isMatch(input: JsonValue, pattern: JsonValue, mode: JsonValue): boolean {
  const { regex, text } = prepared(input, pattern, mode);
  return regex.test.test(text);
}

export interface Match {
  readonly offset: number;
  readonly length: number;
  readonly string: string;
  readonly captures: readonly Capture[];
}

export interface Capture {
  readonly offset: number;
  readonly length: number;
  readonly string: string | null;
  readonly name: string | null;
}

const MATCH_BYTES = 64;

function describedMatch(text: string, match: RegExpExecArray, { groups }: Translated): Match {
  const offset = pointsBefore(text, match.index);
  // jq leaves out the captures of an empty match.
  if (match[0] === '') return { offset, length: 0, string: '', captures: [] };
  const captures = groups.map(({ number, name }): Capture => {
    const string = match[number];
    if (string === undefined) return { offset: -1, string: null, length: 0, name };
    const begin = pointsBefore(text, match.indices?.[number]?.[0] ?? 0);
    if (string === '') return { offset: begin, string, length: 0, name };
    return { offset: begin, length: lengthOf(string), string, name };
  });
  makes(captures.length * MATCH_BYTES);
  return { offset, length: lengthOf(match[0]), string: match[0], captures };
}

/** What `capture` gives, and `sub` hands to its replacement: the named captures. */
export function namedCaptures(match: Match): JsonValue {
  const draft: Draft = {};
  for (const { name, string } of match.captures) if (name !== null) setMember(draft, name, string);
  return draft;
}

interface Regex {
  readonly translated: Translated;
  readonly isGlobal: boolean;
  readonly test: RegExp;
  /** From a place on, with the places of captures. */
  readonly search: RegExp;
}

function prepared(input: JsonValue, pattern: JsonValue, mode: JsonValue): { regex: Regex; text: string } {
  if (typeof input !== 'string') throw typeError(input, 'cannot be matched, as it is not a string');
  if (typeof pattern !== 'string') throw typeError(pattern, 'is not a string');
  if (typeof mode !== 'string' && mode !== null) throw typeError(mode, 'is not a string');
  return { regex: regexFor(pattern, mode ?? ''), text: input };
}

/** Compiled patterns, since a query uses the same ones for every record. */
const known = new Map<string, Regex>();
const KNOWN_MOST = 256;

function regexFor(pattern: string, mode: string): Regex {
  const key = `${mode}/${pattern}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const regex = compiled(pattern, mode);
  if (known.size >= KNOWN_MOST) known.clear();
  known.set(key, regex);
  return regex;
}

function compiled(pattern: string, mode: string): Regex {
  if (/[^gixmspln]/.test(mode)) throw raised(`${mode} is not a valid modifier string`);
  if (mode.includes('l')) throw raised('Regex failure: the flag l (longest match) is not supported');
  const flags: PatternFlags = {
    ignoresCase: mode.includes('i'),
    isExtended: mode.includes('x'),
    dotMatchesNewline: /[mp]/.test(mode),
    isNeverEmpty: mode.includes('n'),
  };
  const translated = translate(pattern, flags);
  const letters = `u${translated.ignoresCase ? 'i' : ''}`;
  const places = translated.groups.length > 0 ? 'd' : '';
  return {
    translated,
    isGlobal: mode.includes('g'),
    test: regExp(translated.source, letters),
    search: regExp(translated.source, `${letters}g${places}`),
  };
}

function regExp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (error instanceof SyntaxError) throw raised(`Regex failure: ${error.message}`);
    throw error;
  }
}
