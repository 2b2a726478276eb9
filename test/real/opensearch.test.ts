import { afterAll, beforeAll, describe, expect } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { rotatedIndex } from '../../src/formats/index-names.ts';
import build from '../e2e/build.ts';
import { hydrant, linesIn, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { openSearchJars } from './jars.ts';
import { type OpenSearchNode, openSearchNode } from './opensearch-node.ts';
import { itWith, tool } from './tools.ts';

const java = tool('Java 17', 'apt-get install openjdk-17-jdk-headless', ['java', '-version']);
const jars = openSearchJars();
const tools = [java, jars];

const IN_ONE_PUT = 500;
const PAGE = 10_000;

describe('OpenSearch', () => {
  let node: OpenSearchNode;
  let place: Awaited<ReturnType<typeof sandbox>>;
  beforeAll(async () => {
    build();
    place = await sandbox();
    if (tools.every(({ found }) => found)) node = await openSearchNode();
  });
  afterAll(async () => {
    await place.clear();
    await node?.remove();
  });

  async function serving(folder: string, index: string, members: object = {}) {
    const running = await place.start(folder);
    await client(running.url).call('CreateDeliveryStream', {
      DeliveryStreamName: index,
      AmazonopensearchserviceDestinationConfiguration: {
        RoleARN: 'arn:aws:iam::000000000000:role/any',
        ClusterEndpoint: node.url,
        IndexName: index,
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
        RetryOptions: { DurationInSeconds: 7_200 },
        S3Configuration: s3Destination('failed', [1, 900]),
        ...members,
      },
    });
    return running;
  }

  async function put(url: string, stream: string, texts: readonly string[]): Promise<void> {
    for (let first = 0; first < texts.length; first += IN_ONE_PUT) {
      const Records = texts.slice(first, first + IN_ONE_PUT).map((text) => ({ Data: btoa(text) }));
      await client(url).call('PutRecordBatch', { DeliveryStreamName: stream, Records });
    }
  }

  const flush = (url: string) => hydrant(['flush', '--endpoint', url]);

  /** The documents of an index, in the order of their number. */
  async function documents(index: string) {
    await node.ask(`/${index}/_refresh`, {});
    const found: { readonly n: number; readonly index: string }[] = [];
    for (;;) {
      const search_after = found.length === 0 ? {} : { search_after: [found.at(-1)?.n] };
      const page = await node.ask(`/${index}/_search`, {
        size: PAGE,
        sort: [{ n: 'asc' }],
        _source: ['n'],
        ...search_after,
      });
      const hits = page.hits?.hits ?? [];
      for (const { _index, _source } of hits) found.push({ n: (_source as { n: number }).n, index: _index });
      if (hits.length < PAGE) return found;
    }
  }

  itWith(tools, 'has each record in the index of its day; what conflicts is in the error output', async () => {
    const folder = await place.newFolder();
    const { url, end } = await serving(folder, 'clicks', { IndexRotationPeriod: 'OneDay' });
    const days = [rotatedIndex('clicks', 'OneDay', Date.now())];
    await put(url, 'clicks', ['{"n":0}\n']);
    expect(await flush(url)).toMatchObject({ status: 0, stderr: '' });
    const strange = ['{"n":"one"}', '{"n":1}{"n":2}', '{nonsense}', 'text', '{"n":\n3}', '[4]'];

    await put(url, 'clicks', [...strange, ...Array.from({ length: 1_000 }, (_, i) => `{"n":${i + 1}}`)]);
    expect(await flush(url)).toMatchObject({ status: 0, stderr: '' });
    days.push(rotatedIndex('clicks', 'OneDay', Date.now()));
    expect(await end('SIGTERM')).toBe(0);

    const indexed = await documents('clicks-*');
    expect(indexed.map(({ n }) => n)).toEqual(Array.from({ length: 1_001 }, (_, i) => i));
    expect(days).toEqual(expect.arrayContaining([...new Set(indexed.map(({ index }) => index))]));
    const failed = (await linesIn(folder, 'failed')).map((line) => JSON.parse(line));
    expect(failed.map(({ rawData, errorCode }) => [atob(rawData), errorCode]).sort()).toEqual(
      strange.map((text) => [text, text === strange[0] ? '400' : 'OS.MalformedData']).sort(),
    );
    const conflict = failed.find(({ errorCode }) => errorCode === '400');
    expect(conflict.errorMessage).toMatch(/^mapper_parsing_exception: failed to parse field \[n\] of type \[long\]/);
  });

  itWith(tools, 'that is killed while it indexes has every document exactly once in the end', async () => {
    const folder = await place.newFolder();
    const { url, end } = await serving(folder, 'orders', { IndexRotationPeriod: 'NoRotation' });
    const count = 20_000;
    await put(
      url,
      'orders',
      Array.from({ length: count }, (_, n) => `{"n":${n},"text":"${'x'.repeat(1_000)}"}`),
    );

    const flushing = flush(url);
    const indexed = () => node.ask('/orders/_count').then(({ count }) => count ?? 0);
    while ((await indexed()) === 0);
    await node.kill();
    // Something was under way, or this test has shown nothing.
    expect(await flushing).toMatchObject({ status: 1, stderr: expect.stringMatching(/OS\.Connection/) });
    await node.start();
    while ((await flush(url)).status !== 0);
    expect(await end('SIGTERM')).toBe(0);

    const all = await documents('orders');
    expect(all.map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(await linesIn(folder, 'failed').catch(() => [])).toEqual([]);
  });

  itWith(tools, 'has one copy of what the service sends again after it was killed', async () => {
    const folder = await place.newFolder();
    const first = await serving(folder, 'payments', { IndexRotationPeriod: 'NoRotation' });
    const count = 5_000;
    await put(
      first.url,
      'payments',
      Array.from({ length: count }, (_, n) => `{"n":${n},"text":"${'x'.repeat(1_000)}"}`),
    );
    const flushing = flush(first.url);
    while (((await node.ask('/payments/_count')).count ?? 0) === 0);
    await first.end('SIGKILL');
    await flushing;

    const second = await place.start(folder);
    while ((await flush(second.url)).status !== 0);
    expect(await second.end('SIGTERM')).toBe(0);

    expect((await documents('payments')).map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n));
  });
});
