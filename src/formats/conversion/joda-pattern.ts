import { type Instant, instantOf } from './instants.ts';

/** Reads a text; undefined when it does not fit the pattern. */
export type JodaPattern = (text: string) => Instant | undefined;

/** What the fields of a pattern have found in a text. Those that it does not have stay at the epoch's. */
interface Found {
  year: number;
  month: number;
  day: number;
  dayOfYear: number;
  hour: number;
  halfday: number;
  minute: number;
  second: number;
  micros: number;
  offsetSeconds: number;
}

/** Reads a piece at `at`; gives where it ends, or -1. */
type Piece = (text: string, at: number, found: Found) => number;

const MISSED = -1;

/**
 * Compiles a pattern of Joda-Time, the language of Hive's TimestampFormats; undefined when it has letters that are not
 * read (eras, weeks, names of zones other than UTC's) or is no pattern. Texts without a zone are in UTC. Two letters
 * of a year are of 1970 to 2069: Joda's hundred years move with today's date.
 * https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
 */
export function jodaPattern(pattern: string): JodaPattern | undefined {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < pattern.length) {
    const end = pieceEnd(pattern, at);
    const piece = end === undefined ? undefined : pieceOf(pattern, at, end);
    if (end === undefined || piece === undefined) return undefined;
    pieces.push(piece);
    at = end;
  }
  return (text) => read(pieces, text);
}

function read(pieces: readonly Piece[], text: string): Instant | undefined {
  const found: Found = {
    year: 1970,
    month: 1,
    day: 1,
    dayOfYear: 0,
    hour: 0,
    halfday: -1,
    minute: 0,
    second: 0,
    micros: 0,
    offsetSeconds: 0,
  };
  let at = 0;
  for (const piece of pieces) {
    at = piece(text, at, found);
    if (at === MISSED) return undefined;
  }
  if (at !== text.length || found.hour > 23) return undefined;
  const hour = found.halfday === -1 ? found.hour : (found.hour % 12) + found.halfday * 12;
  const first = found.dayOfYear === 0 ? found : { ...found, month: 1, day: 1 };
  const instant = instantOf({ ...first, hour });
  if (instant === undefined || found.dayOfYear > 366) return undefined;
  const days = found.dayOfYear === 0 ? 0 : found.dayOfYear - 1;
  return { seconds: instant.seconds + days * 86_400 - found.offsetSeconds, micros: instant.micros };
}

/** Where the run of one letter, the quoted text or the plain character ends. */
function pieceEnd(pattern: string, start: number): number | undefined {
  const char = pattern.charAt(start);
  if (char === "'") {
    for (let at = start + 1; at < pattern.length; at++) {
      if (pattern[at] !== "'") continue;
      if (pattern[at + 1] !== "'" || at === start + 1) return at + 1;
      at++;
    }
    return undefined;
  }
  let end = start + 1;
  if (isLetter(char)) while (pattern[end] === char) end++;
  return end;
}

function pieceOf(pattern: string, start: number, end: number): Piece | undefined {
  const char = pattern.charAt(start);
  if (char === "'") return literal(pattern.slice(start, end) === "''" ? "'" : unquoted(pattern.slice(start, end)));
  if (!isLetter(char)) return literal(char);
  // In front of another number a number has just its letters' digits; elsewhere it takes what it finds.
  const isPacked = NUMERIC.test(pattern.charAt(end));
  return letters(char, end - start, isPacked);
}

const NUMERIC = /[yYdDHhKkmsSM]/;
const isLetter = (char: string): boolean => /[a-zA-Z]/.test(char);
const unquoted = (quoted: string): string => quoted.slice(1, -1).replaceAll("''", "'");

function letters(letter: string, count: number, isPacked: boolean): Piece | undefined {
  const digits = (most: number): number => (isPacked ? count : Math.max(count, most));
  switch (letter) {
    case 'y':
    case 'Y':
      return count === 2 ? twoDigitYear(digits(9)) : number(digits(9), (found, value) => set(found, { year: value }));
    case 'M':
      if (count >= 3) return name(MONTHS, (found, index) => set(found, { month: index + 1 }));
      return number(digits(2), (found, value) => set(found, { month: value }));
    case 'd':
      return number(digits(2), (found, value) => set(found, { day: value }));
    case 'D':
      return number(digits(3), (found, value) => set(found, { dayOfYear: value }));
    case 'H':
      return number(digits(2), (found, value) => set(found, { hour: value }));
    case 'k':
      return number(digits(2), (found, value) => set(found, { hour: value === 24 ? 0 : value }));
    case 'h':
      return number(digits(2), (found, value) => set(found, { hour: value === 12 ? 0 : value, halfday: half(found) }));
    case 'K':
      return number(digits(2), (found, value) => set(found, { hour: value, halfday: half(found) }));
    case 'a':
      return name(['am', 'pm'], (found, index) => set(found, { halfday: index }));
    case 'm':
      return number(digits(2), (found, value) => set(found, { minute: value }));
    case 's':
      return number(digits(2), (found, value) => set(found, { second: value }));
    case 'S':
      return fraction(isPacked ? count : Math.max(count, 9));
    case 'E':
      return name(WEEKDAYS, () => undefined);
    case 'Z':
      return offset;
    case 'z':
      return name(['utc', 'gmt'], () => undefined);
    default:
      return undefined;
  }
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

function set(found: Found, fields: Partial<Found>): void {
  Object.assign(found, fields);
}

/** An hour of half a day counts from midnight until the text says otherwise. */
function half(found: Found): number {
  return Math.max(found.halfday, 0);
}

function literal(wanted: string): Piece {
  return (text, at) => (text.startsWith(wanted, at) ? at + wanted.length : MISSED);
}

function number(most: number, take: (found: Found, value: number) => void): Piece {
  return (text, at, found) => {
    const end = digitsEnd(text, at, most);
    if (end === at) return MISSED;
    take(found, Number(text.slice(at, end)));
    return end;
  };
}

function digitsEnd(text: string, at: number, most: number): number {
  let end = at;
  while (end < at + most && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}

/** Exactly two digits are of some century; more are a year. */
function twoDigitYear(most: number): Piece {
  return (text, at, found) => {
    const end = digitsEnd(text, at, most);
    if (end === at) return MISSED;
    const value = Number(text.slice(at, end));
    found.year = end - at !== 2 ? value : value < 70 ? 2000 + value : 1900 + value;
    return end;
  };
}

function fraction(most: number): Piece {
  return (text, at, found) => {
    const end = digitsEnd(text, at, most);
    if (end === at) return MISSED;
    found.micros = Number(text.slice(at, Math.min(end, at + 6)).padEnd(6, '0'));
    return end;
  };
}

/** A name in full or its first three letters (two, if it has no more), whatever the case. */
function name(names: readonly string[], take: (found: Found, index: number) => void): Piece {
  return (text, at, found) => {
    const rest = text.slice(at, at + 12).toLowerCase();
    for (const wanted of [(each: string) => each, (each: string) => each.slice(0, 3)]) {
      const index = names.findIndex((each) => rest.startsWith(wanted(each)));
      if (index === -1) continue;
      take(found, index);
      return at + wanted(names[index]!).length; // The index is that of a name.
    }
    return MISSED;
  };
}

/** `Z`, `+0100` or `+01:00`. */
function offset(text: string, at: number, found: Found): number {
  if (text[at] === 'Z') return at + 1;
  const [whole, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)/.exec(text.slice(at, at + 6)) ?? [];
  if (whole === undefined) return MISSED;
  found.offsetSeconds = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1);
  return at + whole.length;
}
