import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { hiveType } from '../../../src/formats/conversion/hive-types.ts';

const COLUMN = { name: 'price', field: 'columns[3].type' };

test.each([
  ['int', { kind: 'int' }],
  [' BigInt ', { kind: 'bigint' }],
  ['integer', { kind: 'int' }],
  ['decimal', { kind: 'decimal', precision: 10, scale: 0 }],
  ['DECIMAL( 38 , 38 )', { kind: 'decimal', precision: 38, scale: 38 }],
  ['numeric(5)', { kind: 'decimal', precision: 5, scale: 0 }],
  ['char(255)', { kind: 'char', length: 255 }],
  ['varchar(65535)', { kind: 'varchar', length: 65_535 }],
  ['array<int>', { kind: 'array', element: { kind: 'int' } }],
  [
    'map<string,array<date>>',
    { kind: 'map', key: { kind: 'string' }, value: { kind: 'array', element: { kind: 'date' } } },
  ],
  ['struct<A b:int>'.replace('A b', '`A b`'), { kind: 'struct', fields: [{ name: 'A b', type: { kind: 'int' } }] }],
  [
    'struct<userId:string, at : timestamp>',
    {
      kind: 'struct',
      fields: [
        { name: 'userId', type: { kind: 'string' } },
        { name: 'at', type: { kind: 'timestamp' } },
      ],
    },
  ],
])('%s is a type', (text, type) => {
  expect(hiveType(text, COLUMN)).toEqual(type);
});

test.each([
  ['uniontype<int,string>', 'there is no type uniontype'],
  ['', 'a type is missing'],
  ['array', '< is missing at character 6'],
  ['array<int', '> is missing at character 10'],
  ['array<int>>', 'nothing may follow at character 11'],
  ['int unsigned', 'nothing may follow at character 5'],
  ['decimal(39,2)', 'its precision is not 1 to 38'],
  ['decimal(4,5)', 'its scale is larger than its precision'],
  ['decimal(,5)', 'a number is missing at character 9'],
  ['char(0)', 'its length is not 1 to 255'],
  ['varchar', '( is missing at character 8'],
  ['struct<>', 'a field of a struct has no name'],
  ['struct<a:int,A:int>', 'a struct has two fields named A'],
  ['map<array<int>,int>', 'the key of a map cannot be an array, a map or a struct'],
  [`${'array<'.repeat(80)}int${'>'.repeat(80)}`, 'it is nested more than 64 levels deep'],
])('%s is none, and the error names the column and what is wrong', (text, reason) => {
  const parse = () => hiveType(text, COLUMN);

  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(`columns[3].type: the type ${text} of column price is not one of Hive's: ${reason}`);
});
