import * as fs from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { hydrant, linesIn, objectsIn, type Running, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { listening } from '../kit/far-side.ts';
import { type Database, postgres } from './postgres.ts';
import { type RedshiftEmulator, redshiftEmulator } from './redshift-emulator.ts';
import { moto } from './s3-servers.ts';
import { itWith } from './tools.ts';

const { newFolder, start, clear } = await sandbox();
const undo: (() => Promise<unknown>)[] = [];
let database: Database;
beforeAll(async () => {
  if (!postgres.found) return;
  database = await postgres.open();
  undo.push(() => database.remove());
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await clear();
  for (const each of undo.reverse()) await each();
});

const ROLE = 'arn:aws:iam::123456789012:role/copy';
const CLUSTER = 'jdbc:redshift://sales.abc123.eu-west-1.redshift.amazonaws.com:5439/dev';
const WORKGROUP = 'jdbc:redshift://shop.123456789012.eu-west-1.redshift-serverless.amazonaws.com:5439/dev';

async function put(url: string, stream: string, records: readonly string[]): Promise<void> {
  const service = client(url);
  for (let at = 0; at < records.length; at += 500) {
    const Records = records.slice(at, at + 500).map((text) => ({ Data: Buffer.from(text).toString('base64') }));
    await service.call('PutRecordBatch', { DeliveryStreamName: stream, Records });
  }
  service.close();
}

/** Flushes until nothing is left. */
async function drained({ url }: Running): Promise<void> {
  await expect
    .poll(() => hydrant(['flush', '--endpoint', url]).then(({ stdout }) => stdout), { timeout: 60_000 })
    .toContain('Nothing is buffered');
}

/** Whoever was to kill it has done so. */
async function killed({ process: child }: Running): Promise<void> {
  await expect.poll(() => child.signalCode, { timeout: 30_000 }).toBe('SIGKILL');
}

/** The steps of a load, in order. */
const STEPS = ['PUT object', 'PUT manifest', 'ExecuteStatement', 'DescribeStatement', 'ListStatements'] as const;
const RECORDS_A_LIFE = 600;

describe('Redshift, as its Data API before a real PostgreSQL', () => {
  itWith([postgres, moto.tool], 'has every row once and in order, wherever the service is killed', async () => {
    const store = await moto.start();
    undo.push(store.stop);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const s3 = new S3Client({ endpoint: store.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: 'staging' }));
    let running: Running | undefined;
    let kill: { readonly step: string; readonly when: 'before' | 'after' } | undefined;
    /** Ends the service before or after the step has its effect, and its answer is lost. */
    async function around<T>(step: string, serve: () => Promise<T>): Promise<T> {
      const isHere = kill?.step === step;
      const { when } = kill ?? {};
      if (isHere) kill = undefined;
      if (isHere && when === 'before') {
        await running?.end('SIGKILL');
        throw new Error('killed');
      }
      const answer = await serve();
      if (isHere) await running?.end('SIGKILL');
      return answer;
    }
    const bucket = await proxyTo(store.endpoint, around);
    undo.push(bucket.close);
    const emulator = await redshiftEmulator({
      database,
      async read(Bucket, Key) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key })).catch(() => ({ Body: undefined }));
        return Body && Buffer.from(await Body.transformToByteArray());
      },
      around: (action, serve) => around(action, serve),
    });
    undo.push(emulator.close);
    database.query('CREATE TABLE clicks (n integer, page text, loaded bigserial)');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const folder = await newFolder();
    const config = {
      s3: { endpoint: bucket.url },
      redshift: { endpoint: emulator.url },
      streams: [
        {
          DeliveryStreamName: 'clicks',
          RedshiftDestinationConfiguration: {
            RoleARN: ROLE,
            ClusterJDBCURL: WORKGROUP,
            CopyCommand: { DataTableName: 'public.Clicks', CopyOptions: "JSON 'auto' GZIP" },
            ...{ Username: 'any', Password: 'anything' },
            S3Configuration: s3Destination('staging', [1, 1], { Prefix: 'in/', CompressionFormat: 'GZIP' }),
          },
        },
      ],
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));

    let sent = 0;
    for (const step of STEPS) {
      for (const when of ['before', 'after'] as const) {
        running = await start(folder);
        const from = sent;
        sent += RECORDS_A_LIFE;
        const rows = Array.from({ length: RECORDS_A_LIFE }, (_, i) => `{"n":${from + i},"page":"/é${from + i}"}\n`);
        // A life in which a statement is looked up begins after one in which the answer to it was lost.
        if (step === 'ListStatements') {
          kill = { step: 'ExecuteStatement', when: 'after' };
          await put(running.url, 'clicks', rows);
          await killed(running);
          kill = { step, when };
          running = await start(folder);
          await killed(running);
        } else {
          kill = { step, when };
          await put(running.url, 'clicks', rows);
          await killed(running);
        }
      }
    }
    running = await start(folder);
    await drained(running);
    await running.end('SIGTERM');

    expect(database.query('SELECT n FROM clicks ORDER BY loaded').map(Number)).toEqual(
      Array.from({ length: sent }, (_, i) => i),
    );
    expect(database.query('SELECT page FROM clicks WHERE n = 1')).toEqual(['/é1']);
    expect(emulator.api.statements.every(({ at }) => at.WorkgroupName === 'shop')).toBe(true);
  });

  itWith([postgres], 'says which row did not fit, and leaves what loads the batch once that is mended', async () => {
    const folder = await newFolder();
    const emulator = await emulatorOver(folder);
    database.query('CREATE TABLE visits (id integer NOT NULL, page varchar(8))');
    const config = {
      redshift: { endpoint: emulator.url },
      streams: [
        {
          DeliveryStreamName: 'visits',
          RedshiftDestinationConfiguration: {
            RoleARN: ROLE,
            ClusterJDBCURL: CLUSTER,
            CopyCommand: { DataTableName: 'visits', DataTableColumns: 'page, id', CopyOptions: "DELIMITER ','" },
            ...{ Username: 'loader', Password: 'anything' },
            RetryOptions: { DurationInSeconds: 0 },
            S3BackupMode: 'Enabled',
            S3Configuration: s3Destination('staging', [1, 60]),
            S3BackupConfiguration: s3Destination('backup', [1, 60]),
          },
        },
      ],
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    const running = await start(folder);
    await put(running.url, 'visits', ['/,1\n', '/pricing-and-more,2\n']);
    await drained(running);
    await put(running.url, 'visits', ['/,3\n']);
    await drained(running);
    await running.end('SIGTERM');

    expect(database.query('SELECT * FROM visits')).toEqual(['3|/']);
    const objects = new Map<string, Buffer>();
    for await (const [key, bytes] of objectsIn(folder, 'staging')) objects.set(key, bytes);
    const under = (prefix: string) => [...objects.keys()].filter((key) => key.startsWith(prefix));
    const reports = under('redshift-failed/').flatMap((key) => `${objects.get(key)}`.trimEnd().split('\n'));
    expect(reports.map((line) => JSON.parse(line))).toMatchObject([
      {
        errorCode: 'Redshift.DataLoadFailed',
        errorMessage: expect.stringMatching(/Line 2.*value too long for type character varying\(8\) \(error 1204\)/),
        rawData: Buffer.from('/,1\n').toString('base64'),
      },
      { errorCode: 'Redshift.DataLoadFailed', rawData: Buffer.from('/pricing-and-more,2\n').toString('base64') },
    ]);
    expect([...(await linesIn(folder, 'backup'))].sort()).toEqual(['/,1', '/,3', '/pricing-and-more,2']);

    const [skipped] = under('errors/manifests/');
    database.query('ALTER TABLE visits ALTER page TYPE varchar(80)');
    const mended = await emulator.run(
      `COPY "visits" ("page", "id") FROM 's3://staging/${skipped}' CREDENTIALS 'aws_iam_role=${ROLE}' MANIFEST DELIMITER ','`,
    );
    expect(mended).toEqual({});
    expect(database.query('SELECT id FROM visits ORDER BY id')).toEqual(['1', '2', '3']);
  });

  itWith([postgres], 'is tried again until the table is there, and loads what has waited in order', async () => {
    const folder = await newFolder();
    const emulator = await emulatorOver(folder);
    const config = {
      redshift: { endpoint: emulator.url },
      streams: [
        {
          DeliveryStreamName: 'late',
          RedshiftDestinationConfiguration: {
            RoleARN: ROLE,
            ClusterJDBCURL: CLUSTER,
            CopyCommand: { DataTableName: 'late', CopyOptions: "JSON 'auto'" },
            ...{ Username: 'loader', Password: 'anything' },
            S3Configuration: s3Destination('staging', [1, 60]),
          },
        },
      ],
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    const running = await start(folder);
    await put(running.url, 'late', ['{"n":1}\n', '{"n":2}\n']);
    await hydrant(['flush', '--endpoint', running.url]);
    await expect
      .poll(() => running.log.map(({ code }) => code), { timeout: 30_000 })
      .toContain('Redshift.TableNotFound');
    await put(running.url, 'late', ['{"n":3}\n']);

    database.query('CREATE TABLE late (n integer, loaded bigserial)');
    await drained(running);
    await running.end('SIGTERM');

    expect(database.query('SELECT n FROM late ORDER BY loaded')).toEqual(['1', '2', '3']);
    expect(await linesIn(folder, 'staging')).not.toContainEqual(expect.stringContaining('errorCode'));
  });
});

/** One that reads buckets that are folders of the service. */
async function emulatorOver(folder: string): Promise<RedshiftEmulator> {
  database.query('DROP TABLE IF EXISTS sys_load_error_detail');
  const read = (bucket: string, key: string) =>
    fs.readFile(join(folder, 'data', 'buckets', bucket, key)).catch(() => undefined);
  const emulator = await redshiftEmulator({ database, read });
  undo.push(emulator.close);
  return emulator;
}

/** Hands on requests to a store, each within `around`; without an answer where that throws. */
async function proxyTo(store: string, around: <T>(step: string, serve: () => Promise<T>) => Promise<T>) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat(chunks);
    const serve = () =>
      fetch(`${store}${url}`, {
        method,
        headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
          ['host', 'connection', 'content-length'].includes(name) ? [] : [[name, String(value)]],
        ),
        ...(body.length > 0 && { body }),
      });
    const step = `${method} ${url.includes('/manifests/') ? 'manifest' : 'object'}`;
    try {
      const answer = await around(step, serve);
      const said = Buffer.from(await answer.arrayBuffer());
      if (!response.destroyed) response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(said);
    } catch {
      response.destroy();
    }
  });
  return listening(server);
}
