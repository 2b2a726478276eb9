import type { JsonValue } from '../../core/json.ts';
import { brokenDown, DAYS, daysFrom, MONTHS } from './calendar.ts';
import { raised } from './errors.ts';
import { step } from './meter.ts';
import { cString } from './values.ts';

/** `strptime(format)`: reads a time as glibc does, in C's locale. Zones are read and mean nothing. */
export function strptime(value: JsonValue, format: JsonValue): JsonValue {
  if (typeof value !== 'string' || typeof format !== 'string') {
    throw raised('strptime/1 requires string inputs and arguments');
  }
  const [text, pattern] = [cString(value), cString(format)];
  const reading = { ...NOTHING };
  const end = read(text, 0, pattern, reading);
  if (end === undefined || (end < text.length && !/[ \t\n\v\f\r]/.test(text.charAt(end)))) {
    throw raised(`date "${text}" does not match format "${pattern}"`);
  }
  complete(reading);
  const { year, month, day, hour, minute, second, weekday, yearDay } = reading;
  const parts = [year, month, day, hour, minute, second, weekday, yearDay];
  return end < text.length ? [...parts, text.slice(end)] : parts;
}

/** What was read, and what of it was given; the numbers with nothing read are those jq begins with. */
interface Reading {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
  yearDay: number;
  hasMonth: boolean;
  hasDay: boolean;
  hasWeekday: boolean;
  hasYearDay: boolean;
  /** Whether weekday and day of the year follow from what was given. */
  wantsDays: boolean;
  isTwelve: boolean;
  isAfternoon: boolean;
  century: number | undefined;
  isYearOfCentury: boolean;
  week: { readonly number: number; readonly begins: number } | undefined;
}

const NOTHING: Reading = {
  year: 1900,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  weekday: 8,
  yearDay: 367,
  hasMonth: false,
  hasDay: false,
  hasWeekday: false,
  hasYearDay: false,
  wantsDays: false,
  isTwelve: false,
  isAfternoon: false,
  century: undefined,
  isYearOfCentury: false,
  week: undefined,
};

const SPACE = /[ \t\n\v\f\r]/;

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.test(text.charAt(at))) at++;
  return at;
}

/** Reads by a format from a place on: where it ends, or undefined when the text does not fit. */
function read(text: string, from: number, format: string, reading: Reading): number | undefined {
  let at = from;
  for (let i = 0; i < format.length; i++) {
    step();
    const char = format.charAt(i);
    if (SPACE.test(char)) {
      at = skipSpace(text, at);
      continue;
    }
    if (char !== '%') {
      if (text[at] !== char) return undefined;
      at++;
      continue;
    }
    // Flags and modifiers change nothing in C's locale.
    while (/[-_0^#EO]/.test(format.charAt(i + 1))) i++;
    i++;
    const end = readField(text, at, format.charAt(i), reading);
    if (end === undefined) return undefined;
    at = end;
  }
  return at;
}

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

interface NumberField {
  readonly least: number;
  readonly most: number;
  readonly digits: number;
  readonly set: (reading: Reading, value: number) => void;
}

const day: NumberField = {
  least: 1,
  most: 31,
  digits: 2,
  set: (reading, value) => Object.assign(reading, { day: value, hasDay: true, wantsDays: true }),
};
const hour: NumberField = {
  least: 0,
  most: 23,
  digits: 2,
  set: (reading, value) => Object.assign(reading, { hour: value, isTwelve: false }),
};
const hour12: NumberField = {
  least: 1,
  most: 12,
  digits: 2,
  set: (reading, value) => Object.assign(reading, { hour: value % 12, isTwelve: true }),
};
const weekFrom = (begins: number): NumberField => ({
  least: 0,
  most: 53,
  digits: 2,
  // Of weeks from Sunday and weeks from Monday the former say how to count.
  set: (reading, value) =>
    Object.assign(reading, { week: { number: value, begins: Math.min(begins, reading.week?.begins ?? 1) } }),
});

const NUMBERS: Readonly<Record<string, NumberField>> = {
  C: {
    least: 0,
    most: 99,
    digits: 2,
    set: (reading, value) => Object.assign(reading, { century: value, wantsDays: true }),
  },
  d: day,
  e: day,
  g: { least: 0, most: 99, digits: 2, set: () => {} },
  H: hour,
  k: hour,
  I: hour12,
  l: hour12,
  j: {
    least: 1,
    most: 366,
    digits: 3,
    set: (reading, value) => Object.assign(reading, { yearDay: value - 1, hasYearDay: true }),
  },
  m: {
    least: 1,
    most: 12,
    digits: 2,
    set: (reading, value) => Object.assign(reading, { month: value - 1, hasMonth: true, wantsDays: true }),
  },
  M: { least: 0, most: 59, digits: 2, set: (reading, value) => Object.assign(reading, { minute: value }) },
  S: { least: 0, most: 61, digits: 2, set: (reading, value) => Object.assign(reading, { second: value }) },
  u: {
    least: 1,
    most: 7,
    digits: 1,
    set: (reading, value) => Object.assign(reading, { weekday: value % 7, hasWeekday: true }),
  },
  U: weekFrom(0),
  V: { least: 0, most: 53, digits: 2, set: () => {} },
  w: {
    least: 0,
    most: 6,
    digits: 1,
    set: (reading, value) => Object.assign(reading, { weekday: value, hasWeekday: true }),
  },
  W: weekFrom(1),
  y: {
    least: 0,
    most: 99,
    digits: 2,
    set: (reading, value) =>
      Object.assign(reading, {
        year: value >= 69 ? 1900 + value : 2000 + value,
        isYearOfCentury: true,
        wantsDays: true,
      }),
  },
  Y: {
    least: 0,
    most: 9999,
    digits: 4,
    set: (reading, value) => Object.assign(reading, { year: value, isYearOfCentury: false, wantsDays: true }),
  },
};

function readField(text: string, at: number, letter: string, reading: Reading): number | undefined {
  const composed = COMPOSED[letter];
  if (composed !== undefined) return read(text, at, composed, reading);
  const number = NUMBERS[letter];
  if (number !== undefined) return readNumber(text, at, number, reading);
  switch (letter) {
    case '%':
      return text[at] === '%' ? at + 1 : undefined;
    case 'G': {
      const [digits] = /^[0-9]{1,20}/.exec(text.slice(at, at + 20)) ?? [];
      return digits === undefined ? undefined : at + digits.length;
    }
    case 'n':
    case 't':
      return skipSpace(text, at);
    case 'a':
    case 'A':
      return readName(text, at, DAYS, (weekday) => Object.assign(reading, { weekday, hasWeekday: true }));
    case 'b':
    case 'B':
    case 'h':
      return readName(text, at, MONTHS, (month) => Object.assign(reading, { month, hasMonth: true, wantsDays: true }));
    case 'p':
    case 'P':
      return readName(text, at, ['AM', 'PM'], (index) => Object.assign(reading, { isAfternoon: index === 1 }));
    case 's':
      return readSeconds(text, at, reading);
    case 'z':
      return readOffset(text, at);
    case 'Z': {
      let end = skipSpace(text, at);
      while (end < text.length && !SPACE.test(text.charAt(end))) end++;
      return end;
    }
  }
  return undefined;
}

/** Digits as long as the number can still be within its range, spaces before them. */
function readNumber(text: string, from: number, field: NumberField, reading: Reading): number | undefined {
  let at = from;
  while (text[at] === ' ') at++;
  const begin = at;
  let value = 0;
  while (at - begin < field.digits && /[0-9]/.test(text.charAt(at)) && (at === begin || value * 10 <= field.most)) {
    value = value * 10 + Number(text[at]);
    at++;
  }
  if (at === begin || value < field.least || value > field.most) return undefined;
  field.set(reading, value);
  return at;
}

/** The full name or its first three letters, in any case. */
function readName(
  text: string,
  at: number,
  names: readonly string[],
  set: (index: number) => unknown,
): number | undefined {
  const starts = (name: string): boolean => text.slice(at, at + name.length).toLowerCase() === name.toLowerCase();
  for (const [index, name] of names.entries()) {
    const found = [name, name.slice(0, 3)].find(starts);
    if (found !== undefined) {
      set(index);
      return at + found.length;
    }
  }
  return undefined;
}

function readSeconds(text: string, at: number, reading: Reading): number | undefined {
  const [digits] = /^[0-9]{1,17}/.exec(text.slice(at, at + 17)) ?? [];
  if (digits === undefined) return undefined;
  Object.assign(reading, brokenDown(Number(digits)));
  return at + digits.length;
}

/** `Z`, `+01`, `+0100`, `+01:00`. */
function readOffset(text: string, from: number): number | undefined {
  const at = skipSpace(text, from);
  const [found] = /^(Z|[+-][0-9]{2}(:?[0-9]{2})?)/.exec(text.slice(at, at + 6)) ?? [];
  return found === undefined ? undefined : at + found.length;
}

/** What follows from what was read. */
function complete(reading: Reading): void {
  if (reading.isTwelve && reading.isAfternoon) reading.hour += 12;
  if (reading.century !== undefined) {
    reading.year = reading.century * 100 + (reading.isYearOfCentury ? reading.year % 100 : 0);
  }
  const newYear = daysFrom(reading.year, 0, 1);
  if (reading.wantsDays && !reading.hasWeekday) {
    if (!(reading.hasMonth && reading.hasDay) && reading.hasYearDay) dateFromYearDay(reading);
    reading.weekday = weekdayOf(daysFrom(reading.year, reading.month, reading.day));
  }
  if (reading.wantsDays && !reading.hasYearDay) {
    reading.yearDay = daysFrom(reading.year, reading.month, reading.day) - newYear;
  }
  if (reading.week !== undefined && reading.hasWeekday) {
    const { number, begins } = reading.week;
    const first = (7 - (weekdayOf(newYear) - begins)) % 7;
    if (!reading.hasYearDay) reading.yearDay = first + (number - 1) * 7 + ((reading.weekday - begins + 7) % 7);
    if (!reading.hasDay || !reading.hasMonth) dateFromYearDay(reading);
  }
}

function dateFromYearDay(reading: Reading): void {
  const { month, day } = brokenDown((daysFrom(reading.year, 0, 1) + reading.yearDay) * 86_400);
  if (!reading.hasMonth) reading.month = month;
  if (!reading.hasDay) reading.day = day;
  reading.hasMonth = true;
  reading.hasDay = true;
}

function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7;
}
