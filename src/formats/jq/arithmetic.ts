import type { JsonObject, JsonValue } from '../../core/json.ts';
import { typeError, typeError2 } from './errors.ts';
import { makes, SLOT_BYTES, step, stepBy } from './meter.ts';
import { split } from './strings.ts';
import type { Operator } from './syntax.ts';
import { compare, copied, equal, isArray, isObject, keysOf, memberOf, setMember } from './values.ts';

type Binary = (left: JsonValue, right: JsonValue) => JsonValue;

export const OPERATORS: Readonly<Record<Operator, Binary>> = {
  '+': plus,
  '-': minus,
  '*': times,
  '/': over,
  '%': remainder,
  '==': (left, right) => equal(left, right),
  '!=': (left, right) => !equal(left, right),
  '<': (left, right) => compare(left, right) < 0,
  '<=': (left, right) => compare(left, right) <= 0,
  '>': (left, right) => compare(left, right) > 0,
  '>=': (left, right) => compare(left, right) >= 0,
};

export function plus(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === 'string' && typeof right === 'string') {
    // The longer one is shared with the result.
    makes(Math.min(left.length, right.length) + 2 * SLOT_BYTES);
    return left + right;
  }
  if (isArray(left) && isArray(right)) {
    makes((left.length + right.length) * SLOT_BYTES);
    return [...left, ...right];
  }
  if (isObject(left) && isObject(right)) return merged(left, right);
  throw typeError2(left, right, 'cannot be added');
}

function merged(left: JsonObject, right: JsonObject): JsonValue {
  const draft = copied(left);
  for (const key of keysOf(right)) setMember(draft, key, memberOf(right, key) ?? null);
  return draft;
}

function minus(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (isArray(left) && isArray(right)) {
    makes(left.length * SLOT_BYTES);
    return left.filter((each) => {
      stepBy(right.length);
      return !right.some((other) => equal(each, other));
    });
  }
  throw typeError2(left, right, 'cannot be subtracted');
}

function times(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  if (typeof left === 'string' && typeof right === 'number') return repeated(left, right);
  if (typeof left === 'number' && typeof right === 'string') return repeated(right, left);
  if (isObject(left) && isObject(right)) return mergedDeep(left, right);
  throw typeError2(left, right, 'cannot be multiplied');
}

/** No repetition gives null, and a fraction counts as one more. */
function repeated(text: string, count: number): JsonValue {
  if (!(count > 0)) return null;
  const times = Math.max(1, Math.ceil(count));
  makes(text.length * times);
  return text.repeat(times);
}

function mergedDeep(left: JsonObject, right: JsonObject): JsonValue {
  step();
  const draft = copied(left);
  for (const key of keysOf(right)) {
    const mine = memberOf(draft, key);
    const theirs = memberOf(right, key) ?? null;
    const isBoth = mine !== undefined && isObject(mine) && isObject(theirs);
    setMember(draft, key, isBoth ? mergedDeep(mine, theirs) : theirs);
  }
  return draft;
}

function over(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right === 0) throw typeError2(left, right, 'cannot be divided because the divisor is zero');
    return left / right;
  }
  if (typeof left === 'string' && typeof right === 'string') return split(left, right);
  throw typeError2(left, right, 'cannot be divided');
}

/** Of whole numbers, with the sign of the first, as C computes it on 64 bits. */
function remainder(left: JsonValue, right: JsonValue): JsonValue {
  if (typeof left !== 'number' || typeof right !== 'number') {
    throw typeError2(left, right, 'cannot be divided (remainder)');
  }
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right) && right !== 0) return (left % right) + 0;
  const divisor = asInt64(right);
  if (divisor === 0n) {
    throw typeError2(left, right, 'cannot be divided (remainder) because the divisor is zero');
  }
  return Number(asInt64(left) % divisor);
}

const INT64_LEAST = -(2n ** 63n);

/** What does not fit becomes the least number, as on x86. */
function asInt64(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return INT64_LEAST;
  return BigInt(Math.trunc(value));
}

export function negated(value: JsonValue): JsonValue {
  if (typeof value !== 'number') throw typeError(value, 'cannot be negated');
  return -value;
}
