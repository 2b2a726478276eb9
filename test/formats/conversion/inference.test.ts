import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inference } from '../../../src/formats/conversion/inference.ts';
import { convertedFile } from './files.ts';

function inferred(...records: readonly (string | Buffer)[]) {
  const { learn, table } = inference();
  const faults = records.map((record) => learn(Buffer.from(record)));
  const { columns, notes } = table();
  return { types: Object.fromEntries(columns.map(({ name, type }) => [name, type])), notes, faults };
}

const typeOf = (...values: readonly string[]) => inferred(...values.map((value) => `{"v":${value}}`)).types.v;

describe('the type of a column', () => {
  it.each<[string, readonly string[]]>([
    ['bigint', ['1', '-9223372036854775808', '9223372036854775807']],
    ['decimal(38,0)', ['9223372036854775808']],
    ['decimal(38,0)', ['1', '12345678901234567890123456789012345678']],
    ['string', ['123456789012345678901234567890123456789']],
    ['double', ['1.5']],
    ['double', ['1', '1e3']],
    ['string', ['1e999']],
    ['boolean', ['true', 'false', 'null']],
    ['timestamp', ['"2026-01-15T12:30:00Z"', '"2026-01-15 12:30:00.123"']],
    ['string', ['"2026-01-15T12:30:00+01:00"']],
    ['date', ['"2026-01-15"']],
    ['string', ['"2026-13-45"']],
    ['string', ['"2026-01-15T99:30:00Z"']],
    ['string', ['"1768480200"']],
    ['string', ['"2026-01-15T12:30:00Z"', '"tomorrow"']],
    ['string', ['"text"', '1']],
    ['string', ['true', '1']],
    ['string', ['null']],
    ['array<bigint>', ['[1,2]', '[]', '[null]']],
    ['array<double>', ['[1,2.5]']],
    ['array<string>', ['[]']],
    ['string', ['[1]', '{"a":1}']],
    ['struct<a:bigint,b:array<struct<c:string>>>', ['{"a":1,"b":[{"c":"x"}]}']],
    ['struct<a:bigint,b:boolean>', ['{"a":1}', '{"b":true}', 'null']],
    ['string', ['{}']],
    ['struct<`odd name`:bigint>', ['{"odd name":1}']],
  ])('is %s for %j', (type, values) => {
    expect(typeOf(...values)).toBe(type);
  });

  it('is that of all keys that differ in case alone', () => {
    expect(inferred('{"Id":1}', '{"ID":2.5}').types).toEqual({ id: 'double' });
  });
});

describe('what nothing can be learnt from', () => {
  it.each<[string | Buffer, RegExp]>([
    ['', /empty/],
    ['nonsense', /malformed/],
    ['[1]', /not a JSON object/],
    ['1', /not a JSON object/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/],
    ['{"a":1', /malformed/],
  ])('is told of: %s', (record, reason) => {
    expect(inferred(record, '{"b":1}')).toMatchObject({
      types: { b: 'bigint' },
      faults: [expect.stringMatching(reason), undefined],
    });
  });

  it('are keys that no column can be named for, and more keys than a table can have', () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, i]));

    expect(inferred('{"":1,"`":2,"a":3}')).toMatchObject({
      types: { a: 'bigint' },
      notes: [/"" *\./, /"`"/].map((each) => expect.stringMatching(each)),
    });
    const { types, notes } = inferred(JSON.stringify(many));
    expect(Object.keys(types)).toHaveLength(2_000);
    expect(notes).toEqual([expect.stringContaining('2000')]);
  });
});

it('a table takes every record that it was inferred from', async () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(null, true, false, '2026-01-15', '2026-01-15T12:30:00Z', '', 'NaN', 1.5, 1e300, -0),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
      fc.double(),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('a', 'B', 'b', 'odd key', 'x.y', 'c:d<e>'), tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  const object = fc.dictionary(fc.constantFrom('id', 'Name', 'name', 'at', 'more', 'p.q'), value, { maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 12 }), async (objects) => {
      const records = objects.map(json);
      const { types, faults } = inferred(...records);
      fc.pre(Object.keys(types).length > 0);

      expect(faults.filter((each) => each !== undefined)).toEqual([]);
      const { failures } = await convertedFile(types, records);

      expect(failures).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** JSON with whole numbers of any size. */
function json(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (typeof value !== 'object' || value === null)
    return JSON.stringify(Number.isFinite(value) || typeof value !== 'number' ? value : null);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${json(each)}`)
    .join(',')}}`;
}
