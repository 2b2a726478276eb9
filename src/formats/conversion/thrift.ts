import { type GrowingBytes, growingBytes, putByte, putBytes, putVarint, written } from './growing-bytes.ts';

/**
 * Thrift's compact protocol, as much of it as Parquet's page headers and footers need. All whole numbers there are at
 * least zero.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export interface ThriftValue {
  readonly type: number;
  readonly put: (into: GrowingBytes) => void;
}

/** The number that a field has in parquet.thrift, and its value; undefined ones are left out. In order. */
export type ThriftField = readonly [id: number, value: ThriftValue | undefined];

const TRUE = 1;
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

export function i32(value: number): ThriftValue {
  return { type: I32, put: (into) => putVarint(into, value * 2) };
}

export function i64(value: number): ThriftValue {
  return { type: I64, put: (into) => putVarint(into, value * 2) };
}

/** As a field: its value is in its type. */
export function bool(value: boolean): ThriftValue {
  return { type: value ? TRUE : FALSE, put: () => undefined };
}

export function binary(bytes: Uint8Array): ThriftValue {
  return {
    type: BINARY,
    put: (into) => {
      putVarint(into, bytes.length);
      putBytes(into, bytes, 0, bytes.length);
    },
  };
}

export function text(value: string): ThriftValue {
  return binary(Buffer.from(value));
}

/** At least one value, all of one type. */
export function list(values: readonly ThriftValue[]): ThriftValue {
  const type = values[0]?.type ?? STRUCT;
  return {
    type: LIST,
    put: (into) => {
      if (values.length < 15) putByte(into, (values.length << 4) | type);
      else {
        putByte(into, 0xf0 | type);
        putVarint(into, values.length);
      }
      for (const value of values) value.put(into);
    },
  };
}

export function struct(fields: readonly ThriftField[]): ThriftValue {
  return { type: STRUCT, put: (into) => putFields(into, fields) };
}

/** The union's member `id`, itself a struct. */
export function union(id: number, fields: readonly ThriftField[] = []): ThriftValue {
  return struct([[id, struct(fields)]]);
}

function putFields(into: GrowingBytes, fields: readonly ThriftField[]): void {
  let last = 0;
  for (const [id, value] of fields) {
    if (value === undefined) continue;
    // Parquet's numbers never leave a gap of 16.
    putByte(into, ((id - last) << 4) | value.type);
    value.put(into);
    last = id;
  }
  putByte(into, 0);
}

export function encoded(value: ThriftValue): Buffer {
  const bytes = growingBytes();
  value.put(bytes);
  return written(bytes);
}
