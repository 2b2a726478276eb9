import type { JsonValue } from '../../core/json.ts';
import { typeError } from './errors.ts';

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

/**
 * C's functions of one number. JavaScript's agree with glibc's but for the last digit of some results of `sin`, `exp`,
 * `pow` and their kin.
 */
const OF_ONE: Readonly<Record<string, Unary>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  exp10: (x) => 10 ** x,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  fabs: Math.abs,
  floor: Math.floor,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  logb,
  nearbyint: toEven,
  pow10: (x) => 10 ** x,
  rint: toEven,
  round,
  significand: (x) => (x === 0 || !Number.isFinite(x) ? x : x / 2 ** logb(x)),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  trunc: Math.trunc,
};

const OF_TWO: Readonly<Record<string, Binary>> = {
  atan2: Math.atan2,
  copysign: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  drem: remainder,
  fdim: (x, y) => (x > y ? x - y : x <= y ? 0 : Number.NaN),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
  fmod: (x, y) => x % y,
  hypot: Math.hypot,
  ldexp: scaled,
  nextafter: next,
  nexttoward: next,
  // One to any power, and minus one to an infinite one, are one in C.
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y),
  remainder,
  scalb: scaled,
  scalbln: scaled,
};

type OfValues = (input: JsonValue, ...args: JsonValue[]) => JsonValue;

/** The functions of mathematics by name and number of arguments. */
export function mathFunction(name: string, arity: number): OfValues | undefined {
  if (arity === 0 && name === 'frexp') return (input) => split(number(input));
  if (arity === 0 && name === 'modf') return (input) => parts(number(input));
  const ofOne = arity === 0 && Object.hasOwn(OF_ONE, name) ? OF_ONE[name] : undefined;
  if (ofOne !== undefined) return (input) => ofOne(number(input));
  const ofTwo = arity === 2 && Object.hasOwn(OF_TWO, name) ? OF_TWO[name] : undefined;
  if (ofTwo !== undefined) return (_, a = null, b = null) => ofTwo(number(a), number(b));
  return undefined;
}

function number(value: JsonValue): number {
  if (typeof value !== 'number') throw typeError(value, 'number required');
  return value;
}

/** Halves away from zero. */
function round(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** Halves to the even neighbour. */
function toEven(x: number): number {
  const whole = Math.trunc(x);
  const rest = Math.abs(x - whole);
  return rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? whole + Math.sign(x) : whole;
}

/** The exponent of two. */
function logb(x: number): number {
  if (x === 0) return -Infinity;
  if (!Number.isFinite(x)) return Math.abs(x);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const exponent = (bits.getUint16(0) >> 4) & 0x7ff;
  // Numbers too small for an exponent of their own are scaled first.
  return exponent === 0 ? logb(x * 2 ** 54) - 54 : exponent - 1023;
}

function split(x: number): JsonValue {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  const exponent = logb(x) + 1;
  return [scaled(x, -exponent), exponent];
}

function parts(x: number): JsonValue {
  const whole = Math.trunc(x);
  const fraction = Number.isFinite(x) ? x - whole : x * 0;
  const signed = fraction === 0 && (x < 0 || Object.is(x, -0)) ? -0 : fraction;
  return [Number.isNaN(signed) && !Number.isNaN(x) ? (x < 0 ? -0 : 0) : signed, whole];
}

/** x times two to the y, in two steps so that neither overflows alone. */
function scaled(x: number, y: number): number {
  if (Number.isNaN(y)) return y;
  const exponent = Math.max(-2200, Math.min(2200, Math.trunc(y)));
  const half = Math.trunc(exponent / 2);
  const quarter = Math.trunc(half / 2);
  const rest = exponent - half - quarter;
  return x * 2 ** half * 2 ** quarter * 2 ** rest;
}

/** IEEE's remainder: of the quotient rounded to even. */
function remainder(x: number, y: number): number {
  if (!Number.isFinite(x) || y === 0 || Number.isNaN(y)) return Number.NaN;
  if (!Number.isFinite(y)) return x;
  const size = Math.abs(y);
  let rest = Math.abs(x) % (2 * size);
  if (rest + rest > size) {
    rest -= size;
    if (rest + rest >= size) rest -= size;
  }
  return x < 0 || Object.is(x, -0) ? -rest : rest;
}

function next(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  bits[0] = (bits[0] ?? 0n) + (y > x === x > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0] ?? x;
}
