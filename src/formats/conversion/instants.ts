import type { GrowingBytes } from './growing-bytes.ts';
import { putBigInt64, putInt64 } from './numbers.ts';

/** A point in time: seconds since the epoch, and what is left in microseconds, 0 to 999,999. */
export interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

export interface WallClock {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
}

const DAY_SECONDS = 86_400;

/** The instant at which a clock in UTC shows this; undefined when no clock ever does. */
export function instantOf({ year, month, day, hour, minute, second, micros }: WallClock): Instant | undefined {
  const days = daysOf(year, month, day);
  if (days === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  return { seconds: days * DAY_SECONDS + hour * 3600 + minute * 60 + second, micros };
}

/** Days since the epoch of a date of the Gregorian calendar, also before there was one; undefined if there is none. */
function daysOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  // The year begins in March here, so that its odd day is its last.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `yyyy-MM-ddTHH:mm:ss[.S]Z`, with one to nine digits behind the point of which six are kept. */
export function isoInstant(bytes: Buffer, start: number, end: number): Instant | undefined {
  const length = end - start;
  if (length < 20 || length > 30 || bytes[end - 1] !== 0x5a || !hasMarks(bytes, start)) return undefined;
  const micros = length === 20 ? 0 : fraction(bytes, start + 19, end - 1);
  const upper = digits(bytes, start, 2);
  const clock = {
    year: upper * 100 + digits(bytes, start + 2, 2),
    month: digits(bytes, start + 5, 2),
    day: digits(bytes, start + 8, 2),
    hour: digits(bytes, start + 11, 2),
    minute: digits(bytes, start + 14, 2),
    second: digits(bytes, start + 17, 2),
    micros,
  };
  const { year, month, day, hour, minute, second } = clock;
  // A letter among the digits makes a sum NaN.
  return Number.isNaN(year + month + day + hour + minute + second + micros) ? undefined : instantOf(clock);
}

function hasMarks(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 4] === 0x2d &&
    bytes[at + 7] === 0x2d &&
    bytes[at + 10] === 0x54 &&
    bytes[at + 13] === 0x3a &&
    bytes[at + 16] === 0x3a
  );
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 0x30; // Within the text, whose length was checked.
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** A point and digits, in microseconds. */
function fraction(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== 0x2e || end === start + 1) return Number.NaN;
  const count = end - start - 1;
  const value = digits(bytes, start + 1, count);
  return count <= 6 ? value * 10 ** (6 - count) : Math.floor(value / 10 ** (count - 6));
}

const SQL_TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2}) +(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?$/;

/** `yyyy-[M]M-[d]d [H]H:[m]m:[s]s[.S]`, the form that java.sql.Timestamp reads. */
export function sqlInstant(text: string): Instant | undefined {
  const found = SQL_TIMESTAMP.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const micros = microsOf(found[7]);
  // All six are there when the pattern matches.
  return instantOf({ year: year!, month: month!, day: day!, hour: hour!, minute: minute!, second: second!, micros });
}

const SQL_DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;

/** `yyyy-[M]M-[d]d`, the form that java.sql.Date reads, as days since the epoch. */
export function sqlDays(text: string): number | undefined {
  const found = SQL_DATE.exec(text);
  return found === null ? undefined : daysOf(Number(found[1]), Number(found[2]), Number(found[3]));
}

/** From here on a number is milliseconds, below seconds: observed on AWS. */
const MILLIS_FROM = 1e12;

const EPOCH = /^([+-]?)(\d{1,30})(?:\.(\d+))?$/;

/** Far beyond 64 bits of microseconds, whichever the unit. */
const EPOCH_MOST = 1e20;

/** Seconds or milliseconds since the epoch, told apart by their size; with a fraction, if it likes. */
export function epochInstant(text: string): Instant | undefined {
  const found = EPOCH.exec(text);
  if (found === null) {
    const value = /^[+-]?[\d.]+[eE][+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    return Math.abs(value) < EPOCH_MOST ? epochInstant(value.toFixed(6)) : undefined;
  }
  const [, sign, whole = '', behind] = found;
  const value = Number(whole);
  const isMillis = value >= MILLIS_FROM;
  const seconds = isMillis ? Math.floor(value / 1000) : value;
  const micros = isMillis ? (value % 1000) * 1000 + Math.floor(microsOf(behind) / 1000) : microsOf(behind);
  if (sign !== '-') return { seconds, micros };
  return micros === 0 ? { seconds: -seconds, micros: 0 } : { seconds: -seconds - 1, micros: 1_000_000 - micros };
}

/** Milliseconds since the epoch, whatever their size: Hive's `millis`. A fraction of them is dropped, as Hive does. */
export function millisInstant(text: string): Instant | undefined {
  const found = /^(-?\d{1,30})(?:\.\d+)?$/.exec(text);
  if (found === null) return undefined;
  const millis = Number(found[1]);
  const seconds = Math.floor(millis / 1000);
  return { seconds, micros: (millis - seconds * 1000) * 1000 };
}

function microsOf(fractionDigits: string | undefined): number {
  return fractionDigits === undefined ? 0 : Number(fractionDigits.slice(0, 6).padEnd(6, '0'));
}

/** Whole seconds that 64 bits of microseconds hold. */
const SECONDS_MOST = 9_223_372_036_854;

/** Puts microseconds since the epoch; false when they do not fit into 64 bits. */
export function putMicros(into: GrowingBytes, { seconds, micros }: Instant): boolean {
  if (Math.abs(seconds) > SECONDS_MOST - 1) return false;
  const value = seconds * 1_000_000 + micros;
  if (Number.isSafeInteger(value)) putInt64(into, value);
  else putBigInt64(into, BigInt(seconds) * 1_000_000n + BigInt(micros));
  return true;
}
