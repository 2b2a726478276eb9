import { describe, expect, test } from 'vitest';
import { convertedFile, OPENX, rowsOf } from './files.ts';

async function readBack(type: string, json: string): Promise<unknown> {
  const [row] = await rowsOf({ v: type }, [`{"v":${json}}`]);
  return row?.v;
}

async function messageOf(type: string, json: string): Promise<string | undefined> {
  const { failures } = await convertedFile({ v: type }, [`{"v":${json}}`]);
  expect(failures.map(({ code }) => code)).toEqual(['DataFormatConversion.MalformedData']);
  return failures[0]?.message;
}

test.each([
  ['boolean', 'true', true],
  ['boolean', '"FALSE"', false],
  ['tinyint', '-128', -128],
  ['smallint', '32767', 32767],
  ['int', '2147483647', 2147483647],
  ['int', '-2147483648', -2147483648],
  ['int', '"123"', 123],
  ['int', '1.0', 1],
  ['int', '12e2', 1200],
  ['bigint', '9223372036854775807', 9223372036854775807n],
  ['bigint', '-9223372036854775808', -9223372036854775808n],
  ['bigint', '9007199254740993', 9007199254740993n],
  ['bigint', '"-5"', -5n],
  ['bigint', '-4294967297', -4294967297n],
  ['float', '1.5', 1.5],
  ['double', '0.1', 0.1],
  ['double', '123456789.123456', 123456789.123456],
  ['double', '1e-320', 1e-320],
  ['double', '0.30000000000000004', 0.30000000000000004],
  ['double', '"NaN"', Number.NaN],
  ['double', '"-Infinity"', -Infinity],
  ['double', '-0.0', -0],
  ['decimal(5,2)', '-1.25', -1.25],
  ['decimal(5,2)', '1.255', 1.26],
  ['decimal(5,2)', '-1.255', -1.26],
  ['decimal(5,2)', '"999.99"', 999.99],
  ['decimal(5,2)', '1e-400', 0],
  ['decimal(1,0)', '-9', -9],
  ['string', '"a\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/"', 'aé😀\n"\\/'],
  ['string', '"\\ud800x"', '\ufffdx'],
  ['string', '1.10', '1.10'],
  ['string', 'true', 'true'],
  ['string', '{"a": [1, 2]}', '{"a": [1, 2]}'],
  ['string', '""', ''],
  ['char(2)', '"aé😀"', 'aé'],
  ['varchar(3)', '"aé😀b"', 'aé😀'],
  ['varchar(3)', '12345', '123'],
  ['date', '"2024-02-29"', new Date('2024-02-29')],
  ['date', '"1900-1-2"', new Date('1900-01-02')],
  ['array<int>', '[1,null,3]', [1, null, 3]],
  ['array<array<int>>', '[[1],[],[2,3]]', [[1], [], [2, 3]]],
  ['map<string,int>', '{"a":1,"b":null}', { a: 1, b: null }],
  ['map<string,int>', '{"A":1,"a":2}', { a: 2 }],
  ['struct<a:int,b:struct<c:string>>', '{"B":{"c":"x"},"other":[{}]}', { a: null, b: { c: 'x' } }],
  ['struct<a:int>', '{"a":1,"a":2}', { a: 2 }],
])('%s of %s', async (type, json, value) => {
  expect(await readBack(type, json)).toEqual(value);
});

test('a decimal keeps 38 digits', async () => {
  const { file } = await convertedFile({ v: 'decimal(38,10)' }, ['{"v":-9999999999999999999999999999.0123456789}'], {
    output: { compression: 'UNCOMPRESSED', usesDictionary: false },
  });

  const stored = Buffer.alloc(16);
  const digits = BigInt.asUintN(128, -99999999999999999999999999990123456789n);
  stored.writeBigUInt64BE(digits >> 64n, 0);
  stored.writeBigUInt64BE(BigInt.asUintN(64, digits), 8);
  expect(file.includes(stored)).toBe(true);
});

describe('timestamps', () => {
  test.each([
    ['"2026-01-02T03:04:05Z"', '2026-01-02T03:04:05.000Z'],
    ['"2026-01-02T03:04:05.678Z"', '2026-01-02T03:04:05.678Z'],
    ['"2026-01-02T03:04:05.678999999Z"', '2026-01-02T03:04:05.678Z'],
    ['"2026-1-2 3:4:5"', '2026-01-02T03:04:05.000Z'],
    ['"2026-01-02 03:04:05.5"', '2026-01-02T03:04:05.500Z'],
    ['"1969-12-31T23:59:59.999Z"', '1969-12-31T23:59:59.999Z'],
    ['"0001-01-01T00:00:00Z"', '0001-01-01T00:00:00.000Z'],
    ['"9999-12-31T23:59:59.999Z"', '9999-12-31T23:59:59.999Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    ['1700000000.25', '2023-11-14T22:13:20.250Z'],
    ['1.7e9', '2023-11-14T22:13:20.000Z'],
    ['"1700000000"', '2023-11-14T22:13:20.000Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
    ['-1.25', '1969-12-31T23:59:58.750Z'],
    ['999999999999', '+033658-09-27T01:46:39.000Z'],
    ['1000000000000', '2001-09-09T01:46:40.000Z'],
  ])('%s is %s', async (json, iso) => {
    expect(await readBack('timestamp', json)).toEqual(new Date(iso));
  });

  test.each([
    '"2026-02-30T00:00:00Z"',
    '"2026-01-02T24:00:00Z"',
    '"2026-1-02T03:04:05Z"',
    '"2026-01-02T03:04:05.1234567890Z"',
    '"2026-01-02T03:04:05.Z"',
    '"2026-01-02T03:04:05"',
    '"yesterday"',
    '""',
    'true',
    '1e300',
    '1e18',
  ])('%s is none', async (json) => {
    expect(await messageOf('timestamp', json)).toMatch(/^Data does not match the schema\. For input string: /);
  });
});

test.each([
  ['int', '"oops"', 'For input string: "oops" (column v)'],
  ['int', '2147483648', 'For input string: "2147483648": out of range of int (column v)'],
  ['tinyint', '128', 'For input string: "128": out of range of tinyint (column v)'],
  ['smallint', '-32769', 'For input string: "-32769": out of range of smallint (column v)'],
  ['bigint', '9223372036854775808', 'For input string: "9223372036854775808": out of range of bigint (column v)'],
  ['bigint', '1e999', 'For input string: "1e999" (column v)'],
  ['int', '1.5', 'For input string: "1.5" (column v)'],
  ['int', '""', 'For input string: "" (column v)'],
  ['int', 'true', 'For input string: "true" (column v)'],
  ['float', '1e39', 'For input string: "1e39": out of range of float (column v)'],
  ['double', '1e309', 'For input string: "1e309": out of range of double (column v)'],
  ['double', '"1.2.3"', 'For input string: "1.2.3" (column v)'],
  ['decimal(5,2)', '1000', 'For input string: "1000": out of range of decimal(5,2) (column v)'],
  ['decimal(5,2)', '999.995', 'For input string: "999.995": out of range of decimal(5,2) (column v)'],
  ['boolean', '"yes"', 'For input string: "yes" (column v)'],
  ['date', '"2026-13-01"', 'For input string: "2026-13-01": a date is yyyy-[M]M-[d]d (column v)'],
  ['binary', '"###"', 'For input string: "###": not base64 (column v)'],
  ['array<int>', '1', 'java.io.IOException: Start of Array expected (column v)'],
  ['array<int>', '[1,"x"]', 'For input string: "x" (column v)'],
  ['struct<a:int>', '[]', 'java.io.IOException: Start of Object expected (column v)'],
  ['map<string,int>', '"x"', 'java.io.IOException: Start of Object expected (column v)'],
  ['map<int,int>', '{"1":1,"01":2}', 'two keys of a map are the same value of its type (column v)'],
])('%s of %s fails: %s', async (type, json, reason) => {
  expect(await messageOf(type, json)).toBe(`Data does not match the schema. ${reason}`);
});

test('a message quotes no more than the start of a long text', async () => {
  expect((await messageOf('int', `"${'x'.repeat(100_000)}"`))?.length).toBeLessThan(200);
});

describe('keys', () => {
  test('match columns whatever their case, and with dots for underscores when that is asked for', async () => {
    const input = { ...OPENX, convertsDots: true };

    expect(await rowsOf({ userId: 'int', a_b: 'int' }, ['{"USERID":1,"A.b":2}'], { input })).toEqual([
      { userId: 1, a_b: 2 },
    ]);
  });

  test('match exactly when case counts', async () => {
    const input = { ...OPENX, isCaseInsensitive: false };

    expect(await rowsOf({ a: 'int' }, ['{"A":1}', '{"a":1}'], { input })).toEqual([{ a: null }, { a: 1 }]);
  });

  test('are read from another name when the stream maps the column, in structs too, and by several columns', async () => {
    const input = { ...OPENX, keyOf: { ts: 'timeStamp', copy: 'timestamp' } };
    const columns = { ts: 'int', copy: 'int', s: 'struct<ts:int>' };

    expect(await rowsOf(columns, ['{"timestamp":1,"ts":2,"s":{"timestamp":3}}'], { input })).toEqual([
      { ts: 1, copy: 1, s: { ts: 3 } },
    ]);
  });

  test('are told apart though one is the beginning of another', async () => {
    const records = ['{"a":1,"bc":2}', '{"ab":3,"b":4}', '{"a":5,"bc":6}'];

    expect(await rowsOf({ a: 'int', ab: 'int', b: 'int' }, records)).toEqual([
      { a: 1, ab: null, b: null },
      { a: null, ab: 3, b: 4 },
      { a: 5, ab: null, b: null },
    ]);
  });

  test('with escapes in them match as well, and in another order', async () => {
    expect(await rowsOf({ ab: 'int', c: 'int' }, ['{"ab":1,"c":2}', '{"c":4,"a\\u0062":3}'])).toEqual([
      { ab: 1, c: 2 },
      { ab: 3, c: 4 },
    ]);
  });
});

test('binary is base64', async () => {
  const { file } = await convertedFile({ v: 'binary' }, ['{"v":"3q2+7w=="}'], {
    output: { compression: 'UNCOMPRESSED' },
  });

  expect(file.includes(Buffer.from('deadbeef', 'hex'))).toBe(true);
});
