import type { HiveField, HiveType, ScalarType } from './hive-types.ts';
import { FIXED_LEN_BYTE_ARRAY, physical } from './physical.ts';
import { i32, struct, type ThriftValue, text, union } from './thrift.ts';

/** Parquet's repetition types. */
const REQUIRED = 0;
const OPTIONAL = 1;
const REPEATED = 2;

/** Parquet's converted types of lists and maps; their logical types are 3 and 2. */
const LIST = 3;
const MAP = 1;

/** The elements of the file's schema, depth first, as the footer has them: each group says how many are in it. */
export function schemaElements(columns: readonly HiveField[]): readonly ThriftValue[] {
  const root = struct([
    [4, text('hydrant_schema')],
    [5, i32(columns.length)],
  ]);
  return [root, ...columns.flatMap(({ name, type }) => elements(name, type))];
}

function elements(name: string, type: HiveType): readonly ThriftValue[] {
  switch (type.kind) {
    case 'struct':
      return [
        group(name, { repetition: OPTIONAL, children: type.fields.length }),
        ...type.fields.flatMap((each) => elements(each.name, each.type)),
      ];
    case 'array':
      return [
        group(name, { repetition: OPTIONAL, children: 1, converted: LIST, logical: union(3) }),
        group('list', { repetition: REPEATED, children: 1 }),
        ...elements('element', type.element),
      ];
    case 'map':
      return [
        group(name, { repetition: OPTIONAL, children: 1, converted: MAP, logical: union(2) }),
        group('key_value', { repetition: REPEATED, children: 2 }),
        scalarElement('key', type.key, REQUIRED),
        ...elements('value', type.value),
      ];
    default:
      return [scalarElement(name, type, OPTIONAL)];
  }
}

interface Group {
  readonly repetition: number;
  readonly children: number;
  readonly converted?: number;
  readonly logical?: ThriftValue;
}

function group(name: string, { repetition, children, converted, logical }: Group): ThriftValue {
  return struct([
    [3, i32(repetition)],
    [4, text(name)],
    [5, i32(children)],
    [6, converted === undefined ? undefined : i32(converted)],
    [10, logical],
  ]);
}

function scalarElement(name: string, type: ScalarType, repetition: number): ThriftValue {
  const { type: number, width, converted, logical, decimal } = physical(type);
  return struct([
    [1, i32(number)],
    [2, number === FIXED_LEN_BYTE_ARRAY ? i32(width ?? 0) : undefined],
    [3, i32(repetition)],
    [4, text(name)],
    [6, converted === undefined ? undefined : i32(converted)],
    [7, decimal && i32(decimal.scale)],
    [8, decimal && i32(decimal.precision)],
    [10, logical],
  ]);
}
