import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { type Collector, collector, TOKEN } from '../destinations/hec.ts';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const RECORDS = 2_000;

describe('hydrant serve with Splunk', () => {
  let far: Collector;
  afterEach(() => far.close());

  it('has every event indexed once, although it is killed while acknowledgements are on their way', async () => {
    far = await collector();
    const folder = await newFolder();
    const first = await start(folder);
    const service = client(first.url);
    await service.call('CreateDeliveryStream', {
      DeliveryStreamName: 'events',
      SplunkDestinationConfiguration: {
        HECEndpoint: far.url,
        HECEndpointType: 'Event',
        HECToken: TOKEN,
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
        S3Configuration: s3Destination('failed', [1, 60]),
      },
    });
    for (let from = 0; from < RECORDS; from += 500) {
      const events = Array.from({ length: 500 }, (_, i) => ({ event: { number: from + i, padding: 'x'.repeat(800) } }));
      const Records = events.map((event) => ({ Data: Buffer.from(JSON.stringify(event)).toString('base64') }));
      await service.call('PutRecordBatch', { DeliveryStreamName: 'events', Records });
    }
    const bad = Buffer.from('not an event').toString('base64');
    await service.call('PutRecord', { DeliveryStreamName: 'events', Record: { Data: bad } });
    const flushed = await hydrant(['flush', '--endpoint', first.url]);
    expect(flushed.stderr).toContain('Hydrant.Pending');
    await first.end('SIGKILL');

    const second = await start(folder);
    await expect.poll(() => far.indexed.length, { timeout: 30_000 }).toBe(far.channels.length);
    await hydrant(['flush', '--endpoint', second.url]);
    await second.end('SIGTERM');

    const numbers = far.indexed.flatMap((body) =>
      [...body.matchAll(/"number":(\d+)/g)].map(([, number]) => Number(number)),
    );
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: RECORDS }, (_, i) => i));
    const failed = (await linesIn(folder, 'failed')).map((line) => JSON.parse(line));
    expect(failed).toMatchObject([{ errorCode: 'Splunk.InvalidDataFormat', rawData: bad }]);
  });
});
