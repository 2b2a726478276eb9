import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HiveType, hiveType } from '../../../src/formats/conversion/hive-types.ts';
import { convertedFile, readRows } from './files.ts';
import { type Plain, randomTable } from './random-tables.ts';

test('what a reader finds in the file of any records of any table is what was in the records', async () => {
  const options = fc.record({
    writerVersion: fc.constantFrom('V1' as const, 'V2' as const),
    usesDictionary: fc.boolean(),
    pageSizeBytes: fc.constantFrom(40, 1_048_576),
    blockSizeBytes: fc.constantFrom(300, 268_435_456),
    compression: fc.constantFrom('UNCOMPRESSED' as const, 'SNAPPY' as const),
  });

  await fc.assert(
    fc.asyncProperty(randomTable(20), options, async ({ columns, records, rows }, output) => {
      const { file, failures } = await convertedFile(columns, records, { output });
      const read = await readRows(file);

      expect(failures).toEqual([]);
      const types = Object.entries(columns).map(
        ([name, type]) => [name, hiveType(type, { name, field: name })] as const,
      );
      const plain = read.map((row) =>
        Object.fromEntries(types.map(([name, type]) => [name, plainOf(type, row[name])])),
      );
      expect(plain).toEqual(rows.map((row) => roundedRow(types, row)));
    }),
    { numRuns: 400 },
  );
});

/** hyparquet makes doubles of decimals, in just this way, and milliseconds of timestamps: so much is lost here too. */
function roundedRow(
  types: readonly (readonly [string, HiveType])[],
  row: { readonly [name: string]: Plain },
): Record<string, Plain> {
  return Object.fromEntries(types.map(([name, type]) => [name, rounded(type, row[name] ?? null)]));
}

function rounded(type: HiveType, value: Plain): Plain {
  if (value === null) return null;
  if (type.kind === 'decimal') return Number(String(value).replace('.', '')) * 10 ** -type.scale;
  if (type.kind === 'timestamp') return String(BigInt(String(value)) / 1000n);
  if (type.kind === 'array') return (value as readonly Plain[]).map((each) => rounded(type.element, each)); // Its type.
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const typeOf = (name: string): HiveType | undefined =>
    type.kind === 'map'
      ? type.value
      : type.kind === 'struct'
        ? type.fields.find((f) => f.name === name)?.type
        : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, rounded(typeOf(name) ?? { kind: 'string' }, each)]),
  );
}

function plainOf(type: HiveType, value: unknown): Plain {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bigint':
      return String(value);
    case 'date':
      return (value as Date).toISOString().slice(0, 10); // hyparquet's form of it, as below.
    case 'timestamp':
      return String((value as Date).getTime());
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex');
    case 'array':
      return (value as readonly unknown[]).map((each) => plainOf(type.element, each));
    case 'map':
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainOf(type.value, each)]));
    case 'struct':
      return Object.fromEntries(
        type.fields.map((field) => [field.name, plainOf(field.type, (value as Record<string, unknown>)[field.name])]),
      );
    default:
      return value as Plain;
  }
}
