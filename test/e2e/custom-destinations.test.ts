import * as fs from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { type FarRequest, type FarSide, farSide } from '../kit/far-side.ts';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples', 'destinations');

describe("a destination of the user's own", () => {
  let far: FarSide;
  afterEach(() => far?.close());

  /** A folder with a configuration that has the destination and a stream to it. */
  async function configured(scheme: string, { url, file = `${scheme}.mjs` }: { url: string; file?: string }) {
    const folder = await newFolder();
    const config = {
      destinations: { [scheme]: join(EXAMPLES, file) },
      streams: [
        {
          DeliveryStreamName: 'logs',
          HttpEndpointDestinationConfiguration: {
            EndpointConfiguration: { Url: url, AccessKey: 'loader:hunter2' },
            RequestConfiguration: { CommonAttributes: [{ AttributeName: 'env', AttributeValue: 'prod' }] },
            RetryOptions: { DurationInSeconds: 600 },
            BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
            S3Configuration: s3Destination('failed', [1, 60]),
          },
        },
      ],
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    return folder;
  }

  async function sent(folder: string, texts: readonly string[]) {
    const running = await start(folder);
    const Records = texts.map((text) => ({ Data: Buffer.from(text).toString('base64') }));
    await client(running.url).call('PutRecordBatch', { DeliveryStreamName: 'logs', Records });
    const flushed = await hydrant(['flush', '--endpoint', running.url]);
    const failed = (await linesIn(folder, 'failed').catch(() => [])).map((line) => JSON.parse(line));
    return { running, flushed, failed };
  }

  it('is Loki, of the example: lines with labels, tried again while it is busy', async () => {
    let isBusy = true;
    far = await farSide(({ headers }, response) => {
      if (headers.authorization !== `Basic ${btoa('loader:hunter2')}`) response.writeHead(401).end();
      else if (isBusy) response.writeHead(429).end('Ingestion rate limit exceeded');
      else response.writeHead(204).end();
    });
    const folder = await configured('loki', { url: far.url.replace('http:', 'loki:') });

    const { running, flushed } = await sent(folder, ['first\n', 'second']);
    expect(flushed.stderr).toContain('Loki.429');
    isBusy = false;
    await hydrant(['flush', '--endpoint', running.url]);
    await running.end('SIGTERM');

    const { path, body } = far.received.at(-1)!; // just received
    expect(path).toBe('/loki/api/v1/push');
    expect(JSON.parse(`${body}`)).toEqual({
      streams: [
        {
          stream: { delivery_stream: 'logs', env: 'prod' },
          values: [
            [expect.stringMatching(/^\d{19}$/), 'first'],
            [expect.stringMatching(/^\d{19}$/), 'second'],
          ],
        },
      ],
    });
  });

  it('is ClickHouse, of the example: rows once, a bad one alone in the error output', async () => {
    const tokens = new Set<string>();
    const rows: unknown[] = [];
    far = await farSide(({ path, body }: FarRequest, response: ServerResponse) => {
      const query = new URL(path, 'http://clickhouse').searchParams;
      const lines = `${body}`.split('\n');
      if (query.get('query') !== 'INSERT INTO `events` FORMAT JSONEachRow' || query.get('database') !== 'logs') {
        response.writeHead(404).end();
      } else if (lines.some((line) => !line.startsWith('{'))) {
        response.writeHead(400, { 'X-ClickHouse-Exception-Code': '117' }).end('Code: 117. INCORRECT_DATA');
      } else {
        if (!tokens.has(`${query.get('insert_deduplication_token')}`))
          rows.push(...lines.map((line) => JSON.parse(line)));
        tokens.add(`${query.get('insert_deduplication_token')}`);
        response.end();
      }
    });
    const folder = await configured('clickhouse', {
      url: `${far.url.replace('http://', 'https://clickhouse.destination.local/')}/logs/events`,
    });

    const { running, failed } = await sent(folder, ['{"n":1}', '{"n":2}\n', 'bad', '{"n":3}']);
    await running.end('SIGTERM');

    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(failed).toMatchObject([{ errorCode: 'ClickHouse.400', rawData: btoa('bad') }]);
  });

  it('that nobody has configured is refused when the stream is created', async () => {
    const running = await start(await newFolder());
    const created = client(running.url).call('CreateDeliveryStream', {
      DeliveryStreamName: 'logs',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: 'loki://127.0.0.1:3100' },
        S3Configuration: s3Destination('failed', [1, 60]),
      },
    });

    await expect(created).rejects.toThrow(
      "There is no destination for loki:// URLs. Name it under destinations in Hydrant's configuration file.",
    );
    await running.end('SIGTERM');
  });

  it.each<[string, string]>([
    ['missing.mjs', 'cannot be loaded'],
    ['../transformers/redact.mjs', 'must have a default export with a function deliver'],
  ])('in %s keeps the service from starting, and is named', async (file, reason) => {
    const folder = await configured('loki', { url: 'loki://x', file });

    const { status, stderr } = await hydrant(['serve', '--port', '0'], { folder });

    expect(status).toBe(2);
    expect(stderr).toContain('destinations.loki: ');
    expect(stderr).toContain(reason);
  });
});
