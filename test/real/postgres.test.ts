import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { hydrant, linesIn, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { type Database, postgres } from './postgres.ts';
import { itWith } from './tools.ts';

const { newFolder, start, clear } = await sandbox();
const opened: Database[] = [];
afterAll(async () => {
  await clear();
  await Promise.all(opened.map((each) => each.remove()));
});

const MODULE = join(import.meta.dirname, '..', '..', 'examples', 'destinations', 'postgres.mjs');
const RECORDS = 20_000;

describe("PostgreSQL, by the example of a destination of the user's own", () => {
  itWith([postgres], 'has every row once, although it and the service are killed on the way', async () => {
    const database = await postgres.open();
    opened.push(database);
    database.query('CREATE TABLE events (id text PRIMARY KEY, body jsonb)');
    const folder = await newFolder();
    const config = {
      destinations: { postgres: MODULE },
      streams: [
        {
          DeliveryStreamName: 'events',
          HttpEndpointDestinationConfiguration: {
            EndpointConfiguration: { Url: `postgres://loader@127.0.0.1:${database.port}/postgres#events` },
            RetryOptions: { DurationInSeconds: 7_200 },
            BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
            S3Configuration: s3Destination('failed', [1, 60]),
          },
        },
      ],
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    const put = async (url: string, from: number, to: number) => {
      for (let first = from; first < to; first += 500) {
        const texts = Array.from({ length: 500 }, (_, i) => JSON.stringify({ n: first + i, pad: 'x'.repeat(300) }));
        // One that is no JSON, and one that PostgreSQL cannot hold.
        if (first === 0) texts.push('not JSON', '{"n":"\\u0000"}');
        for (let at = 0; at < texts.length; at += 500) {
          const Records = texts.slice(at, at + 500).map((text) => ({ Data: Buffer.from(text).toString('base64') }));
          await client(url).call('PutRecordBatch', { DeliveryStreamName: 'events', Records });
        }
      }
    };

    const first = await start(folder);
    await put(first.url, 0, RECORDS / 2);
    database.kill();
    await put(first.url, RECORDS / 2, RECORDS);
    await hydrant(['flush', '--endpoint', first.url]);
    await first.end('SIGKILL');
    database.start();
    const second = await start(folder);
    await expect
      .poll(() => hydrant(['flush', '--endpoint', second.url]).then(({ stdout }) => stdout), { timeout: 60_000 })
      .toContain('Nothing is buffered');
    await second.end('SIGTERM');

    expect(database.query("SELECT count(*), count(DISTINCT body->>'n'), max((body->>'n')::int) FROM events")).toEqual([
      `${RECORDS}|${RECORDS}|${RECORDS - 1}`,
    ]);
    const failed = (await linesIn(folder, 'failed')).map((line) => JSON.parse(line));
    expect(failed.map(({ rawData }) => Buffer.from(rawData, 'base64').toString()).sort()).toEqual([
      'not JSON',
      '{"n":"\\u0000"}',
    ]);
  });
});
