import type { JsonValue } from '../../core/json.ts';
import { type BrokenDown, brokenDown, DAYS, gmtime, MONTHS, partsOf, secondsOf } from './calendar.ts';
import { raised } from './errors.ts';
import { makes } from './meter.ts';
import { cString, isArray } from './values.ts';

/** `strftime(format)` of seconds or parts, in UTC and C's locale, as glibc prints it. */
export function strftime(value: JsonValue, format: JsonValue): JsonValue {
  const time = timeOf(value);
  if (typeof format !== 'string') throw raised('strftime/1 requires a string format');
  const text = printerFor(format)(time);
  makes(text.length);
  // C cannot tell an empty text from a failure, and jq gives it a buffer of the format's length and 100.
  if (text === '' || text.length >= Buffer.byteLength(format) + 100) {
    throw raised('strftime/1: unknown system failure');
  }
  return text;
}

const SAFE_S = 10 ** 12;

function timeOf(value: JsonValue): BrokenDown {
  // The commonest case makes no array.
  if (typeof value === 'number' && Math.abs(value) < SAFE_S) return brokenDown(Math.trunc(value));
  if (typeof value !== 'number' && !isArray(value)) throw raised('strftime/1 requires parsed datetime inputs');
  const parts = typeof value === 'number' ? gmtime(value) : value;
  const time = isArray(parts) ? partsOf(parts) : undefined;
  if (time === undefined) throw raised('strftime/1 requires parsed datetime inputs');
  return time;
}

type Printer = (time: BrokenDown) => string;

/** Formats that were used, since a query uses the same few for every record. */
const known = new Map<string, Printer>();
const KNOWN_MOST = 256;

function printerFor(format: string): Printer {
  const found = known.get(format);
  if (found !== undefined) return found;
  const printer = compiled(cString(format));
  if (known.size >= KNOWN_MOST) known.clear();
  known.set(format, printer);
  return printer;
}

/** Flags, width, modifier, letter. */
const DIRECTIVE = /%([-_0^#]*)([0-9]*)([EO]?)([a-zA-Z%+])/g;

/** What the modifiers may not stand before; in C's locale they change nothing. */
const UNMODIFIED: Readonly<Record<string, string>> = { E: 'aAbhBDdeFHIkljMmSUVgGWw%', O: 'aAcxDFXY%' };

function compiled(format: string): Printer {
  const printers: (Printer | string)[] = [];
  let end = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    const [whole, flags = '', width = '', modifier = '', letter = ''] = match;
    const isKnown = UNMODIFIED[modifier]?.includes(letter) !== true;
    const field = isKnown ? FIELDS[letter] : undefined;
    printers.push(format.slice(end, match.index), field === undefined ? whole : adjusted(field, flags, Number(width)));
    end = match.index + whole.length;
  }
  printers.push(format.slice(end));
  const used = printers.filter((printer) => printer !== '');
  return (time) => {
    let text = '';
    for (const printer of used) text += typeof printer === 'string' ? printer : printer(time);
    return text;
  };
}

interface Field {
  readonly print: (time: BrokenDown) => number | string;
  /** Of a number: how many digits it has at least, and what it is padded with. */
  readonly digits?: number;
  readonly pad?: '0' | ' ';
  /** What the flag # does to a name. */
  readonly swapped?: 'upper' | 'lower' | 'never';
}

/** glibc's flags: `-` no padding, `_` spaces, `0` zeros, `^` capitals, `#` the other case. */
function adjusted(field: Field, flags: string, width: number): Printer {
  const pad = [...flags].findLast((flag) => flag === '-' || flag === '_' || flag === '0');
  const isUpper =
    (flags.includes('^') && field.swapped !== 'never') || (flags.includes('#') && field.swapped === 'upper');
  const isLower = flags.includes('#') && field.swapped === 'lower';
  const widest = Math.min(width, WIDTH_MOST);
  return (time) => {
    const value = field.print(time);
    if (typeof value === 'number') return numberPrinted(value, field, pad, widest);
    const text = isUpper ? value.toUpperCase() : isLower ? value.toLowerCase() : value;
    return pad === '-' ? text : text.padStart(widest, pad === '0' ? '0' : ' ');
  };
}

const WIDTH_MOST = 1024;

function numberPrinted(value: number, field: Field, pad: string | undefined, width: number): string {
  const digits = String(Math.abs(value));
  const sign = value < 0 ? '-' : '';
  if (pad === '-') return sign + digits;
  const least = Math.max(field.digits ?? 1, width) - sign.length;
  const isSpace = pad === '_' || (pad === undefined && field.pad === ' ');
  return isSpace ? (sign + digits).padStart(least + sign.length) : sign + digits.padStart(least, '0');
}

const two = (print: (time: BrokenDown) => number): Field => ({ print, digits: 2 });
const spaced = (print: (time: BrokenDown) => number): Field => ({ print, digits: 2, pad: ' ' });
const composed = (format: string): Field => {
  const printer = (time: BrokenDown): string => printerFor(format)(time);
  return { print: printer };
};

const hour12 = ({ hour }: BrokenDown): number => (hour % 12 === 0 ? 12 : hour % 12);
const named = (names: readonly string[], index: number, length?: number): string =>
  names[index]?.slice(0, length) ?? '?';

const FIELDS: Readonly<Record<string, Field>> = {
  a: { print: ({ weekday }) => named(DAYS, weekday, 3), swapped: 'upper' },
  A: { print: ({ weekday }) => named(DAYS, weekday), swapped: 'upper' },
  b: { print: ({ month }) => named(MONTHS, month, 3), swapped: 'upper' },
  B: { print: ({ month }) => named(MONTHS, month), swapped: 'upper' },
  c: composed('%a %b %e %H:%M:%S %Y'),
  C: two(({ year }) => Math.floor(year / 100)),
  d: two(({ day }) => day),
  D: composed('%m/%d/%y'),
  e: spaced(({ day }) => day),
  F: composed('%Y-%m-%d'),
  g: two((time) => ((isoWeek(time).year % 100) + 100) % 100),
  G: { print: (time) => isoWeek(time).year },
  h: { print: ({ month }) => named(MONTHS, month, 3), swapped: 'upper' },
  H: two(({ hour }) => hour),
  I: two(hour12),
  j: { print: ({ yearDay }) => yearDay + 1, digits: 3 },
  k: spaced(({ hour }) => hour),
  l: spaced(hour12),
  m: two(({ month }) => month + 1),
  M: two(({ minute }) => minute),
  n: { print: () => '\n' },
  p: { print: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'), swapped: 'lower' },
  P: { print: ({ hour }) => (hour >= 12 ? 'pm' : 'am'), swapped: 'never' },
  r: composed('%I:%M:%S %p'),
  R: composed('%H:%M'),
  s: { print: (time) => secondsOf(time) },
  S: two(({ second }) => second),
  t: { print: () => '\t' },
  T: composed('%H:%M:%S'),
  u: { print: ({ weekday }) => ((((weekday - 1) % 7) + 7) % 7) + 1 },
  U: two(({ yearDay, weekday }) => Math.floor((yearDay - weekday + 7) / 7)),
  V: two((time) => isoWeek(time).week),
  w: { print: ({ weekday }) => weekday },
  W: two(({ yearDay, weekday }) => Math.floor((yearDay - ((weekday + 6) % 7) + 7) / 7)),
  x: composed('%m/%d/%y'),
  X: composed('%H:%M:%S'),
  y: two(({ year }) => ((year % 100) + 100) % 100),
  Y: { print: ({ year }) => year },
  z: { print: () => '+0000' },
  Z: { print: () => 'UTC', swapped: 'lower' },
  '%': { print: () => '%' },
};

/** The week of ISO 8601 and the year it counts to. */
function isoWeek({ year, yearDay, weekday }: BrokenDown): { readonly year: number; readonly week: number } {
  const week = isoWeekDays(yearDay, weekday);
  if (week < 0) {
    const before = isoWeekDays(yearDay + daysIn(year - 1), weekday);
    return { year: year - 1, week: Math.floor(before / 7) + 1 };
  }
  const after = isoWeekDays(yearDay - daysIn(year), weekday);
  return after >= 0 ? { year: year + 1, week: Math.floor(after / 7) + 1 } : { year, week: Math.floor(week / 7) + 1 };
}

/** Days since the Monday of the year's first week. */
function isoWeekDays(yearDay: number, weekday: number): number {
  const THREE_WEEKS = 3 * 7;
  return yearDay - ((yearDay - weekday + 4 + THREE_WEEKS) % 7) + 4 - 1;
}

function daysIn(year: number): number {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 366 : 365;
}
