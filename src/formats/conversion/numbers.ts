import { type GrowingBytes, putByte, putInt32, reserve } from './growing-bytes.ts';

/** So many digits are always a whole number that JavaScript's numbers hold exactly. */
const EXACT_DIGITS = 15;

/** Ten to these powers is exact, so that one multiplication or division rounds once, as reading the text would. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** A number as its digits say, none lost: digits / 10^scale. */
export interface ExactNumber {
  readonly digits: bigint;
  readonly scale: number;
}

/** A plain number of at most 15 digits, which needs no string and no bigint. Filled by `readPlain`. */
interface PlainNumber {
  digits: number;
  scale: number;
}

const plain: PlainNumber = { digits: 0, scale: 0 };

/** Reads an optional sign, digits and an optional fraction into `plain`; false for anything else or longer. */
function readPlain(bytes: Uint8Array, start: number, end: number): boolean {
  const sign = bytes[start];
  let at = sign === MINUS || sign === PLUS ? start + 1 : start;
  // With a point, one character more than digits.
  if (at >= end || end - at > EXACT_DIGITS + 1) return false;
  let digits = 0;
  let count = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!; // at < end
    if (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + (byte - ZERO);
      count++;
    } else if (byte === POINT && point === -1) point = at;
    else return false;
  }
  if (count === 0 || count > EXACT_DIGITS) return false;
  plain.digits = sign === MINUS ? -digits : digits;
  plain.scale = point === -1 ? 0 : end - point - 1;
  return true;
}

/** The text as a whole number that fits in 15 digits; NaN for any other text, which may yet be a number. */
export function shortInteger(bytes: Uint8Array, start: number, end: number): number {
  return readPlain(bytes, start, end) && plain.scale === 0 ? plain.digits : Number.NaN;
}

/** The text as the nearest double; NaN when it is no decimal number. */
export function double(bytes: Buffer, start: number, end: number): number {
  if (readPlain(bytes, start, end)) {
    const negativeZero = plain.digits === 0 && bytes[start] === MINUS;
    return negativeZero ? -0 : plain.digits / POWERS[plain.scale]!; // scale <= 15
  }
  const text = bytes.toString('latin1', start, end);
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** Beyond it nothing fits into any column, and before it there is nothing but zeros. */
const EXPONENT_MOST = 400;

/** Longer texts are no numbers: reading them costs more than linear time. */
const NUMBER_CHARACTERS_MOST = 1_000;

/** The text as an exact number; undefined when it is none, or far beyond all columns. */
export function exactNumber(bytes: Buffer, start: number, end: number): ExactNumber | undefined {
  if (end - start > NUMBER_CHARACTERS_MOST) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(bytes.toString('latin1', start, end)) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const magnitude = BigInt(whole + fraction);
  if (magnitude === 0n) return { digits: 0n, scale: 0 };
  const power = Number(exponent);
  if (power > EXPONENT_MOST) return undefined;
  // Digits this far behind the point round to zero in every column.
  const scale = Math.min(fraction.length - power, NUMBER_CHARACTERS_MOST + EXPONENT_MOST);
  const digits = sign === '-' ? -magnitude : magnitude;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

/** The number as a whole one; undefined when it has a fraction. */
export function wholeNumber({ digits, scale }: ExactNumber): bigint | undefined {
  const unit = 10n ** BigInt(scale);
  return digits % unit === 0n ? digits / unit : undefined;
}

/** The digits with exactly `scale` of them behind the point, the half rounded away from zero as Hive does. */
export function rescaled(number: ExactNumber, scale: number): bigint {
  const surplus = number.scale - scale;
  if (surplus <= 0) return number.digits * 10n ** BigInt(-surplus);
  const unit = 10n ** BigInt(surplus);
  const half = number.digits < 0n ? -(unit / 2n) : unit / 2n;
  return (number.digits + half) / unit;
}

/** The same for a number of few digits; NaN when it needs more than a double holds, or rounding. */
export function shortDecimal(bytes: Uint8Array, start: number, end: number, scale: number): number {
  if (!readPlain(bytes, start, end) || plain.scale > scale || scale - plain.scale > EXACT_DIGITS) return Number.NaN;
  const digits = plain.digits * POWERS[scale - plain.scale]!; // Not more than 15.
  return Number.isSafeInteger(digits) ? digits : Number.NaN;
}

/** A whole number that is safe, as 64 bits, little endian. */
export function putInt64(into: GrowingBytes, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  putInt32(into, value - high * 0x1_0000_0000);
  putInt32(into, high);
}

export function putBigInt64(into: GrowingBytes, value: bigint): void {
  reserve(into, 8);
  into.length = into.room.writeBigInt64LE(value, into.length);
}

export function putFloat(into: GrowingBytes, value: number): void {
  reserve(into, 4);
  into.length = into.room.writeFloatLE(value, into.length);
}

export function putDouble(into: GrowingBytes, value: number): void {
  reserve(into, 8);
  into.length = into.room.writeDoubleLE(value, into.length);
}

/** Two's complement in so many bytes, big endian; a safe whole number. */
export function putFixed(into: GrowingBytes, value: number, width: number): void {
  reserve(into, width);
  let rest = value;
  for (let at = into.length + width - 1; at >= into.length; at--) {
    const above = Math.floor(rest / 256);
    into.room[at] = rest - above * 256;
    rest = above;
  }
  into.length += width;
}

export function putBigFixed(into: GrowingBytes, value: bigint, width: number): void {
  for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) {
    putByte(into, Number((value >> BigInt(shift)) & 0xffn));
  }
}
