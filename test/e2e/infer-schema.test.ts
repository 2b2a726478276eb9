import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hydrant, sandbox } from './hydrant.ts';

const { newFolder, clear } = await sandbox();
afterAll(clear);

const SAMPLES = [
  '{"id":1,"placed":"2026-01-15T12:30:00Z","total":18.5,"items":[{"sku":"a","quantity":2}]}',
  '',
  '{"id":2,"placed":"2026-01-15T12:31:00Z","total":7,"items":[],"note":null}',
].join('\n');

const SCHEMAS = {
  'shop.orders': {
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'placed', type: 'timestamp' },
      { name: 'total', type: 'double' },
      { name: 'items', type: 'array<struct<sku:string,quantity:bigint>>' },
      { name: 'note', type: 'string' },
    ],
  },
};

describe('hydrant infer-schema', () => {
  it('prints the schemas of a configuration file, and what should be known of them beside it', async () => {
    const { status, stdout, stderr } = await hydrant(['infer-schema', '--table', 'shop.orders'], { input: SAMPLES });

    expect(JSON.parse(stdout)).toEqual({ schemas: SCHEMAS });
    expect(stderr).toBe('note was null in every record, so that string is a guess.\n');
    expect(status).toBe(0);
  });

  it('writes a file that a preview takes as its configuration', async () => {
    const folder = await newFolder();
    await fs.writeFile(join(folder, 'samples.ndjson'), SAMPLES.replace('\n\n', '\n'));
    const stream = {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: {
        RoleARN: 'arn:aws:iam::000000000000:role/any',
        BucketARN: 'arn:aws:s3:::lake',
        BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
        DataFormatConversionConfiguration: {
          SchemaConfiguration: {
            DatabaseName: 'shop',
            TableName: 'orders',
            RoleARN: 'arn:aws:iam::000000000000:role/any',
          },
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
        },
      },
    };
    await fs.writeFile(join(folder, 'orders.json'), JSON.stringify(stream));

    const args = ['infer-schema', 'samples.ndjson', '--table', 'shop.orders', '--output', 'hydrant.config.json'];
    const made = await hydrant(args, { folder });
    const preview = ['preview', '--stream', 'orders.json', '--input', 'samples.ndjson', '--json'];
    const shown = await hydrant(preview, { folder });

    expect(made.stderr).toContain('5 columns of 2 records in hydrant.config.json.');
    expect([made.status, shown.status, shown.stderr]).toEqual([0, 0, '']);
    expect(shown.stdout).toContain('.parquet');
  });

  it('tells of lines that nothing can be learnt from, and goes on', async () => {
    const { status, stdout, stderr } = await hydrant(['infer-schema', '-', '--table', 'a.b'], {
      input: `{"a":1}\nnonsense\n[]\n`,
    });

    expect(JSON.parse(stdout).schemas['a.b'].columns).toEqual([{ name: 'a', type: 'bigint' }]);
    expect(stderr).toMatch(/^line 2: .*malformed JSON.*\nline 3: It is not a JSON object\.\n$/);
    expect(status).toBe(1);
  });

  it.each<[readonly string[], string]>([
    [['--table', 'orders'], '--table: must be a database\'s name and a table\'s, as in shop.orders; it is "orders".'],
    [['--table', 'a.b'], 'file: there is no JSON object in it to make columns of.'],
    [['no-such-file', '--table', 'a.b'], 'file: no-such-file cannot be read'],
  ])('%j makes no schema', async (args, message) => {
    const { status, stdout, stderr } = await hydrant(['infer-schema', ...args]);

    expect(stderr).toContain(message);
    expect([status, stdout]).toEqual([2, '']);
  });
});
