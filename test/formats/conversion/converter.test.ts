import { type FileMetaData, parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { recordBlock } from '../../../src/core/records.ts';
import { converter } from '../../../src/formats/conversion/converter.ts';
import { isZstdAvailable } from '../../../src/formats/zstd.ts';
import { convertedFile, OPENX, PARQUET, readRows, rowsOf } from './files.ts';

const PARSE_ERROR = 'DataFormatConversion.ParseError';
const MALFORMED_DATA = 'DataFormatConversion.MalformedData';

describe('a record that cannot be converted', () => {
  const COLUMNS = { id: 'int', name: 'string', tags: 'array<string>' };
  const at = (wanted: string, found: string, byte: number): string =>
    `Encountered malformed JSON. Found ${found} where ${wanted} should be, at byte ${byte}.`;
  const deep = (levels: number): string => `{"unknown":${'['.repeat(levels)}${']'.repeat(levels)}}`;

  test.each<[string, string | Uint8Array, string, string]>([
    ['is cut off', '{"id":1', PARSE_ERROR, at('a comma or }', 'the end', 7)],
    ['is cut off in a string', '{"id":"1', PARSE_ERROR, at('the end of a string', 'the end', 8)],
    ['is cut off in an escape', '{"id":"\\u00', PARSE_ERROR, at('a hexadecimal digit', 'the end', 11)],
    ['has an escape that is none', '{"id":"\\x"}', PARSE_ERROR, at('an escape', "'x'", 8)],
    ['has a comma too many', '{"id":1,}', PARSE_ERROR, at('a key', "'}'", 8)],
    ['has a comma too many in a list', '[1,]', PARSE_ERROR, at('a value', "']'", 3)],
    ['has no colon', '{"id" 1}', PARSE_ERROR, at('a colon', "'1'", 6)],
    ['has a key without quotes', '{id:1}', PARSE_ERROR, at('a key', "'i'", 1)],
    ['has a leading zero', '{"id":01}', PARSE_ERROR, at('a number without leading zeros', "'1'", 7)],
    ['has a lone minus', '{"id":-}', PARSE_ERROR, at('a digit', "'}'", 7)],
    ['has half a fraction', '{"id":1.}', PARSE_ERROR, at('a digit', "'}'", 8)],
    ['has half an exponent', '{"id":1e+}', PARSE_ERROR, at('a digit', "'}'", 9)],
    ['has half a word', '{"id":nul}', PARSE_ERROR, at('null', "'}'", 9)],
    ['has a word that is none', '{"id":NaN}', PARSE_ERROR, at('a value', "'N'", 6)],
    ['begins with a byte-order mark', '\ufeff{}', PARSE_ERROR, at('a value', '0xef', 0)],
    ['is empty', '', MALFORMED_DATA, 'The record is empty.'],
    ['is white space', ' \r\n\t', MALFORMED_DATA, 'The record is empty.'],
    ['is a number', '1', MALFORMED_DATA, 'A record must hold JSON objects, one behind the other.'],
    ['is null', 'null', MALFORMED_DATA, 'A record must hold JSON objects, one behind the other.'],
    ['is an array', '[{"id":1}]', MALFORMED_DATA, 'A record must hold JSON objects, one behind the other.'],
    ['is not UTF-8', Buffer.from('{"name":"\xff"}', 'latin1'), MALFORMED_DATA, 'It is not UTF-8.'],
    [
      'has a control character in a string',
      '{"name":"a\nb"}',
      MALFORMED_DATA,
      'A string holds the control character 0x0a at byte 10.',
    ],
    ['is nested too deep', deep(500), MALFORMED_DATA, 'The record is nested more than 256 levels deep.'],
    [
      'has a key of more than 262,144 characters',
      `{"${'k'.repeat(262_145)}":1}`,
      MALFORMED_DATA,
      'A key is longer than 262144 characters.',
    ],
    [
      'does not match the schema',
      '{"tags":["a"],"name":"kept out","id":"oops"}',
      MALFORMED_DATA,
      'Data does not match the schema. For input string: "oops" (column id)',
    ],
  ])('because it %s is named with its reason, and its neighbours are written', async (_, record, code, message) => {
    const records = ['{"id":1,"name":"a"}', record, '{"id":2,"name":"b","tags":["x"]}'];

    const { file, failures } = await convertedFile(COLUMNS, records);

    expect(failures).toEqual([{ place: 1, code, message }]);
    expect(await readRows(file)).toEqual([
      { id: 1, name: 'a', tags: undefined },
      { id: 2, name: 'b', tags: ['x'] },
    ]);
  });

  test('leaves no trace in the file', async () => {
    const good = ['{"id":1,"name":"a","tags":["x","y"]}', '{"id":2,"name":"c"}'];
    const bad = '{"tags":["p",null,"q"],"name":"b"} {"tags":[],"name":"b","id":3} {"id":{}}';

    const { file } = await convertedFile({ tags: 'array<string>', name: 'string', id: 'int' }, [
      good[0]!,
      bad,
      good[1]!,
    ]);
    const { file: without } = await convertedFile({ tags: 'array<string>', name: 'string', id: 'int' }, good);

    expect(file.equals(without)).toBe(true);
  });

  test('is found by its place in the batch, whatever block it is in', async () => {
    const records = ['{}', 'x', '{}', '{}', '', '{}'];

    const { failures } = await convertedFile({ id: 'int' }, records, { blockRecords: 2 });

    expect(failures.map(({ place }) => place)).toEqual([1, 4]);
  });

  test('with bytes that are not UTF-8 costs its neighbours in the block nothing', async () => {
    const records = ['{"name":"é"}', Buffer.from('{"name":"\xe9"}', 'latin1'), '{"name":"ü"}'];

    expect(await rowsOf({ name: 'string' }, records)).toEqual([{ name: 'é' }, { name: 'ü' }]);
  });
});

test('a record of several objects is several rows', async () => {
  expect(await rowsOf({ id: 'int' }, ['{"id":1}{"id":2}\n{"id":3} ', '{"id":4}'])).toEqual(
    [1, 2, 3, 4].map((id) => ({ id })),
  );
});

test('a megabyte of text and two hundred levels of a key that nobody declared are no trouble', async () => {
  const text = 'é'.repeat(500_000);
  const [row] = await rowsOf({ a: 'string' }, [`{"b":${'['.repeat(200)}${']'.repeat(200)},"a":"${text}"}`]);

  expect(row).toEqual({ a: text });
});

test('without a row there is no file', async () => {
  expect((await convertedFile({ id: 'int' }, [])).file.length).toBe(0);
  expect((await convertedFile({ id: 'int' }, ['x', ''])).file.length).toBe(0);
});

/** Records whose columns repeat, differ and are missing, enough for several pages and row groups. */
function manyRecords(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: i,
      level: ['INFO', 'WARN', 'ERROR'][i % 3],
      request: `r-${(i * 2654435761) % 4294967296}`,
      mixed: i < 6_000 ? `v${i % 7}` : `w${i}`,
      ...(i % 5 === 0 && { tags: [`t${i % 11}`, null] }),
      ok: i % 2 === 0,
    }),
  );
}

const MANY = { id: 'int', level: 'string', request: 'string', mixed: 'string', tags: 'array<string>', ok: 'boolean' };

describe('the same records', () => {
  test('give the same bytes, however they are cut into blocks', async () => {
    const records = [...manyRecords(9_000), 'bad'];
    const output = { pageSizeBytes: 4_096, blockSizeBytes: 100_000 };

    const { file } = await convertedFile(MANY, records, { output });

    for (const blockRecords of [1, 7, 5_000]) {
      const { file: again } = await convertedFile(MANY, records, { output, blockRecords });
      expect(again.equals(file), `${blockRecords} a block`).toBe(true);
    }
  });

  test('give the same bytes when one converter does both at once', async () => {
    const { convert } = converter({ columns: [{ name: 'id', type: 'int' }] }, OPENX, PARQUET);
    async function* batch() {
      yield { ...recordBlock(0, [Buffer.from('{"id":1}')]), place: 0 };
    }

    const first = convert(batch(), () => undefined)[Symbol.asyncIterator]();
    const second = convert(batch(), () => undefined)[Symbol.asyncIterator]();

    for (let i = 0; i < 4; i++) expect(await first.next()).toEqual(await second.next());
  });
});

describe('the file', () => {
  const COMPRESSIONS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', ...(isZstdAvailable() ? (['ZSTD'] as const) : [])] as const;
  const VERSIONS = ['V1', 'V2'] as const;
  const every = COMPRESSIONS.flatMap((compression) =>
    VERSIONS.flatMap((writerVersion) =>
      [true, false].map((usesDictionary) => ({ compression, writerVersion, usesDictionary })),
    ),
  );

  test.each(every)(
    'holds every row in order: $compression, $writerVersion, dictionary $usesDictionary',
    async (options) => {
      const records = manyRecords(9_000);
      const output = { ...options, pageSizeBytes: 16_384, blockSizeBytes: 200_000 };

      const { file } = await convertedFile(MANY, records, { output });

      const empty = { tags: undefined };
      expect(await readRows(file)).toEqual(records.map((record) => ({ ...empty, ...JSON.parse(record) })));
    },
  );

  test('says its rows, codec, types and bounds', async () => {
    const { file } = await convertedFile({ id: 'int', name: 'string', price: 'decimal(5,2)' }, [
      '{"id":-5,"name":"ß","price":-1}',
      '{"id":300,"name":"a","price":2.5}',
      '{}',
    ]);
    const { num_rows, schema, row_groups } = metadataOf(file);

    expect(num_rows).toBe(3n);
    expect(schema.slice(1).map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ['id', 'INT32', undefined],
      ['name', 'BYTE_ARRAY', 'UTF8'],
      ['price', 'FIXED_LEN_BYTE_ARRAY', 'DECIMAL'],
    ]);
    const columns = row_groups[0]?.columns.map(({ meta_data }) => meta_data);
    expect(columns?.map((column) => column?.codec)).toEqual(['SNAPPY', 'SNAPPY', 'SNAPPY']);
    expect(columns?.map((column) => column?.statistics)).toMatchObject([
      { min_value: -5, max_value: 300, null_count: 1n },
      { min_value: 'a', max_value: 'ß', null_count: 1n },
      { min_value: -1, max_value: 2.5, null_count: 1n },
    ]);
  });

  test('has row groups of BlockSizeBytes', async () => {
    const records = manyRecords(9_000);
    const groups = async (blockSizeBytes: number) =>
      metadataOf((await convertedFile(MANY, records, { output: { blockSizeBytes } })).file).row_groups.length;

    expect(await groups(268_435_456)).toBe(1);
    expect(await groups(100_000)).toBe(3);
  });

  test('is smaller with dictionaries where values repeat, and has none where they do not or it is switched off', async () => {
    const encodings = (file: Buffer) =>
      Object.fromEntries(
        metadataOf(file).row_groups[0]?.columns.map(({ meta_data }) => [
          meta_data?.path_in_schema.join('.'),
          meta_data?.encodings.includes('PLAIN_DICTIONARY'),
        ]) ?? [],
      );
    const { file: on } = await convertedFile(MANY, manyRecords(9_000));
    const { file: off } = await convertedFile(MANY, manyRecords(9_000), { output: { usesDictionary: false } });

    expect(encodings(on)).toMatchObject({ id: false, level: true, request: false, 'tags.list.element': true });
    expect(Object.values(encodings(off))).not.toContain(true);
    expect(on.length).toBeLessThan(off.length);
  });

  test('reads no further than its reader', async () => {
    let pulled = 0;
    async function* batch() {
      for (let place = 0; place < 100; place++) {
        pulled++;
        yield {
          ...recordBlock(
            0,
            manyRecords(1_000).map((record) => Buffer.from(record)),
          ),
          place,
        };
      }
    }
    const { convert } = converter({ columns: [{ name: 'id', type: 'int' }] }, OPENX, {
      ...PARQUET,
      blockSizeBytes: 4_000,
    });

    for await (const _ of convert(batch(), () => undefined)) break;

    expect(pulled).toBeLessThan(3);
  });
});

test.skipIf(isZstdAvailable())('ZSTD on a Node without it says so, and that trying again can help', async () => {
  await expect(convertedFile({ id: 'int' }, ['{}'], { output: { compression: 'ZSTD' } })).rejects.toMatchObject({
    code: 'Hydrant.ZstdUnavailable',
    retryable: true,
  });
});

test.each([
  ['no columns', [], 'columns: a table to convert to needs at least one column'],
  ['a column without a name', [{ name: '', type: 'int' }], 'columns[0].name: a column has no name'],
  [
    'a name twice',
    [
      { name: 'a', type: 'int' },
      { name: 'A', type: 'int' },
    ],
    'columns[1].name: there are two columns named A',
  ],
  ['a type that is none', [{ name: 'a', type: 'text' }], 'columns[0].type: the type text of column a'],
])('a table with %s is refused', (_, columns, message) => {
  const make = () => converter({ columns }, OPENX, PARQUET);

  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});

function metadataOf(file: Buffer): FileMetaData {
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer; // Never shared.
  return parquetMetadata(bytes);
}
