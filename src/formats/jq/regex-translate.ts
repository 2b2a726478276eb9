import { raised } from './errors.ts';
import { CLASS_ESCAPES, escaped, readClass, readEscapedPoint, readProperty } from './regex-class.ts';
import { NESTING_MOST } from './tokens.ts';

/** A pattern in JavaScript's language, flag u. */
export interface Translated {
  readonly source: string;
  readonly ignoresCase: boolean;
  /** The pattern's own capturing groups in order: their numbers in the translation, and their names. */
  readonly groups: readonly { readonly number: number; readonly name: string | null }[];
}

export interface PatternFlags {
  readonly ignoresCase: boolean;
  readonly isExtended: boolean;
  readonly dotMatchesNewline: boolean;
  /** Only matches that are not empty count. */
  readonly isNeverEmpty: boolean;
}

/**
 * Translates a pattern of Oniguruma, in the Perl syntax that jq gives it, to JavaScript's. What JavaScript cannot do
 * the same way is refused by name: flags within the pattern (save at its begin), captures that a repetition may leave
 * from an earlier round, references to groups that may not have taken part, `\G`, `\K`, `\R`, `\X`, `\N`, `\O`, `\y`,
 * `\Y`, calls and conditions. Throws what jq says of a pattern that is wrong. Under the flag i characters that fold to
 * several, such as ß, match only themselves.
 *
 * Known to differ is what a repetition makes of an empty match within it, as in `(a??)+` and `(())?`.
 *
 * A pattern that backtracks catastrophically cannot be stopped from inside: that takes a watchdog around the thread.
 */
export function translate(pattern: string, given: PatternFlags): Translated {
  const leading = /^\(\?([imsx]+)\)/.exec(pattern);
  const inline = leading?.[1] ?? '';
  const flags: PatternFlags = {
    ...given,
    ignoresCase: given.ignoresCase || inline.includes('i'),
    isExtended: given.isExtended || inline.includes('x'),
    dotMatchesNewline: given.dotMatchesNewline || /[ms]/.test(inline),
  };
  const groups: { number: number; name: string | null }[] = [];
  const state = {
    at: leading?.[0].length ?? 0,
    numbers: given.isNeverEmpty ? 1 : 0,
    hasReference: false,
    hasChoice: false,
  };

  interface Piece {
    readonly source: string;
    readonly hasCapture: boolean;
    /** Whether what it captures depends on a choice within. */
    readonly hasChoice: boolean;
    /** Whether it can only match a position, so that repeating it is an error. */
    readonly isAnchor: boolean;
  }

  const source = alternatives(0).source;
  if (state.at < pattern.length) throw failure('unmatched close parenthesis');
  if (state.hasReference && state.hasChoice)
    throw unsupported('a backreference beside alternatives or optional groups');
  if (flags.ignoresCase && ONE_CASE.test(source)) throw unsupported('a class of one case under the flag i');
  // What is left of the text behind a match must not be what was left before it.
  const whole = given.isNeverEmpty ? `(?=([\\s\\S]*))(?:${source})(?!\\1${TEXT_END})` : source;
  return { source: whole, ignoresCase: flags.ignoresCase, groups };

  function alternatives(depth: number): Piece {
    if (depth > NESTING_MOST) throw failure('too deep');
    const branches = [sequence(depth)];
    while (pattern[state.at] === '|') {
      state.at++;
      branches.push(sequence(depth));
    }
    if (branches.length > 1) state.hasChoice = true;
    return {
      source: branches.map(({ source }) => source).join('|'),
      hasCapture: branches.some(({ hasCapture }) => hasCapture),
      hasChoice: branches.length > 1 || branches.some(({ hasChoice }) => hasChoice),
      isAnchor: branches.some(({ isAnchor }) => isAnchor),
    };
  }

  function sequence(depth: number): Piece {
    let source = '';
    let hasCapture = false;
    let hasChoice = false;
    const anchors: boolean[] = [];
    while (state.at < pattern.length && pattern[state.at] !== '|' && pattern[state.at] !== ')') {
      if (flags.isExtended && skipSpace()) continue;
      const piece = repeated(atom(depth));
      source += piece.source;
      hasCapture ||= piece.hasCapture;
      hasChoice ||= piece.hasChoice;
      anchors.push(piece.isAnchor);
    }
    return { source, hasCapture, hasChoice, isAnchor: anchors.length === 1 && anchors[0] === true };
  }

  function skipSpace(): boolean {
    const space = /[ \t\n\r\f\v]+|#[^\n]*/y;
    space.lastIndex = state.at;
    if (!space.test(pattern)) return false;
    state.at = space.lastIndex;
    return true;
  }

  function atom(depth: number): Piece {
    const char = pattern[state.at];
    if (char === '(') return group(depth);
    if (char === '[') {
      const { source, end } = readClass(pattern, state.at + 1);
      state.at = end;
      return plain(source);
    }
    if (char === '\\') return escapeSequence();
    if (char === '*' || char === '+' || char === '?') throw failure('target of repeat operator is not specified');
    const point = pattern.codePointAt(state.at) ?? 0;
    state.at += point > 0xffff ? 2 : 1;
    if (char === '.') return plain(flags.dotMatchesNewline ? '[\\s\\S]' : '[^\\n]');
    if (char === '^') return anchor(TEXT_START);
    if (char === '$') return anchor(LAST_LINE_END);
    return plain(escaped(point));
  }

  function escapeSequence(): Piece {
    const letter = pattern[state.at + 1] ?? '';
    const known = CLASS_ESCAPES[letter];
    if (known !== undefined) {
      state.at += 2;
      return plain(known);
    }
    const position = ANCHORS[letter];
    if (position !== undefined) {
      state.at += 2;
      return anchor(position);
    }
    if ('GKRXNOyYg'.includes(letter) && letter !== '') throw unsupported(`\\${letter}`);
    if (letter === 'Q') return quotation();
    const property = readProperty(pattern, state.at);
    if (property !== undefined) {
      state.at = property.end;
      return plain(property.source);
    }
    return reference() ?? literalEscape();
  }

  function literalEscape(): Piece {
    const { source, end } = readEscapedPoint(pattern, state.at);
    state.at = end;
    return plain(source);
  }

  function quotation(): Piece {
    const start = state.at + 2;
    const close = pattern.indexOf('\\E', start);
    const text = pattern.slice(start, close < 0 ? undefined : close);
    state.at = close < 0 ? pattern.length : close + 2;
    return plain(`(?:${[...text].map((each) => escaped(each.codePointAt(0) ?? 0)).join('')})`);
  }

  function reference(): Piece | undefined {
    const backward = /\\(?:([1-9][0-9]?)|k<([A-Za-z_]\w*)>|k'([A-Za-z_]\w*)')/y;
    backward.lastIndex = state.at;
    const found = backward.exec(pattern);
    if (found === null) return undefined;
    const [, digits, angled, quoted] = found;
    const name = angled ?? quoted;
    const target = digits === undefined ? groups.find((each) => each.name === name) : groups[Number(digits) - 1];
    if (target === undefined) {
      throw failure(digits === undefined ? `undefined name <${name}> reference` : 'invalid backref number/name');
    }
    state.at = backward.lastIndex;
    state.hasReference = true;
    return plain(`(?:\\${target.number})`);
  }

  function group(depth: number): Piece {
    const head = /\((?:\?(?:(:|=|!|<=|<!|>)|<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|#[^)]*\)))?/y;
    head.lastIndex = state.at;
    const found = head.exec(pattern);
    const [whole = '(', kind, angled, quoted] = found ?? [];
    if (whole === '(' && pattern[state.at + 1] === '?') throw badGroup();
    state.at += whole.length;
    if (whole.endsWith(')')) return plain('(?:)');
    const name = angled ?? quoted ?? null;
    const isCapture = kind === undefined;
    const number = isCapture || kind === '>' ? ++state.numbers : 0;
    if (isCapture) {
      if (name !== null && groups.some((each) => each.name === name)) throw unsupported(`the group name ${name} twice`);
      groups.push({ number, name });
    }
    const inner = alternatives(depth + 1);
    if (pattern[state.at] !== ')') throw failure('end pattern with unmatched parenthesis');
    state.at++;
    if (isCapture) return { ...inner, source: `(${inner.source})`, hasCapture: true, isAnchor: false };
    if (kind === '>') return { ...inner, source: atomic(inner.source, number), isAnchor: false };
    return { ...inner, source: `(?${kind}${inner.source})`, isAnchor: kind !== ':' || inner.isAnchor };
  }

  function badGroup() {
    if (/^\(\?[imsx-]+[:)]/.test(pattern.slice(state.at))) return unsupported('a flag within a pattern');
    if (/^\(\?[(&R0-9+]/.test(pattern.slice(state.at))) return unsupported('a condition or call');
    return failure('undefined group option');
  }

  function repeated(first: Piece): Piece {
    let piece = first;
    for (;;) {
      if (flags.isExtended) while (skipSpace());
      const operator = /([*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})([?+]?)/y;
      operator.lastIndex = state.at;
      const found = operator.exec(pattern);
      if (found === null) return piece;
      if (piece.isAnchor) throw failure('target of repeat operator is invalid');
      piece = quantified(piece, found);
    }
  }

  function quantified(piece: Piece, found: RegExpExecArray): Piece {
    const [whole, operator = '', least, comma, most, mode = ''] = found;
    const isInterval = least !== undefined;
    const times = isInterval ? intervalOf(least, comma, most) : operator;
    // A plus after an interval repeats it.
    const isPossessive = mode === '+' && !isInterval;
    state.at += whole.length - (isInterval && mode === '+' ? 1 : 0);
    const isOptional = operator === '*' || operator === '?' || Number(least) === 0;
    const isRepeating = operator === '*' || operator === '+' || (isInterval && (most ?? least) !== '1');
    if (isOptional && piece.hasCapture) state.hasChoice = true;
    if (isRepeating && piece.hasCapture && piece.hasChoice) {
      throw unsupported('a repetition of a group with optional captures');
    }
    const body = `(?:${piece.source})${times}${mode === '?' ? '?' : ''}`;
    const hasChoice = piece.hasChoice || (isOptional && piece.hasCapture);
    if (!isPossessive) return { ...piece, source: body, hasChoice };
    if (piece.hasCapture) throw unsupported('a possessive repetition of a capture');
    const number = ++state.numbers;
    return { ...piece, source: atomic(body, number), hasChoice };
  }
}

/** What a lookahead has captured is not entered again. No group of a pattern can have a dollar sign in its name. */
function atomic(source: string, number: number): string {
  return `(?:(?=(?<$${number}>${source}))\\k<$${number}>)`;
}

const REPEAT_MOST = 100_000;

function intervalOf(least: string, comma: string | undefined, most: string | undefined): string {
  if (Number(least) > REPEAT_MOST || Number(most) > REPEAT_MOST) throw failure('too big number in repeat range');
  if (most !== undefined && most !== '' && Number(most) < Number(least)) {
    throw failure('upper is smaller than lower in repeat range');
  }
  return `{${least}${comma ?? ''}${most ?? ''}}`;
}

// Without the flag m they are the ends of the text. A lookahead for no character would match between surrogates, too.
const TEXT_START = '(?:^)';
const TEXT_END = '(?:$)';
/** Without regard to case JavaScript finds both in it, Oniguruma one. */
const ONE_CASE = /\\p\{(L[ult]|Uppercase|Lowercase)\}/;
/** In the Perl syntax `$` is no end of any line, but of the text, before a last newline or after it. */
const LAST_LINE_END = `(?=\\n?${TEXT_END})`;
const WORD_CLASS = CLASS_ESCAPES.w;

const ANCHORS: Readonly<Record<string, string>> = {
  A: TEXT_START,
  z: TEXT_END,
  Z: LAST_LINE_END,
  b: `(?:(?<=${WORD_CLASS})(?!${WORD_CLASS})|(?<!${WORD_CLASS})(?=${WORD_CLASS}))`,
  B: `(?:(?<=${WORD_CLASS})(?=${WORD_CLASS})|(?<!${WORD_CLASS})(?!${WORD_CLASS}))`,
};

const plain = (source: string) => ({ source, hasCapture: false, hasChoice: false, isAnchor: false });
const anchor = (source: string) => ({ ...plain(source), isAnchor: true });

function failure(what: string) {
  return raised(`Regex failure: ${what}`);
}

function unsupported(what: string) {
  return raised(`Regex failure: ${what} is not supported`);
}
