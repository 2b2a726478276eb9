import { raised } from './errors.ts';

/** Word characters of Oniguruma in Unicode, for use within a class. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';

/** Oniguruma's classes are Unicode's, where JavaScript's are ASCII's. */
export const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: '[\\p{Nd}]',
  D: '[^\\p{Nd}]',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  s: '[\\p{White_Space}]',
  S: '[^\\p{White_Space}]',
};

/** The POSIX brackets, which are names of properties as well. */
const BRACKETS: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  ascii: '\\u{0}-\\u{7f}',
  blank: '\\p{Zs}\\t',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  lower: '\\p{Lowercase}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  word: WORD,
  xdigit: '0-9A-Fa-f',
};

const CATEGORY = /^(l[ultmo&]?|m[nce]?|n[dlo]?|p[cdseifo]?|s[mcko]?|z[slp]?|c[cfosn]?)$/;
const SCRIPT = /^(arabic|armenian|cyrillic|greek|han|hangul|hebrew|hiragana|katakana|latin|thai)$/;

/** A property by Oniguruma's name, `{…}` taken off. */
function propertyClass(name: string, isNegated: boolean): string {
  const isInverse = name.startsWith('^');
  const plain = name.slice(isInverse ? 1 : 0).toLowerCase();
  const head = isNegated !== isInverse ? '^' : '';
  const bracket = BRACKETS[plain];
  if (bracket !== undefined) return `[${head}${bracket}]`;
  const capital = plain.charAt(0).toUpperCase() + plain.slice(1);
  if (CATEGORY.test(plain)) return `[${head}\\p{${capital}}]`;
  if (SCRIPT.test(plain)) return `[${head}\\p{Script=${capital}}]`;
  throw raised(`Regex failure: invalid character property name {${name}}`);
}

export interface ClassRead {
  readonly source: string;
  /** Behind the closing bracket. */
  readonly end: number;
}

/**
 * A character class. `from` is behind the opening bracket. The Perl syntax has no classes within classes and no
 * intersections: brackets and ampersands stand for themselves.
 */
export function readClass(pattern: string, from: number): ClassRead {
  let at = from;
  const isNegated = pattern[at] === '^';
  if (isNegated) at++;
  let items = '';
  const apart: string[] = [];
  // A bracket that closes nothing yet stands for itself.
  let isFirst = true;
  for (;;) {
    const char = pattern[at];
    if (char === undefined) throw raised('Regex failure: premature end of char-class');
    if (char === ']' && !isFirst) break;
    isFirst = false;
    const item = readItem(pattern, at);
    at = item.end;
    if (item.point === undefined || pattern[at] !== '-' || pattern[at + 1] === ']' || pattern[at + 1] === undefined) {
      // A set cannot stand within brackets unless it is a list of what it has.
      if (item.source.startsWith('[^')) apart.push(item.source);
      else items += item.source.startsWith('[') ? item.source.slice(1, -1) : item.source;
      continue;
    }
    const last = readItem(pattern, at + 1);
    if (last.point === undefined) {
      items += `${item.source}\\-`;
      at += 1;
      continue;
    }
    if (last.point < item.point) throw raised('Regex failure: empty range in char class');
    items += `${item.source}-${last.source}`;
    at = last.end;
  }
  return { source: classOf(items, apart, isNegated), end: at + 1 };
}

/** JavaScript's flag v has classes within classes, but its engine fails with it on some lookaheads. */
function classOf(items: string, apart: readonly string[], isNegated: boolean): string {
  if (apart.length === 0) return `[${isNegated ? '^' : ''}${items}]`;
  const any = [`[${items}]`, ...apart].join('|');
  return isNegated ? `(?:(?!${any})[\\s\\S])` : `(?:${any})`;
}

interface Item extends ClassRead {
  /** Of a single character. */
  readonly point?: number;
}

function readItem(pattern: string, at: number): Item {
  const posix = /\[:(\^?)(\w+):\]/y;
  posix.lastIndex = at;
  const bracket = posix.exec(pattern);
  if (bracket !== null && BRACKETS[bracket[2] ?? ''] !== undefined) {
    return { source: `[${bracket[1]}${BRACKETS[bracket[2] ?? '']}]`, end: posix.lastIndex };
  }
  if (pattern[at] !== '\\') return single(pattern.codePointAt(at) ?? 0, at);
  const letter = pattern[at + 1] ?? '';
  const known = CLASS_ESCAPES[letter];
  if (known !== undefined) return { source: known, end: at + 2 };
  if (letter === 'b') return { source: '\\u{8}', point: 8, end: at + 2 };
  const property = readProperty(pattern, at);
  return property ?? readEscapedPoint(pattern, at);
}

function single(point: number, at: number): Item {
  return { source: escaped(point), point, end: at + (point > 0xffff ? 2 : 1) };
}

/** A character as an escape that means itself everywhere. */
export function escaped(point: number): string {
  return `\\u{${point.toString(16)}}`;
}

/** `\p{…}` and `\P{…}` */
export function readProperty(pattern: string, at: number): ClassRead | undefined {
  const property = /\\([pP])\{([^}]*)\}/y;
  property.lastIndex = at;
  const found = property.exec(pattern);
  if (found === null) return undefined;
  return { source: propertyClass(found[2] ?? '', found[1] === 'P'), end: property.lastIndex };
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

/** An escape that stands for one character; any that has no meaning stands for itself. */
export function readEscapedPoint(pattern: string, at: number): Item & { readonly point: number } {
  const numeric = /\\(?:x\{([0-9a-fA-F]{1,8})\}|x([0-9a-fA-F]{0,2})|(0[0-7]{0,2})|c([\x20-\x7e]))/y;
  numeric.lastIndex = at;
  const found = numeric.exec(pattern);
  if (found !== null) {
    const [, long, short, octal, control] = found;
    const point =
      control !== undefined
        ? (control.codePointAt(0) ?? 0) & 0x1f
        : octal !== undefined
          ? Number.parseInt(octal, 8)
          : Number.parseInt(long ?? (short || '0'), 16);
    if (point > 0x10ffff) throw raised('Regex failure: invalid code point value');
    return { source: escaped(point), point, end: numeric.lastIndex };
  }
  const point = pattern.codePointAt(at + 1);
  if (point === undefined) throw raised('Regex failure: end pattern at escape');
  const meant = CONTROLS[String.fromCodePoint(point)] ?? point;
  return { source: escaped(meant), point: meant, end: at + 1 + (point > 0xffff ? 2 : 1) };
}
