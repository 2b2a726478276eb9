import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { type FarSide, farSide } from '../kit/far-side.ts';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const RECORDS = 3_000;
const IN_ONE_PUT = 500;

describe('hydrant serve with an HTTP endpoint', () => {
  let far: FarSide;
  afterEach(() => far.close());

  /** By request id, as a receiver keeps them that drops repeats. */
  const requests = new Map<string, readonly string[]>();
  /** What the far side does with a request; undefined: takes it. */
  let refuse: (texts: readonly string[]) => number | undefined = () => undefined;

  async function collector(): Promise<FarSide> {
    requests.clear();
    return farSide(({ body }, response) => {
      const { requestId, records } = JSON.parse(`${body}`) as { requestId: string; records: { data: string }[] };
      const texts = records.map(({ data }) => Buffer.from(data, 'base64').toString());
      const status = refuse(texts) ?? 200;
      if (status === 200) requests.set(requestId, texts);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ requestId, timestamp: Date.now() }));
    });
  }

  async function serving(folder: string, options: object) {
    const running = await start(folder);
    const service = client(running.url);
    await service.call('CreateDeliveryStream', {
      DeliveryStreamName: 'clicks',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: far.url, AccessKey: 'key' },
        RequestConfiguration: { ContentEncoding: 'GZIP' },
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
        S3Configuration: s3Destination('failed', [1, 900]),
        ...options,
      },
    });
    for (let first = 0; first < RECORDS; first += IN_ONE_PUT) {
      const texts = Array.from({ length: IN_ONE_PUT }, (_, i) => `event ${first + i} ${'x'.repeat(1_000)}`);
      const Records = texts.map((text) => ({ Data: Buffer.from(text).toString('base64') }));
      await service.call('PutRecordBatch', { DeliveryStreamName: 'clicks', Records });
    }
    return running;
  }

  const numbers = (texts: readonly string[]) => texts.map((text) => Number(text.split(' ')[1])).sort((a, b) => a - b);
  const all = Array.from({ length: RECORDS }, (_, i) => i);

  it('brings every record once, although the far side is down and the service is killed', async () => {
    far = await collector();
    refuse = () => 503;
    const folder = await newFolder();
    const first = await serving(folder, { RetryOptions: { DurationInSeconds: 7_200 } });
    await hydrant(['flush', '--endpoint', first.url]);
    expect(requests.size).toBe(0);
    await first.end('SIGKILL');
    refuse = () => undefined;

    const second = await start(folder);
    await hydrant(['flush', '--endpoint', second.url]);

    expect(numbers([...requests.values()].flat())).toEqual(all);
    await second.end('SIGTERM');
  });

  it('halves what is too large, and has the one record that nobody takes in the error output', async () => {
    far = await collector();
    refuse = (texts) => (texts.length > 100 || texts.some((text) => text.startsWith('event 7 ')) ? 413 : undefined);
    const folder = await newFolder();
    const running = await serving(folder, {});

    await hydrant(['flush', '--endpoint', running.url]);
    await running.end('SIGTERM');

    expect(numbers([...requests.values()].flat())).toEqual(all.filter((number) => number !== 7));
    const failed = (await linesIn(folder, 'failed')).map((line) => JSON.parse(line));
    expect(failed).toMatchObject([{ errorCode: 'HttpEndpoint.DestinationException', attemptsMade: 1 }]);
    expect(Buffer.from(failed[0].rawData, 'base64').toString()).toMatch(/^event 7 /);
  });

  it('has all records in the error output when the retry duration is over', async () => {
    far = await collector();
    refuse = () => 500;
    const folder = await newFolder();
    const running = await serving(folder, { RetryOptions: { DurationInSeconds: 0 } });

    await hydrant(['flush', '--endpoint', running.url]);
    await running.end('SIGTERM');

    const failed = (await linesIn(folder, 'failed')).map((line) => JSON.parse(line));
    expect(numbers(failed.map(({ rawData }) => Buffer.from(rawData, 'base64').toString()))).toEqual(all);
    expect(failed[0].errorMessage).toMatch(/^The following response was received from the endpoint destination. 500: /);
  });
});
