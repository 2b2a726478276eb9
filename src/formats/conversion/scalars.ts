import { type GrowingBytes, putByte, putInt32 } from './growing-bytes.ts';
import type { ScalarType } from './hive-types.ts';
import { type Instant, putMicros, sqlDays } from './instants.ts';
import { ESCAPED, FALSE, FRACTION, INTEGER, type Kind, STRING, TRUE } from './json-tape.ts';
import type { Leaf } from './leaf.ts';
import {
  double,
  exactNumber,
  putBigFixed,
  putBigInt64,
  putDouble,
  putFixed,
  putFloat,
  putInt64,
  rescaled,
  shortDecimal,
  shortInteger,
  wholeNumber,
} from './numbers.ts';

/** What does not fit, as the end of an error's message; undefined when everything did. */
export type Misfit = string | undefined;

/**
 * Puts one scalar of JSON into a leaf, without saying that it is `present`. The text is UTF-8 without quotes and
 * escapes; of objects and arrays it is their JSON. Null never comes here.
 */
export type PutScalar = (kind: Kind, bytes: Buffer, start: number, end: number) => Misfit;

/** Where the two deserializers differ. */
export interface ScalarRules {
  /** OpenX: text that reads as the column's type is of that type, and anything is text. */
  readonly isLenient: boolean;
  readonly instant: (kind: Kind, bytes: Buffer, start: number, end: number) => Instant | undefined;
}

export function scalar(type: ScalarType, leaf: Leaf, rules: ScalarRules): PutScalar {
  const { values } = leaf;
  switch (type.kind) {
    case 'boolean':
      return boolean(values, rules);
    case 'tinyint':
      return integer32(values, rules, { type: 'tinyint', least: -128, most: 127 });
    case 'smallint':
      return integer32(values, rules, { type: 'smallint', least: -32_768, most: 32_767 });
    case 'int':
      return integer32(values, rules, { type: 'int', least: -(2 ** 31), most: 2 ** 31 - 1 });
    case 'bigint':
      return integer64(values, rules);
    case 'float':
      return floating(rules, (value) => putFloat(values, value), FLOAT_MOST);
    case 'double':
      return floating(rules, (value) => putDouble(values, value), Number.MAX_VALUE);
    case 'decimal':
      return decimal(leaf, type);
    case 'date':
      return date(values);
    case 'timestamp':
      return timestamp(values, rules);
    case 'binary':
      return binary(leaf, rules);
    case 'string':
      return text(leaf, rules, undefined);
    case 'char':
    case 'varchar':
      return text(leaf, rules, type.length);
  }
}

/** JSON has given it as a number, or OpenX takes text for one. */
function isNumeric(kind: Kind, { isLenient }: ScalarRules): boolean {
  return kind === INTEGER || kind === FRACTION || (isLenient && (kind === STRING || kind === ESCAPED));
}

function isText(kind: Kind): boolean {
  return kind === STRING || kind === ESCAPED;
}

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  1: 'START_OBJECT',
  2: 'START_ARRAY',
  3: 'VALUE_STRING',
  4: 'VALUE_STRING',
  5: 'VALUE_NUMBER_INT',
  6: 'VALUE_NUMBER_FLOAT',
  7: 'VALUE_TRUE',
  8: 'VALUE_FALSE',
};

/** The wordings of the parsers that AWS runs: Java's for OpenX, Jackson's for Hive. */
function misfit(kind: Kind, bytes: Buffer, start: number, end: number, { isLenient }: ScalarRules): string {
  if (isLenient || isNumeric(kind, { isLenient, instant: () => undefined })) return forInput(bytes, start, end);
  return `java.io.IOException: Current token (${KIND_NAMES[kind]}) not numeric, can not use numeric value accessors`;
}

/** A message is no place for a megabyte of somebody's data. */
const QUOTED_MOST = 100;

function forInput(bytes: Buffer, start: number, end: number): string {
  const isLong = end - start > QUOTED_MOST;
  const quoted = bytes.toString('utf8', start, isLong ? start + QUOTED_MOST : end);
  return `For input string: "${quoted}${isLong ? '…' : ''}"`;
}

function outOfRange(type: string, bytes: Buffer, start: number, end: number): string {
  return `${forInput(bytes, start, end)}: out of range of ${type}`;
}

function boolean(values: GrowingBytes, rules: ScalarRules): PutScalar {
  return (kind, bytes, start, end) => {
    const said = rules.isLenient && isText(kind) ? bytes.toString('latin1', start, end).toLowerCase() : '';
    if (kind === TRUE || said === 'true') putByte(values, 1);
    else if (kind === FALSE || said === 'false') putByte(values, 0);
    else if (rules.isLenient) return forInput(bytes, start, end);
    else return `java.io.IOException: Current token (${KIND_NAMES[kind]}) not of boolean type`;
    return undefined;
  };
}

/** A fraction is not cut off and an overflow not wrapped round, as Java would: the record fails and stays whole. */
function integer32(
  values: GrowingBytes,
  rules: ScalarRules,
  { type, least, most }: { readonly type: string; readonly least: number; readonly most: number },
): PutScalar {
  return (kind, bytes, start, end) => {
    let value = isNumeric(kind, rules) ? shortInteger(bytes, start, end) : Number.NaN;
    if (Number.isNaN(value)) {
      const exact = isNumeric(kind, rules) ? exactNumber(bytes, start, end) : undefined;
      const whole = exact && wholeNumber(exact);
      if (whole === undefined) return misfit(kind, bytes, start, end, rules);
      value = Number(whole);
    }
    if (value < least || value > most) return outOfRange(type, bytes, start, end);
    putInt32(values, value);
    return undefined;
  };
}

function integer64(values: GrowingBytes, rules: ScalarRules): PutScalar {
  return (kind, bytes, start, end) => {
    if (!isNumeric(kind, rules)) return misfit(kind, bytes, start, end, rules);
    const value = shortInteger(bytes, start, end);
    if (!Number.isNaN(value)) {
      putInt64(values, value);
      return undefined;
    }
    const exact = exactNumber(bytes, start, end);
    const whole = exact && wholeNumber(exact);
    if (whole === undefined) return misfit(kind, bytes, start, end, rules);
    if (BigInt.asIntN(64, whole) !== whole) return outOfRange('bigint', bytes, start, end);
    putBigInt64(values, whole);
    return undefined;
  };
}

const FLOAT_MOST = 3.4028234663852886e38;

/** Java's names of what JSON has no numbers for. */
const UNUSUAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Infinity,
  '+Infinity': Infinity,
  '-Infinity': -Infinity,
};

function floating(rules: ScalarRules, put: (value: number) => void, most: number): PutScalar {
  return (kind, bytes, start, end) => {
    if (!isNumeric(kind, rules)) return misfit(kind, bytes, start, end, rules);
    const value = double(bytes, start, end);
    if (Number.isNaN(value)) {
      const unusual = isText(kind) ? UNUSUAL[bytes.toString('latin1', start, end)] : undefined;
      if (unusual === undefined) return misfit(kind, bytes, start, end, rules);
      put(unusual);
      return undefined;
    }
    if (Math.abs(value) > most && Math.abs(Math.fround(value)) > most) {
      return outOfRange(most === FLOAT_MOST ? 'float' : 'double', bytes, start, end);
    }
    put(value);
    return undefined;
  };
}

/** Both deserializers read decimals off text as well: of a decimal in a number no digit would be sure. */
function decimal(leaf: Leaf, type: { readonly precision: number; readonly scale: number }): PutScalar {
  const { values, shape } = leaf;
  const { precision, scale } = type;
  const width = shape.physical.width ?? 0;
  const most = 10n ** BigInt(precision) - 1n;
  const shortMost = Number(most);
  const named = `decimal(${precision},${scale})`;
  return (kind, bytes, start, end) => {
    if (kind !== INTEGER && kind !== FRACTION && !isText(kind)) return forInput(bytes, start, end);
    const value = shortDecimal(bytes, start, end, scale);
    if (!Number.isNaN(value) && Math.abs(value) <= shortMost) {
      putFixed(values, value, width);
      return undefined;
    }
    const exact = exactNumber(bytes, start, end);
    if (exact === undefined) return forInput(bytes, start, end);
    const digits = rescaled(exact, scale);
    if (digits > most || digits < -most) return outOfRange(named, bytes, start, end);
    putBigFixed(values, digits, width);
    return undefined;
  };
}

function date(values: GrowingBytes): PutScalar {
  return (kind, bytes, start, end) => {
    const days = isText(kind) ? sqlDays(bytes.toString('latin1', start, end)) : undefined;
    if (days === undefined) return `${forInput(bytes, start, end)}: a date is yyyy-[M]M-[d]d`;
    putInt32(values, days);
    return undefined;
  };
}

function timestamp(values: GrowingBytes, rules: ScalarRules): PutScalar {
  return (kind, bytes, start, end) => {
    const instant = rules.instant(kind, bytes, start, end);
    if (instant === undefined) return `${forInput(bytes, start, end)}: not a timestamp in any of the formats`;
    if (!putMicros(values, instant)) return outOfRange('timestamp', bytes, start, end);
    return undefined;
  };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** OpenX has base64, as JSON has for bytes nearly everywhere; Hive's deserializer takes the bytes of the text. */
function binary(leaf: Leaf, { isLenient }: ScalarRules): PutScalar {
  return (kind, bytes, start, end) => {
    if (!isText(kind)) return forInput(bytes, start, end);
    if (!isLenient) leaf.putText(bytes, start, end);
    else {
      const encoded = bytes.toString('latin1', start, end);
      if (!BASE64.test(encoded)) return `${forInput(bytes, start, end)}: not base64`;
      const decoded = Buffer.from(encoded, 'base64');
      leaf.putText(decoded, 0, decoded.length);
    }
    return undefined;
  };
}

/** Numbers and booleans as they are written; objects and arrays, for OpenX, as their JSON. */
function text(leaf: Leaf, { isLenient }: ScalarRules, most: number | undefined): PutScalar {
  return (kind, bytes, start, end) => {
    const isScalar = isText(kind) || kind === INTEGER || kind === FRACTION || kind === TRUE || kind === FALSE;
    if (!isScalar && !isLenient) return `java.io.IOException: Current token (${KIND_NAMES[kind]}) not a scalar`;
    leaf.putText(bytes, start, most === undefined ? end : truncated(bytes, start, end, most));
    return undefined;
  };
}

/** Where the first `most` characters end; Hive counts code points. */
function truncated(bytes: Uint8Array, start: number, end: number, most: number): number {
  let characters = 0;
  for (let at = start; at < end; at++) {
    const isContinuation = (bytes[at]! & 0xc0) === 0x80; // at < end
    if (!isContinuation && ++characters > most) return at;
  }
  return end;
}
