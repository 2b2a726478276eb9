import { BOOLEAN, BYTE_ARRAY, DOUBLE, FIXED_LEN_BYTE_ARRAY, FLOAT, INT32, type Physical } from './physical.ts';
import { binary, i64, struct, type ThriftValue } from './thrift.ts';

/** The least and the greatest value of a column in a row group, by which readers skip row groups. */
export interface Statistics {
  /** Takes in values in PLAIN encoding (BOOLEAN one a byte). */
  readonly add: (plain: Buffer) => void;
  readonly addNulls: (count: number) => void;
  readonly thrift: () => ThriftValue;
}

/** A longer text as a bound is of little use and would swell the footer. */
const BOUND_BYTES_MOST = 64;

interface Bounds {
  readonly least: Buffer;
  readonly greatest: Buffer;
}

export function statistics(physical: Physical): Statistics {
  const order = orderOf(physical);
  const prefix = physical.width === undefined ? 4 : 0;
  let bounds: Bounds | undefined;
  let nulls = 0;

  function add(plain: Buffer): void {
    let least = -1;
    let greatest = -1;
    for (let at = 0; at < plain.length; at += size(plain, at)) {
      if (!isOrdered(physical, plain, at)) continue;
      if (least === -1 || order(plain, at, plain, least) < 0) least = at;
      if (greatest === -1 || order(plain, at, plain, greatest) > 0) greatest = at;
    }
    if (least === -1) return;
    const [low, high] = [whole(plain, least), whole(plain, greatest)];
    bounds = {
      least: bounds === undefined || order(low, 0, bounds.least, 0) < 0 ? low : bounds.least,
      greatest: bounds === undefined || order(high, 0, bounds.greatest, 0) > 0 ? high : bounds.greatest,
    };
  }

  const size = (plain: Buffer, at: number): number => physical.width ?? 4 + plain.readInt32LE(at);
  /** A copy: the page's memory is used again. */
  const whole = (plain: Buffer, at: number): Buffer => Buffer.from(plain.subarray(at, at + size(plain, at)));

  function thrift(): ThriftValue {
    const isShort = (bound: Buffer): boolean => bound.length - prefix <= BOUND_BYTES_MOST;
    const printed = bounds !== undefined && isShort(bounds.least) && isShort(bounds.greatest) ? bounds : undefined;
    return struct([
      [3, i64(nulls)],
      [5, printed && binary(signedZero(physical, printed.greatest.subarray(prefix), 0))],
      [6, printed && binary(signedZero(physical, printed.least.subarray(prefix), -0))],
    ]);
  }

  return {
    add,
    addNulls: (count) => {
      nulls += count;
    },
    thrift,
  };
}

/** NaN has no place in the order. */
function isOrdered({ type }: Physical, plain: Buffer, at: number): boolean {
  if (type === DOUBLE) return !Number.isNaN(plain.readDoubleLE(at));
  return type !== FLOAT || !Number.isNaN(plain.readFloatLE(at));
}

/** Readers may not tell zeros apart, so parquet.thrift wants the least zero negative and the greatest positive. */
function signedZero({ type }: Physical, bound: Buffer, zero: number): Buffer {
  if (type === DOUBLE && bound.readDoubleLE(0) === 0) bound.writeDoubleLE(zero);
  if (type === FLOAT && bound.readFloatLE(0) === 0) bound.writeFloatLE(zero);
  return bound;
}

/** Negative when the value at `a` in the first is before the one at `b` in the second. */
type Order = (first: Buffer, a: number, second: Buffer, b: number) => number;

function orderOf({ type, width = 0 }: Physical): Order {
  switch (type) {
    case BOOLEAN:
      return (first, a, second, b) => first[a]! - second[b]!; // Both are places of values.
    case INT32:
      return (first, a, second, b) => first.readInt32LE(a) - second.readInt32LE(b);
    case FLOAT:
      return (first, a, second, b) => compareDoubles(first.readFloatLE(a), second.readFloatLE(b));
    case DOUBLE:
      return (first, a, second, b) => compareDoubles(first.readDoubleLE(a), second.readDoubleLE(b));
    case BYTE_ARRAY:
      return compareTexts;
    case FIXED_LEN_BYTE_ARRAY:
      return (first, a, second, b) =>
        first.readInt8(a) - second.readInt8(b) || compareBytes(first, a, second, b, width, width);
    default:
      return (first, a, second, b) =>
        first.readInt32LE(a + 4) - second.readInt32LE(b + 4) || first.readUInt32LE(a) - second.readUInt32LE(b);
  }
}

/** Not by subtraction: two infinities have no difference. */
function compareDoubles(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareTexts(first: Buffer, a: number, second: Buffer, b: number): number {
  return compareBytes(first, a + 4, second, b + 4, first.readInt32LE(a), second.readInt32LE(b));
}

function compareBytes(first: Buffer, a: number, second: Buffer, b: number, aLength: number, bLength: number): number {
  const common = Math.min(aLength, bLength);
  for (let i = 0; i < common; i++) {
    const difference = first[a + i]! - second[b + i]!; // Within both lengths.
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
