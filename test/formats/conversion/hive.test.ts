import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { converter } from '../../../src/formats/conversion/converter.ts';
import type { InputFormat } from '../../../src/formats/conversion/format-options.ts';
import { convertedFile, HIVE, PARQUET, rowsOf } from './files.ts';

async function readBack(type: string, json: string, input: InputFormat = HIVE): Promise<unknown> {
  const { failures } = await convertedFile({ v: type }, [`{"v":${json}}`], { input });
  if (failures[0] !== undefined) return failures[0].message;
  const [row] = await rowsOf({ v: type }, [`{"v":${json}}`], { input });
  return row?.v;
}

test.each([
  ['int', '7', 7],
  ['bigint', '9223372036854775807', 9223372036854775807n],
  ['double', '1.5', 1.5],
  ['decimal(5,2)', '"1.25"', 1.25],
  ['string', '12', '12'],
  ['boolean', 'false', false],
  ['date', '"2026-01-02"', new Date('2026-01-02')],
  ['timestamp', '"2026-01-02 03:04:05.678"', new Date('2026-01-02T03:04:05.678Z')],
  ['map<int,string>', '{"5":"x"}', { 5: 'x' }],
  ['binary', '"text"', new Uint8Array(Buffer.from('text'))],
])('%s of %s', async (type, json, value) => {
  expect(await readBack(type, json)).toEqual(value);
});

const notNumeric = (token: string): string =>
  `java.io.IOException: Current token (${token}) not numeric, can not use numeric value accessors`;

test.each([
  ['int', '"7"', notNumeric('VALUE_STRING')],
  ['double', 'true', notNumeric('VALUE_TRUE')],
  ['bigint', '[]', notNumeric('START_ARRAY')],
  ['boolean', '"true"', 'java.io.IOException: Current token (VALUE_STRING) not of boolean type'],
  ['string', '{}', 'java.io.IOException: Current token (START_OBJECT) not a scalar'],
  ['array<int>', '{}', 'java.io.IOException: Start of Array expected'],
  ['struct<a:int>', '1', 'java.io.IOException: Start of Object expected'],
  [
    'timestamp',
    '"2026-01-02T03:04:05Z"',
    'For input string: "2026-01-02T03:04:05Z": not a timestamp in any of the formats',
  ],
])('%s of %s fails', async (type, json, reason) => {
  expect(await readBack(type, json)).toBe(`Data does not match the schema. ${reason} (column v)`);
});

test('keys match whatever their case', async () => {
  expect(await rowsOf({ userid: 'int' }, ['{"userId":1}'], { input: HIVE })).toEqual([{ userid: 1 }]);
});

describe('timestamp formats', () => {
  test.each([
    ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '"2026-01-02T03:04:05.678+0130"', '2026-01-02T01:34:05.678Z'],
    ['yyyy-MM-dd HH:mm:ssZZ', '"2026-01-02 03:04:05-08:00"', '2026-01-02T11:04:05.000Z'],
    ['dd/MMM/yyyy:HH:mm:ss Z', '"10/Oct/2000:13:55:36 -0700"', '2000-10-10T20:55:36.000Z'],
    ['yyyyMMddHHmmss', '"20260102030405"', '2026-01-02T03:04:05.000Z'],
    ['EEE, d MMMM yy h:mm a', '"Fri, 2 January 26 3:04 PM"', '2026-01-02T15:04:00.000Z'],
    ['yyyy-DDD', '"2024-366"', '2024-12-31T00:00:00.000Z'],
    ["h 'o''clock' a", `"12 o'clock am"`, '1970-01-01T00:00:00.000Z'],
    ['millis', '1700000000123', '2023-11-14T22:13:20.123Z'],
    ['millis', '"-1"', '1969-12-31T23:59:59.999Z'],
  ])('%s reads %s', async (pattern, json, iso) => {
    const input: InputFormat = { kind: 'hive', timestampFormats: ['yyyy', pattern] };

    expect(await readBack('timestamp', json, input)).toEqual(new Date(iso));
  });

  test('that are no patterns, or of letters that are not read, are refused', () => {
    for (const pattern of ["yyyy'", 'yyyy-ww', 'Q', 'G']) {
      const make = () =>
        converter({ columns: [{ name: 'v', type: 'int' }] }, { kind: 'hive', timestampFormats: [pattern] }, PARQUET);

      expect(make, pattern).toThrow(ConfigError);
      expect(make, pattern).toThrow(`[Key: timestamp.formats Value: ${pattern}]`);
    }
  });
});
