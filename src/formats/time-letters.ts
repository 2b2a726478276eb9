import type { LocalTime } from './time-zone.ts';
import { zoneName } from './zone-names.ts';

type Printer = (time: LocalTime) => string;

/**
 * For each letter of Java's DateTimeFormatter: what a run of `count` of it prints, or undefined when Java refuses the
 * run.
 */
export const letterPrinters: { readonly [letter: string]: ((count: number) => Printer | undefined) | undefined } = {
  G: (count) => pick(count, ['AD', 'AD', 'AD', 'Anno Domini', 'A']),
  u: (count) => year(count, (time) => time.year),
  y: (count) => year(count, (time) => time.year),
  Y: (count) => year(count, (time) => weekBased(time).year),
  D: (count) => (count <= 3 ? number(dayOfYear, count) : undefined),
  M: (count) => numberOrText(count, (time) => time.month, monthText),
  L: (count) => numberOrText(count, (time) => time.month, monthText),
  d: (count) => upToTwo(count, (time) => time.day),
  Q: (count) => numberOrText(count, quarter, quarterText),
  q: (count) => numberOrText(count, quarter, quarterText),
  w: (count) => upToTwo(count, (time) => weekBased(time).week),
  W: (count) => (count === 1 ? number(weekOfMonth, 1) : undefined),
  E: (count) => weekdayText(Math.max(count, 3)),
  e: (count) => numberOrText(count, weekday, weekdayText),
  c: (count) => (count === 2 ? undefined : numberOrText(count, weekday, weekdayText)),
  // The day's place among its like in the month; Java 19 changed it to the week's number.
  F: (count) => (count === 1 ? number((time) => ((time.day - 1) % 7) + 1, 1) : undefined),
  g: (count) => (count <= 19 ? number((time) => epochDay(time) + MODIFIED_JULIAN_EPOCH, count) : undefined),
  a: (count) => (count === 1 ? (time) => (time.hour < 12 ? 'AM' : 'PM') : undefined),
  B: (count) => (count === 1 || count === 4 || count === 5 ? (time) => dayPeriod(time, count === 5) : undefined),
  h: (count) => upToTwo(count, (time) => ((time.hour + 11) % 12) + 1),
  K: (count) => upToTwo(count, (time) => time.hour % 12),
  k: (count) => upToTwo(count, (time) => ((time.hour + 23) % 24) + 1),
  H: (count) => upToTwo(count, (time) => time.hour),
  m: (count) => upToTwo(count, (time) => time.minute),
  s: (count) => upToTwo(count, (time) => time.second),
  // Firehose's times have whole seconds, so fractions are zeros.
  S: (count) => (count <= 9 ? () => '0'.repeat(count) : undefined),
  n: (count) => (count <= 19 ? number(() => 0, count) : undefined),
  A: (count) => (count <= 19 ? number((time) => secondOfDay(time) * 1e3, count) : undefined),
  N: (count) => (count <= 19 ? number((time) => secondOfDay(time) * 1e9, count) : undefined),
  V: (count) => (count === 2 ? (time) => time.zone : undefined),
  v: (count) =>
    count === 1 || count === 4 ? (time) => zoneName(time, count === 4 ? 'longGeneric' : 'shortGeneric') : undefined,
  z: (count) => (count <= 4 ? (time) => zoneName(time, count === 4 ? 'long' : 'short') : undefined),
  O: (count) => (count === 1 || count === 4 ? (time) => localizedOffset(time, count === 4) : undefined),
  X: (count) => (count <= 5 ? (time) => (time.offsetSeconds === 0 ? 'Z' : offset(time, count)) : undefined),
  x: (count) => (count <= 5 ? (time) => offset(time, count) : undefined),
  Z: (count) => {
    if (count <= 3) return (time) => offset(time, 2);
    if (count === 4) return (time) => localizedOffset(time, true);
    return letterPrinters.X?.(count);
  },
};

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const QUARTERS = ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'];
const MODIFIED_JULIAN_EPOCH = 40_587;

/** Numbers are padded with zeros to the run's length and never cut. */
function number(value: (time: LocalTime) => number, minDigits: number): Printer {
  return (time) => String(value(time)).padStart(minDigits, '0');
}

function upToTwo(count: number, value: (time: LocalTime) => number): Printer | undefined {
  return count <= 2 ? number(value, count) : undefined;
}

/** Two letters print two digits; four or more put a plus before a year that has outgrown them. */
function year(count: number, value: (time: LocalTime) => number): Printer | undefined {
  if (count > 19) return undefined;
  if (count === 2) return number((time) => value(time) % 100, 2);
  const print = number(value, count);
  return (time) => (count >= 4 && value(time) >= 10 ** count ? `+${print(time)}` : print(time));
}

function numberOrText(
  count: number,
  value: (time: LocalTime) => number,
  text: (count: number) => Printer | undefined,
): Printer | undefined {
  return count <= 2 ? number(value, count) : text(count);
}

function pick(count: number, texts: readonly string[]): Printer | undefined {
  const text = texts[count - 1];
  return text === undefined ? undefined : () => text;
}

function monthText(count: number): Printer | undefined {
  return name(count, MONTHS, (time) => time.month - 1);
}

function weekdayText(count: number): Printer | undefined {
  return name(count, WEEKDAYS, (time) => weekday(time) - 1);
}

/** Three letters: short, four: full, five: the first letter. */
function name(count: number, names: readonly string[], index: (time: LocalTime) => number): Printer | undefined {
  const length = { 3: 3, 4: Infinity, 5: 1 }[count];
  return length === undefined ? undefined : (time) => names[index(time)]!.slice(0, length);
}

function quarterText(count: number): Printer | undefined {
  if (count === 3) return (time) => `Q${quarter(time)}`;
  if (count === 4) return (time) => QUARTERS[quarter(time) - 1]!;
  return count === 5 ? number(quarter, 1) : undefined;
}

function quarter(time: LocalTime): number {
  return Math.ceil(time.month / 3);
}

function epochDay(time: LocalTime): number {
  return Date.UTC(time.year, time.month - 1, time.day) / 86_400_000;
}

function dayOfYear(time: LocalTime): number {
  return epochDay(time) - Date.UTC(time.year, 0, 1) / 86_400_000 + 1;
}

function secondOfDay(time: LocalTime): number {
  return (time.hour * 60 + time.minute) * 60 + time.second;
}

/** 1 for Sunday, as the week starts in the US. Day 0 of the epoch was a Thursday. */
function weekday(time: LocalTime): number {
  return ((epochDay(time) + 4) % 7) + 1;
}

function weekOfMonth(time: LocalTime): number {
  return Math.floor((time.day + 13 - weekday(time)) / 7);
}

/**
 * US weeks: they start on Sunday, and week 1 is the one that contains January 1. So a week belongs to the year of its
 * Saturday.
 */
function weekBased(time: LocalTime): { year: number; week: number } {
  const saturday = new Date((epochDay(time) + 7 - weekday(time)) * 86_400_000);
  const saturdaysYear = saturday.getUTCFullYear();
  const days = (saturday.getTime() - Date.UTC(saturdaysYear, 0, 1)) / 86_400_000;
  return { year: saturdaysYear, week: Math.floor(days / 7) + 1 };
}

/** English parts of the day, as the Unicode CLDR cuts them. */
function dayPeriod(time: LocalTime, narrow: boolean): string {
  const { hour, minute } = time;
  if (minute === 0 && hour === 0) return narrow ? 'mi' : 'midnight';
  if (minute === 0 && hour === 12) return narrow ? 'n' : 'noon';
  if (hour < 6 || hour >= 21) return 'at night';
  if (hour < 12) return 'in the morning';
  return hour < 18 ? 'in the afternoon' : 'in the evening';
}

/** By count as Java's `x`: +01 (with minutes if any), +0130, +01:30, and the same with seconds if any. */
function offset(time: LocalTime, count: number): string {
  const { sign, hours, minutes, seconds } = offsetParts(time);
  if (count === 1) return `${sign}${hours}${minutes === '00' ? '' : minutes}`;
  const colon = count % 2 === 0 ? '' : ':';
  const tail = count >= 4 && seconds !== '00' ? `${colon}${seconds}` : '';
  return `${sign}${hours}${colon}${minutes}${tail}`;
}

function localizedOffset(time: LocalTime, full: boolean): string {
  if (time.offsetSeconds === 0) return 'GMT';
  const { sign, hours, minutes } = offsetParts(time);
  if (full) return `GMT${sign}${hours}:${minutes}`;
  return `GMT${sign}${Number(hours)}${minutes === '00' ? '' : `:${minutes}`}`;
}

function offsetParts(time: LocalTime): { sign: string; hours: string; minutes: string; seconds: string } {
  const total = Math.abs(time.offsetSeconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    sign: time.offsetSeconds < 0 ? '-' : '+',
    hours: two(Math.floor(total / 3600)),
    minutes: two(Math.floor(total / 60) % 60),
    seconds: two(total % 60),
  };
}
