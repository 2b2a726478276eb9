import type { JsonValue } from '../../core/json.ts';
import { raised } from './errors.ts';
import { isArray } from './values.ts';

/** C's `struct tm`, in UTC: months from 0, Sunday 0, days of the year from 0. */
export interface BrokenDown {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly yearDay: number;
}

const DAY_S = 86_400;

/** Days from 1970-01-01 to a date, by the proleptic Gregorian calendar. Months and days may be out of range. */
export function daysFrom(year: number, month: number, day: number): number {
  const normalYear = year + Math.floor(month / 12);
  const normalMonth = ((month % 12) + 12) % 12;
  // Years that begin in March have their leap day at the end.
  const marchYear = normalMonth < 2 ? normalYear - 1 : normalYear;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = (normalMonth + 10) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + day - 1;
}

/** The date and time at so many whole seconds since 1970. */
export function brokenDown(seconds: number): BrokenDown {
  const days = Math.floor(seconds / DAY_S);
  const time = seconds - days * DAY_S;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (monthFromMarch + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    hour: Math.floor(time / 3600),
    minute: Math.floor(time / 60) % 60,
    second: time % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFrom(year, 0, 1),
  };
}

export function secondsOf({ year, month, day, hour, minute, second }: BrokenDown): number {
  return daysFrom(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
}

/** Beyond these years C's `int` overflows. */
const LATEST_S = 67_768_036_191_676_800;
const EARLIEST_S = -67_768_040_609_740_800;

/** `gmtime`: the seconds keep their fraction. */
export function gmtime(value: JsonValue): JsonValue {
  if (typeof value !== 'number') throw raised('gmtime() requires numeric inputs');
  const seconds = Math.trunc(value);
  if (!(seconds <= LATEST_S && seconds >= EARLIEST_S)) {
    throw raised('errror converting number of seconds since epoch to datetime');
  }
  const time = brokenDown(seconds);
  return [
    time.year,
    time.month,
    time.day,
    time.hour,
    time.minute,
    time.second + (value - Math.floor(value)),
    time.weekday,
    time.yearDay,
  ];
}

/** The parts as `gmtime` gives them, cut to whole numbers; undefined when they are not eight numbers. */
export function partsOf(value: readonly JsonValue[]): BrokenDown | undefined {
  const parts = value.slice(0, 8).map((part) => (typeof part === 'number' ? Math.trunc(part) : undefined));
  const [year, month, day, hour, minute, second, weekday, yearDay] = parts;
  if (year === undefined || month === undefined || day === undefined || hour === undefined) return undefined;
  if (minute === undefined || second === undefined || weekday === undefined || yearDay === undefined) return undefined;
  return { year, month, day, hour, minute, second, weekday, yearDay };
}

export function mktime(value: JsonValue): JsonValue {
  if (!isArray(value)) throw raised('mktime requires array inputs');
  const time = value.length < 6 ? undefined : partsOf(value);
  if (time === undefined) throw raised('mktime requires parsed datetime inputs');
  const seconds = secondsOf(time);
  // C's mktime answers -1 when it fails, and so the second before 1970 cannot be had.
  if (seconds === -1 || !(seconds <= LATEST_S && seconds >= EARLIEST_S)) throw raised('invalid gmtime representation');
  return seconds;
}

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
