import type { ScalarType } from './hive-types.ts';
import { bool, i32, struct, type ThriftValue, union } from './thrift.ts';

/** How Parquet stores a scalar type: numbers and names of parquet.thrift. */
export interface Physical {
  /** Parquet's `Type`. */
  readonly type: number;
  /** Bytes of a value in PLAIN encoding; undefined where values bring their lengths, one for BOOLEAN until packed. */
  readonly width: number | undefined;
  /** `ConvertedType`, for readers of before 2018. */
  readonly converted?: number;
  /** `LogicalType`. */
  readonly logical?: ThriftValue;
  readonly decimal?: { readonly precision: number; readonly scale: number };
}

export const BOOLEAN = 0;
export const INT32 = 1;
const INT64 = 2;
export const FLOAT = 4;
export const DOUBLE = 5;
export const BYTE_ARRAY = 6;
export const FIXED_LEN_BYTE_ARRAY = 7;

/**
 * The types as Hive's own writer has them, with one difference: a timestamp is an INT64 of microseconds in UTC, where
 * Hive writes INT96. INT96 is deprecated, has no statistics to skip row groups by, and needs a reader that knows it.
 * Athena (Trino), Spark, DuckDB, pyarrow and Hive since 4 read the INT64; microseconds keep all that JSON usually has
 * and reach beyond the year 290,000, where nanoseconds end in 2262.
 */
export function physical(type: ScalarType): Physical {
  switch (type.kind) {
    case 'boolean':
      return { type: BOOLEAN, width: 1 };
    case 'tinyint':
      return { type: INT32, width: 4, converted: 15 };
    case 'smallint':
      return { type: INT32, width: 4, converted: 16 };
    case 'int':
      return { type: INT32, width: 4 };
    case 'bigint':
      return { type: INT64, width: 8 };
    case 'float':
      return { type: FLOAT, width: 4 };
    case 'double':
      return { type: DOUBLE, width: 8 };
    case 'decimal':
      return decimal(type.precision, type.scale);
    case 'date':
      return { type: INT32, width: 4, converted: 6, logical: union(6) };
    case 'timestamp':
      return { type: INT64, width: 8, converted: 10, logical: timestampLogical() };
    case 'binary':
      return { type: BYTE_ARRAY, width: undefined };
    case 'string':
    case 'char':
    case 'varchar':
      return { type: BYTE_ARRAY, width: undefined, converted: 0, logical: union(1) };
  }
}

function decimal(precision: number, scale: number): Physical {
  return {
    type: FIXED_LEN_BYTE_ARRAY,
    width: decimalBytes(precision),
    converted: 5,
    logical: union(5, [
      [1, i32(scale)],
      [2, i32(precision)],
    ]),
    decimal: { precision, scale },
  };
}

/** The fewest bytes whose two's complement holds all numbers of that many digits, as Hive and Spark have it. */
function decimalBytes(precision: number): number {
  const bits = (10n ** BigInt(precision)).toString(2).length + 1;
  return Math.ceil(bits / 8);
}

/** An instant, adjusted to UTC, in microseconds. */
function timestampLogical(): ThriftValue {
  return union(8, [
    [1, bool(true)],
    [2, struct([[2, struct([])]])],
  ]);
}
