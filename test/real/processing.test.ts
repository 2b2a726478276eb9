import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, objectsIn } from '../e2e/hydrant.ts';
import { hydrantFor } from './endpoint.ts';
import { CONFIGURATION, FUNCTION, LAMBDA_ARN, STREAM } from './orders-stream.ts';
import { itWith, tool } from './tools.ts';

const aws = tool('the AWS CLI', 'pip install awscli', ['aws', '--version']);
const boto3 = tool('boto3', 'pip install boto3', ['python3', '-c', 'import boto3']);
const duckdb = tool('duckdb for Python', 'pip install duckdb pytz', ['python3', '-c', 'import duckdb, pytz']);
const pyarrow = tool('pyarrow', 'pip install pyarrow', ['python3', '-c', 'import pyarrow.dataset']);

const ORDERS = 2_000;
const FIRST_ID = 9_007_199_254_740_993n; // no double is this number

/** What becomes of an order, by its number. */
const FATES = ['failed', 'dropped', 'unplaced', 'misfit'] as const;
type Fate = (typeof FATES)[number] | 'delivered';
const fateOf = (i: number): Fate => FATES[i % 20] ?? 'delivered';
const ordersOf = (fate: Fate) => Array.from({ length: ORDERS }, (_, i) => i).filter((i) => fateOf(i) === fate);

describe('a stream made for AWS, with a function, a query for its partitions and Parquet', () => {
  let service: Awaited<ReturnType<typeof hydrantFor>>;
  beforeAll(async () => {
    build();
    service = await hydrantFor({
      'stream.json': JSON.stringify(STREAM),
      'enrich.mjs': FUNCTION,
      'hydrant.config.json': JSON.stringify(CONFIGURATION),
    });
    return service.clear;
  });

  function python(program: string, ...args: readonly string[]) {
    const { status, stdout, stderr } = service.run('python3', ['-W', 'ignore', '-c', program, ...args]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  itWith(
    [aws, boto3, duckdb, pyarrow],
    'delivers a dataset that others read, and accounts for every record',
    async () => {
      const created = service.run('aws', [
        'firehose',
        'create-delivery-stream',
        '--cli-input-json',
        'file://stream.json',
      ]);
      expect(created).toMatchObject({ status: 0, stderr: '' });
      const records = Array.from({ length: ORDERS }, (_, i) => orderText(i));
      expect(JSON.parse(service.run('python3', ['-W', 'ignore', '-c', PUT], records.join('\n')).stdout)).toBe(0);
      expect(await hydrant(['flush', 'orders', '--endpoint', service.url])).toMatchObject({ status: 0, stderr: '' });

      const lake = join(service.folder, 'data', 'buckets', 'lake', 'orders');
      const { types, rows } = python(DUCKDB, lake);
      expect(types).toEqual({
        id: 'BIGINT',
        placed: 'TIMESTAMP WITH TIME ZONE',
        due: 'DATE',
        total: 'DECIMAL(12,2)',
        address: 'STRUCT(street VARCHAR, zip INTEGER)',
        items: 'STRUCT(sku VARCHAR, quantity INTEGER)[]',
        tags: 'MAP(VARCHAR, VARCHAR)',
        channel: 'VARCHAR',
        customer: 'VARCHAR',
        day: 'DATE',
      });
      const expected = ordersOf('delivered').map(rowOf);
      expect(rows).toEqual(expected);
      expect(python(PYARROW, lake)).toEqual(expected);

      const failures = await failuresIn(service.folder);
      expect(Object.keys(failures).sort()).toEqual([
        'format-conversion-failed',
        'metadata-extraction-failed',
        'processing-failed',
      ]);
      expectFailures(failures['processing-failed'], 'failed', orderText, {
        errorCode: 'Lambda.ProcessingFailedStatus',
        lambdaARN: LAMBDA_ARN,
      });
      expectFailures(failures['metadata-extraction-failed'], 'unplaced', orderText, {
        errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
      });
      expectFailures(failures['format-conversion-failed'], 'misfit', enriched, {
        lastErrorCode: 'DataFormatConversion.MalformedData',
        dataCatalogTable: { databaseName: 'shop', tableName: 'orders', region: 'eu-central-1' },
      });
      const failed = Object.values(failures).reduce((sum, { length }) => sum + length, 0);
      expect(rows.length + failed + ordersOf('dropped').length).toBe(ORDERS);
    },
  );
});

type Failure = Readonly<Record<string, unknown>>;

/** The records under the error prefix, by its `error-output-type`. */
async function failuresIn(folder: string): Promise<Record<string, Failure[]>> {
  const failures: Record<string, Failure[]> = {};
  for await (const [key, bytes] of objectsIn(folder, 'lake')) {
    const [, type] = /^errors\/([^/]+)\/\d{4}\//.exec(key) ?? [];
    if (type === undefined) continue;
    const lines = bytes
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    failures[type] = [...(failures[type] ?? []), ...lines.map((line) => JSON.parse(line))];
  }
  return failures;
}

function expectFailures(found: readonly Failure[] = [], fate: Fate, textOf: (i: number) => string, members: Failure) {
  const texts = found.map(({ rawData }) => Buffer.from(String(rawData), 'base64').toString());
  expect(texts.sort()).toEqual(ordersOf(fate).map(textOf).sort());
  for (const failure of found) expect(failure).toMatchObject(members);
}

/** An order as its producer writes it. */
function orderText(i: number): string {
  const { id, placed, due, total, address, items, tags, customer } = rowOf(i);
  const fate = fateOf(i);
  const order = {
    placed: placed.slice(0, 19),
    due,
    total: fate === 'misfit' ? 'a lot' : Number(total),
    address,
    items,
    tags,
    customer: fate === 'unplaced' ? null : customer,
    fate,
  };
  return `{"id":${id},${JSON.stringify(order).slice(1)}`;
}

/** What the function makes of it. */
function enriched(i: number): string {
  return orderText(i).replace(/\}$/, ',"channel":"web"}\n');
}

/** The order as readers are to see it. */
function rowOf(i: number) {
  const placed = new Date(Date.UTC(2026, 0, 1 + (i % 3), 12, 0, i % 60)).toISOString();
  return {
    id: `${FIRST_ID + BigInt(i)}`,
    placed: `${placed.slice(0, 10)} ${placed.slice(11, 19)}`,
    due: `2026-02-${String(1 + (i % 28)).padStart(2, '0')}`,
    total: `${i}.${String(i % 100).padStart(2, '0')}`,
    address: { street: `${i} Main Street`, zip: 10_000 + i },
    items: Array.from({ length: i % 3 }, (_, n) => ({ sku: `s-${n}`, quantity: i + n })),
    tags: { source: `shop ${i % 7}` },
    channel: 'web',
    customer: `c${i % 4}`,
    day: placed.slice(0, 10),
  };
}

/** Puts the lines of its input, 500 at a time, and prints how many of them were not taken. */
const PUT = `
import boto3, sys
firehose = boto3.client('firehose')
lines = sys.stdin.read().split('\\n')
failed = 0
for at in range(0, len(lines), 500):
    records = [{'Data': line.encode()} for line in lines[at:at + 500]]
    failed += firehose.put_record_batch(DeliveryStreamName='orders', Records=records)['FailedPutCount']
print(failed)
`;

/** Prints the dataset's types and its rows in the form of \`rowOf\`. */
const DUCKDB = `
import duckdb, json, sys
duckdb.sql("SET TimeZone = 'UTC'")
lake = f"FROM read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning = true)"
types = {name: type for name, type, *_ in duckdb.sql(f"DESCRIBE {lake}").fetchall()}
rows = duckdb.sql(f"SELECT id::VARCHAR AS id, strftime(placed, '%Y-%m-%d %H:%M:%S') AS placed, due::VARCHAR AS due, total::VARCHAR AS total, address, items, tags, channel, customer, day::VARCHAR AS day {lake} ORDER BY id")
print(json.dumps({'types': types, 'rows': [dict(zip(rows.columns, row)) for row in rows.fetchall()]}))
`;

/** Prints the same rows. */
const PYARROW = `
import json, sys
import pyarrow.dataset as dataset
table = dataset.dataset(sys.argv[1], format='parquet', partitioning='hive').to_table().sort_by('id')
def plain(row):
    return {**row, 'id': str(row['id']), 'placed': row['placed'].strftime('%Y-%m-%d %H:%M:%S'), 'due': row['due'].isoformat(),
            'total': str(row['total']), 'tags': dict(row['tags']), 'day': str(row['day'])}
print(json.dumps([plain(row) for row in table.to_pylist()]))
`;
