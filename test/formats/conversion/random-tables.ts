import fc from 'fast-check';

/**
 * A value in a form that every reader's own can be brought to: bigint as its digits, decimals with all their places,
 * dates as `yyyy-mm-dd`, timestamps as microseconds, bytes in hexadecimal.
 */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

interface Value {
  readonly json: string;
  readonly plain: Plain;
}

interface RandomType {
  readonly type: string;
  readonly value: fc.Arbitrary<Value>;
}

/** A table, records for it, and what must come out. */
export interface RandomTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly records: readonly string[];
  readonly rows: readonly { readonly [name: string]: Plain }[];
}

const NULL: Value = { json: 'null', plain: null };
const DEPTH_MOST = 3;

export function randomTable(rowsMost: number): fc.Arbitrary<RandomTable> {
  return fc.array(randomType(DEPTH_MOST), { minLength: 1, maxLength: 6 }).chain((types) => {
    const row = fields(types);
    return fc.array(row, { minLength: 1, maxLength: rowsMost }).map((rows) => ({
      columns: Object.fromEntries(types.map(({ type }, i) => [`f${i}`, type])),
      records: rows.map(({ json }) => json),
      rows: rows.map(({ plain }) => plain),
    }));
  });
}

/** An object with a field of each type, some missing, null or twice, with one that nobody has declared. */
function fields(
  types: readonly RandomType[],
): fc.Arbitrary<{ json: string; plain: { readonly [name: string]: Plain } }> {
  const members = types.map(({ value }) => fc.option(fc.oneof({ weight: 8, arbitrary: value }, fc.constant(NULL))));
  return fc.tuple(fc.tuple(...members), fc.nat(3)).map(([values, extra]) => {
    const pairs = values.flatMap((value, i) => (value === null ? [] : [`"${i % 2 ? 'F' : 'f'}${i}": ${value.json}`]));
    if (extra === 0) pairs.unshift('"unknown":[{"f0":1}]');
    if (extra === 1) pairs.reverse();
    return {
      json: `{${pairs.join(',')}}`,
      plain: Object.fromEntries(values.map((value, i) => [`f${i}`, value?.plain ?? null])),
    };
  });
}

function randomType(depth: number): fc.Arbitrary<RandomType> {
  const flat = fc.oneof(...scalars());
  if (depth === 0) return flat;
  const inner = randomType(depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: flat },
    inner.map(({ type, value }) => ({ type: `array<${type}>`, value: list(value) })),
    inner.map(({ type, value }) => ({ type: `map<string,${type}>`, value: map(value) })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((types) => ({
      type: `struct<${types.map(({ type }, i) => `f${i}:${type}`).join(',')}>`,
      value: fields(types),
    })),
  );
}

function list(value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.array(orNull(value), { maxLength: 4 }).map((values) => ({
    json: `[${values.map(({ json }) => json).join(' , ')}]`,
    plain: values.map(({ plain }) => plain),
  }));
}

function map(value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), orNull(value), { maxKeys: 3 }).map((entries) => ({
    json: `{${Object.entries(entries).map(([key, { json }]) => `"${key}":${json}`)}}`,
    plain: Object.fromEntries(Object.entries(entries).map(([key, { plain }]) => [key, plain])),
  }));
}

function orNull(value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 5, arbitrary: value }, fc.constant(NULL));
}

function scalars(): fc.Arbitrary<RandomType>[] {
  const whole = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }).map(same);
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'blue', 'green', 'é😀', '\\"\n\u0000'));
  const texts = (most: number) =>
    text.map((value) => ({ json: JSON.stringify(value), plain: [...value].slice(0, most).join('') }));
  const limited = fc.integer({ min: 1, max: 5 });
  return [
    fc.constant({ type: 'boolean', value: fc.boolean().map(same) }),
    fc.constant({ type: 'tinyint', value: whole(8) }),
    fc.constant({ type: 'smallint', value: whole(16) }),
    fc.constant({ type: 'int', value: whole(32) }),
    fc.constant({ type: 'bigint', value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(digits) }),
    fc.constant({ type: 'float', value: fc.float({ noNaN: true, noDefaultInfinity: true }).map(number) }),
    fc.constant({ type: 'double', value: fc.double({ noNaN: true, noDefaultInfinity: true }).map(number) }),
    fc.constant({ type: 'string', value: texts(Infinity) }),
    limited.map((most) => ({ type: `varchar(${most})`, value: texts(most) })),
    limited.map((most) => ({ type: `char(${most})`, value: texts(most) })),
    fc.constant({ type: 'binary', value: fc.uint8Array({ maxLength: 12 }).map(base64) }),
    fc.constant({ type: 'date', value: fc.integer({ min: -719_162, max: 2_932_896 }).map(date) }),
    fc.constant({
      type: 'timestamp',
      value: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }).map(timestamp),
    }),
    fc
      .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
      .map(([precision, scale]) => decimal(precision, Math.min(precision, scale))),
  ];
}

const same = (value: number | boolean): Value => ({ json: String(value), plain: value });
const digits = (value: bigint): Value => ({ json: String(value), plain: String(value) });
const number = (value: number): Value => ({ json: JSON.stringify(value), plain: Number(JSON.stringify(value)) });
const base64 = (bytes: Uint8Array): Value => ({
  json: JSON.stringify(Buffer.from(bytes).toString('base64')),
  plain: Buffer.from(bytes).toString('hex'),
});

function date(days: number): Value {
  const iso = new Date(days * 86_400_000).toISOString().slice(0, 10);
  return { json: `"${iso}"`, plain: iso };
}

/** Microseconds made of the seconds, so that both come and go together. */
function timestamp(seconds: number): Value {
  const micros = Math.abs(seconds * 7919) % 1_000_000;
  const iso = new Date(seconds * 1000).toISOString().slice(0, 19);
  const fraction = String(micros).padStart(6, '0');
  return { json: `"${iso}.${fraction}Z"`, plain: String(BigInt(seconds) * 1_000_000n + BigInt(micros)) };
}

function decimal(precision: number, scale: number): RandomType {
  const most = 10n ** BigInt(precision) - 1n;
  const value = fc.bigInt({ min: -most, max: most }).map((unscaled) => {
    const all = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    const places = scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`;
    const plain = `${unscaled < 0n ? '-' : ''}${places}`;
    return { json: plain, plain };
  });
  return { type: `decimal(${precision},${scale})`, value };
}
