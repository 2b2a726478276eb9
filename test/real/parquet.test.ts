import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { OutputFormat } from '../../src/formats/conversion/format-options.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { convertedFile } from '../formats/conversion/files.ts';
import { type RandomTable, randomTable } from '../formats/conversion/random-tables.ts';
import { itWith, run, tool } from './tools.ts';

const duckdb = tool('duckdb for Python', 'pip install duckdb pytz', ['python3', '-c', 'import duckdb, pytz']);
const pyarrow = tool('pyarrow', 'pip install pyarrow', ['python3', '-c', 'import pyarrow.parquet']);

const READERS = {
  duckdb: 'import duckdb\nread = lambda path: duckdb.sql("SELECT * FROM read_parquet(?)", params=[path]).fetchall()',
  pyarrow:
    'import pyarrow.parquet as parquet\n' +
    'read = lambda path: [tuple(row.values()) for row in parquet.read_table(path).to_pylist()]',
};

/** Reads each file and brings its values to the form of random-tables.ts; maps come as pairs from pyarrow. */
const SCRIPT = `
import datetime, decimal, json, sys
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
def plain(value, like):
    if value is None or isinstance(value, (bool, str, float)): return value
    if isinstance(value, int): return str(value) if isinstance(like, str) else value
    if isinstance(value, decimal.Decimal): return format(value, 'f')
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None: value = value.replace(tzinfo=datetime.timezone.utc)
        return str((value - EPOCH) // datetime.timedelta(microseconds=1))
    if isinstance(value, datetime.date): return value.isoformat()
    if isinstance(value, (bytes, bytearray)): return value.hex()
    if isinstance(value, dict): return {key: plain(each, like.get(key)) for key, each in value.items()}
    if isinstance(like, dict): return {key: plain(each, like.get(key)) for key, each in value}
    return [plain(each, of) for each, of in zip(value, like, strict=True)]
wrong = []
# A double of many digits comes without a point, and is no whole number for that.
for path, rows in json.load(sys.stdin, parse_int=lambda text: int(text) if len(text) < 16 else float(text)):
    found = [{name: plain(value, row[name]) for name, value in zip(row, values, strict=True)}
             for row, values in zip(rows, read(path), strict=True)]
    wrong += [[path, a, b] for a, b in zip(rows, found) if a != b]
print(json.dumps(wrong[:5]))
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hydrant-parquet-'));
});
afterAll(() => rm(folder, { recursive: true }));

const OUTPUTS: readonly Partial<OutputFormat>[] = [
  {},
  { writerVersion: 'V2', compression: 'GZIP' },
  { usesDictionary: false, pageSizeBytes: 100, compression: 'UNCOMPRESSED' },
  { writerVersion: 'V2', pageSizeBytes: 100, blockSizeBytes: 1_000 },
  ...(isZstdAvailable() ? [{ compression: 'ZSTD' } as const] : []),
];

describe.each([
  ['duckdb', duckdb],
  ['pyarrow', pyarrow],
] as const)('%s', (reader, needed) => {
  const python = (script: string, input = '') =>
    run('python3', ['-c', `${READERS[reader]}\n${script}`], Buffer.from(input));

  itWith([needed], 'finds in files of random tables what was in the records', async () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    const tables = fc.sample(randomTable(60), { seed, numRuns: 300 });
    const files = await Promise.all(tables.map((table, i) => stored(table, i)));

    expect(JSON.parse(python(SCRIPT, JSON.stringify(files)).toString()), `SEED=${seed}`).toEqual([]);
  });
});

itWith([duckdb], "DuckDB finds the table's types in the file", async () => {
  const columns = {
    a: 'boolean',
    b: 'tinyint',
    c: 'smallint',
    d: 'int',
    e: 'bigint',
    f: 'float',
    g: 'double',
    h: 'decimal(12,3)',
    i: 'string',
    j: 'char(3)',
    k: 'varchar(9)',
    l: 'binary',
    m: 'date',
    n: 'timestamp',
    o: 'array<int>',
    p: 'map<string,double>',
    q: 'struct<x:int,y:array<struct<z:string>>>',
  };
  const path = join(folder, 'types.parquet');
  await writeFile(path, (await convertedFile(columns, ['{}'])).file);
  const script = 'import sys\nprint([row[1] for row in duckdb.sql(f"DESCRIBE FROM \'{sys.argv[1]}\'").fetchall()])';

  expect(
    run('python3', ['-c', `import duckdb\n${script}`, path])
      .toString()
      .trim(),
  ).toBe(
    "['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL(12,3)', 'VARCHAR', 'VARCHAR', " +
      "'VARCHAR', 'BLOB', 'DATE', 'TIMESTAMP WITH TIME ZONE', 'INTEGER[]', 'MAP(VARCHAR, DOUBLE)', " +
      "'STRUCT(x INTEGER, y STRUCT(z VARCHAR)[])']",
  );
});

itWith([duckdb], 'DuckDB reads a hundred thousand log records as it reads their JSON', async () => {
  const records = Array.from({ length: 100_000 }, (_, i) =>
    JSON.stringify({
      id: i,
      level: ['INFO', 'WARN'][i % 2],
      request: `r-${(i * 2654435761) % 4294967296}`,
      took: i / 7,
    }),
  );
  const { file } = await convertedFile({ id: 'bigint', level: 'string', request: 'string', took: 'double' }, records);
  const [parquet, json] = [join(folder, 'logs.parquet'), join(folder, 'logs.json')];
  await writeFile(parquet, file);
  await writeFile(json, records.join('\n'));
  const columns = "columns={id:'BIGINT',level:'VARCHAR',request:'VARCHAR',took:'DOUBLE'}";
  const script = `
import duckdb, sys
ours, theirs = f"FROM '{sys.argv[1]}'", f"FROM read_json('{sys.argv[2]}', ${columns.replaceAll('{', '{{').replaceAll('}', '}}')})"
print(len(duckdb.sql(f"({ours}) EXCEPT ALL ({theirs})").fetchall()), len(duckdb.sql(f"({theirs}) EXCEPT ALL ({ours})").fetchall()),
      duckdb.sql(f"SELECT count(*) {ours} WHERE id >= 99990").fetchall()[0][0])`;

  expect(run('python3', ['-c', script, parquet, json]).toString().trim()).toBe('0 0 10');
});

async function stored({ columns, records, rows }: RandomTable, i: number): Promise<[string, RandomTable['rows']]> {
  const path = join(folder, `${i}.parquet`);
  const output = OUTPUTS[i % OUTPUTS.length] ?? {};
  await writeFile(path, (await convertedFile(columns, records, { output })).file);
  return [path, rows];
}
