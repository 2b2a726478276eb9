import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CLI, hydrant, s3Destination, sandbox } from './hydrant.ts';
import { codeBlocks, commandsIn, ROOT } from './readme.ts';

const { newFolder, clear } = await sandbox();
afterAll(clear);
afterEach(() => vi.unstubAllEnvs());

describe('hydrant preview', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await newFolder();
    await fs.writeFile(join(folder, 'events.ndjson'), '{"id":1}\n{"id":2}\n{"id":"x"}\nno json\n');
    await fs.writeFile(join(folder, 'pick.mjs'), PICK);
    const schemas = { 'shop.orders': { columns: [{ name: 'id', type: 'bigint' }] } };
    await fs.writeFile(
      join(folder, 'hydrant.config.json'),
      JSON.stringify({ functions: { pick: './pick.mjs' }, schemas }),
    );
  });

  /** Of a stream whose destination is a bucket with these members. */
  async function preview(members: object, ...args: readonly string[]) {
    const stream = { DeliveryStreamName: 'orders', ExtendedS3DestinationConfiguration: members };
    return previewed(stream, ...args);
  }

  async function previewed(stream: object, ...args: readonly string[]) {
    const input = JSON.stringify(stream);
    const time = ['--time', '2026-01-15T12:30:00Z'];
    return hydrant(['preview', '--stream', '-', '--input', 'events.ndjson', ...time, ...args], { folder, input });
  }

  it('shows the example of README.md: where each order goes, and which lines fail and why', async () => {
    const command = codeBlocks('README.md')
      .flatMap(({ text }) => commandsIn(text))
      .find((each) => each.startsWith('npx hydrant preview '));

    const { status, stdout, stderr } = await hydrant((command ?? '').split(' ').slice(2), { folder: ROOT });

    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(
      /\n4 records would be delivered, in 3 objects:\n {2}2 records {2}\d+ B {2}s3:\/\/lake\/orders\/country=de\/day=2026-01-15\/orders-1-.*\.gz\n +\{"order":2,/,
    );
    expect(stdout).toMatch(/\n3 records would fail:\n/);
    expect(stdout).toMatch(/partitionKeys values must not be null or empty\n +line 4: \{"order":4,/);
    expect(stdout).toMatch(/s3:\/\/lake\/errors\/metadata-extraction-failed\/day=/);
  });

  it('shows the rows of Parquet files, and the records that do not fit their table', async () => {
    const { status, stdout } = await preview(
      s3Destination('lake', [64, 60], {
        DataFormatConversionConfiguration: {
          Enabled: true,
          SchemaConfiguration: { DatabaseName: 'shop', TableName: 'orders', Region: 'us-east-1', RoleARN: ROLE },
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
        },
      }),
      '--json',
    );

    expect(status).toBe(1);
    const { objects, failures, arrivedAt } = JSON.parse(stdout);
    expect(objects).toMatchObject([{ records: 2, rowCount: 2, rows: ['{"id":1}', '{"id":2}'] }]);
    expect(objects[0].key).toMatch(/^2026\/01\/15\/12\/orders-1-2026-01-15-12-30-00-.*\.parquet$/);
    expect(arrivedAt).toBe('2026-01-15T12:30:00.000Z');
    expect(failures.map((failure: { examples: { line: number }[] }) => failure.examples[0]?.line).sort()).toEqual([
      3, 4,
    ]);
  });

  it('calls functions, and shows what they say, what they drop and what they throw', async () => {
    const { status, stdout } = await preview(s3Destination('lake', [5, 300], withFunction('pick')));

    expect(status).toBe(1);
    expect(stdout).toMatch(/^orders: 4 records .*\n1 record would be dropped by processors\.\n/);
    expect(stdout).toMatch(
      /processing-failed \(Lambda\.ProcessingFailedStatus\)\n +no such order\n +line 3: \{"id":"x"\}/,
    );
    expect(stdout).toMatch(/Functions say:\n {2}picking 1\n/);
  });

  it('gives up on a function that nobody has as soon as its retries are used up', async () => {
    const { status, stdout } = await preview(s3Destination('lake', [5, 300], withFunction('nobody')));

    expect(status).toBe(1);
    expect(stdout).toMatch(/4 records {2}processing-failed \(Lambda\.ResourceNotFound\)/);
  });

  it('says so when records run together', async () => {
    const { status, stdout } = await preview(
      s3Destination('lake', [5, 300], { CompressionFormat: 'GZIP' }),
      '--no-newline',
    );

    expect(status).toBe(0);
    expect(stdout).toContain('Hint: 4 records run together in 1 line.');
  });

  it('says what a destination would be sent that is no bucket, and sends nothing', async () => {
    const { status, stdout } = await previewed({
      DeliveryStreamName: 'calls',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: 'https://127.0.0.1:1/' },
        S3Configuration: { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::failed' },
      },
    });

    expect(status).toBe(0);
    expect(stdout).toContain('4 records (37 B) would be sent to the HttpEndpoint destination:\n  {"id":1}\n');
  });

  it('takes records for a stream that has a source of its own', async () => {
    const { status, stdout } = await previewed({
      DeliveryStreamName: 'fed',
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: {
        KinesisStreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/any',
        RoleARN: ROLE,
      },
      ExtendedS3DestinationConfiguration: s3Destination('lake', [5, 300]),
    });

    expect([status, stdout]).toEqual([0, expect.stringContaining('4 records would be delivered, in 1 object')]);
  });

  it.each([
    [
      { Prefx: 'a/' },
      "stream.ExtendedS3DestinationConfiguration.Prefx: there is no such member. Did you mean 'Prefix'?",
    ],
    [{ Prefix: 'a=!{partitionKeyFromQuery:a}/' }, '(InvalidArgumentException)'],
  ])('refuses what CreateDeliveryStream does, with its words: %j', async (members, message) => {
    const { status, stdout, stderr } = await preview(s3Destination('lake', [64, 60], members));

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('takes the stream of a name from the configuration file', async () => {
    const own = await newFolder();
    const streams = [
      { DeliveryStreamName: 'other', ExtendedS3DestinationConfiguration: s3Destination('pond', [5, 300]) },
      { DeliveryStreamName: 'orders', ExtendedS3DestinationConfiguration: s3Destination('lake', [5, 300]) },
    ];
    await fs.writeFile(join(own, 'hydrant.config.json'), JSON.stringify({ streams }));
    const args = ['preview', '--stream-name', 'orders', '--input', '-', '--json'];

    const { status, stdout } = await hydrant(args, { folder: own, input: 'a\nb\n' });

    expect(status).toBe(0);
    expect(JSON.parse(stdout).objects).toMatchObject([{ bucket: 'lake', records: 2 }]);
  });

  it('leaves nothing behind', async () => {
    const temporary = await newFolder();
    vi.stubEnv('TMPDIR', temporary);

    await preview(s3Destination('lake', [5, 300]));

    expect(await fs.readdir(temporary)).toEqual([]);
    expect((await fs.readdir(folder)).sort()).toEqual(['events.ndjson', 'hydrant.config.json', 'pick.mjs']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when it is ended by %s', async (signal) => {
    const [own, temporary] = [await newFolder(), await newFolder()];
    await fs.writeFile(join(own, 'hang.mjs'), 'export default () => new Promise(() => {});');
    const ExtendedS3DestinationConfiguration = s3Destination('lake', [5, 300], withFunction('hang'));
    const streams = [{ DeliveryStreamName: 'orders', ExtendedS3DestinationConfiguration }];
    await fs.writeFile(
      join(own, 'hydrant.config.json'),
      JSON.stringify({ functions: { hang: './hang.mjs' }, streams }),
    );
    const args = [CLI, 'preview', '--stream-name', 'orders', '--input', 'hydrant.config.json'];
    const child = spawn(process.execPath, args, { cwd: own, env: { ...process.env, TMPDIR: temporary } });
    const exited = once(child, 'exit');
    await expect.poll(() => fs.readdir(temporary), { timeout: 20_000 }).toHaveLength(1);

    child.kill(signal);
    const [code] = await exited;

    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(await fs.readdir(temporary)).toEqual([]);
  });
});

const ROLE = 'arn:aws:iam::000000000000:role/any';

function withFunction(name: string) {
  const ParameterValue = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  const processor = { Type: 'Lambda', Parameters: [{ ParameterName: 'LambdaArn', ParameterValue }] };
  return { ProcessingConfiguration: { Enabled: true, Processors: [processor] } };
}

const PICK = `export default ({ json }) => {
  if (json.id === 'x') throw new Error('no such order');
  if (json.id === 2) return null;
  console.log('picking', json.id);
  return json;
};
`;
