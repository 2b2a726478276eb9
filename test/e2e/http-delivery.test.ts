import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { farSide } from '../kit/far-side.ts';
import { seededRandom } from '../kit/random.ts';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';
import { codeBlocks } from './readme.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const LIVES = 8;
const LIFE_MS = { least: 50, most: 1_000 };
const RECORDS_A_PUT = 100;
const PADDING = 'x'.repeat(1_000);
const KEY = 'key of the receiver';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What stands between the two: it hands every request on and, while it is moody, loses every third answer. */
async function moodyProxy(to: string) {
  const proxy = { isMoody: true, lost: 0, url: '' };
  let answers = 0;
  const far = await farSide(async ({ path, headers, body }, response) => {
    const { 'content-length': _, 'content-encoding': __, connection, host, ...others } = headers;
    const handedOn = { method: 'POST', headers: others as Record<string, string>, body }; // none of them comes twice
    const answer = await fetch(`${to}${path}`, handedOn).catch(() => undefined);
    if (answer?.status === 200 && proxy.isMoody && ++answers % 3 === 0) proxy.lost++;
    else if (answer !== undefined) {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      return void response.end(await answer.text().catch(() => ''));
    }
    response.destroy();
  });
  return Object.assign(proxy, { url: far.url, close: far.close });
}

/** One that takes deliveries for the stream `clicks` from whoever has the key. */
async function receiver(folder: string): Promise<void> {
  await writeFile(join(folder, 'key'), `${KEY}\n`);
  const stream = { DeliveryStreamName: 'clicks', ExtendedS3DestinationConfiguration: s3Destination('lake', [1, 1]) };
  const config = { sources: { httpDelivery: { clicks: 'file:key' } }, streams: [stream] };
  await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
}

async function sender(folder: string, url: string): Promise<void> {
  const stream = {
    DeliveryStreamName: 'upstream',
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: `${url}/http-delivery/clicks`, AccessKey: KEY },
      RequestConfiguration: {
        ContentEncoding: 'GZIP',
        CommonAttributes: [{ AttributeName: 'from', AttributeValue: 'upstream' }],
      },
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
      RetryOptions: { DurationInSeconds: 7_200 },
      S3Configuration: s3Destination('failed', [1, 60]),
    },
  };
  await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ streams: [stream] }));
}

it(`one Hydrant feeds another that is killed: every record is there, and once (HYDRANT_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const [upstream, downstream] = [await newFolder(), await newFolder()];
  const port = await freePort();
  await receiver(downstream);
  const proxy = await moodyProxy(`http://127.0.0.1:${port}`);
  await sender(upstream, proxy.url);
  const sending = await start(upstream);
  const service = client(sending.url);
  let sent = 0;

  for (let life = 0; life < LIVES; life++) {
    const receiving = await start(downstream, '--port', `${port}`);
    const killed = once(receiving.process, 'exit');
    const lifeMs = LIFE_MS.least + random.below(LIFE_MS.most - LIFE_MS.least);
    setTimeout(() => receiving.process.kill('SIGKILL'), lifeMs);
    while (receiving.process.exitCode === null && receiving.process.signalCode === null) {
      const Records = Array.from({ length: RECORDS_A_PUT }, () => {
        return { Data: Buffer.from(`${sent++} ${PADDING}\n`).toString('base64') };
      });
      await service.call('PutRecordBatch', { DeliveryStreamName: 'upstream', Records });
    }
    await killed;
  }
  service.close();
  const receiving = await start(downstream, '--port', `${port}`);
  proxy.isMoody = false;
  const flushed = await hydrant(['flush', '--endpoint', sending.url]);
  await hydrant(['flush', '--endpoint', receiving.url]);
  const failed = await linesIn(upstream, 'failed').catch(() => []); // the bucket is made with its first object
  await sending.end('SIGTERM');
  await receiving.end('SIGTERM');
  await proxy.close();

  expect(proxy.lost).toBeGreaterThan(0);
  const numbers = (await linesIn(downstream, 'lake')).map((line) => Number(line.split(' ')[0]));
  expect({ flushed: flushed.status, failed }).toEqual({ flushed: 0, failed: [] });
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, i) => i));
});

it('the configuration in docs/sources.md takes what comes with the key', async () => {
  const config = codeBlocks('docs/sources.md').find(({ text }) => text.includes('httpDelivery'))?.text ?? '';
  const folder = await newFolder();
  await writeFile(join(folder, 'hydrant.config.mjs'), config.replace('env:CLICKS_ACCESS_KEY', 'file:key'));
  await writeFile(join(folder, 'key'), KEY);
  const running = await start(folder);
  const deliver = (key: string) =>
    fetch(`${running.url}/http-delivery/clicks`, {
      method: 'POST',
      headers: {
        'x-amz-firehose-protocol-version': '1.0',
        'x-amz-firehose-request-id': 'a',
        'x-amz-firehose-access-key': key,
      },
      body: JSON.stringify({ requestId: 'a', timestamp: 1, records: [{ data: 'b25lCg==' }] }),
    });

  const answers = [await deliver('wrong'), await deliver(KEY), await deliver(KEY)];
  await hydrant(['flush', '--endpoint', running.url]);
  await running.end('SIGTERM');

  expect(answers.map(({ status }) => status)).toEqual([403, 200, 200]);
  expect(await linesIn(folder, 'lake')).toEqual(['one']);
});
