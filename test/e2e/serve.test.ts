import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, client } from '../../src/cli/client.ts';
import { CLI, hydrant, linesIn, type Running, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const record = (text: string) => ({ Data: Buffer.from(text).toString('base64') });

describe('hydrant serve', () => {
  let folder: string;
  let running: Running;
  let service: Client;

  beforeAll(async () => {
    folder = await newFolder();
    running = await start(folder);
    service = client(running.url);
    await service.call('CreateDeliveryStream', {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900]),
    });
  });

  it('is alive, and says its version', async () => {
    const response = await fetch(`${running.url}/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'alive',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptimeSeconds: expect.any(Number),
    });
  });

  it('is ready, and says how full its buffer is', async () => {
    const response = await fetch(`${running.url}/ready`);

    expect(response.status).toBe(200);
    const damaged = { places: 0, records: 0, bytes: 0 };
    expect(await response.json()).toMatchObject({
      status: 'ready',
      buffer: { budgetBytes: expect.any(Number), damaged },
    });
  });

  it('delivers at once when asked to flush', async () => {
    await service.call('PutRecord', { DeliveryStreamName: 'orders', Record: record('first\n') });

    const { status, stdout } = await hydrant(['flush', 'orders', '--endpoint', running.url]);

    expect([status, stdout]).toEqual([0, 'Delivered 1 record in 1 attempt.\n']);
    expect(await linesIn(folder, 'lake')).toContain('first');
  });

  it('flushes all streams when none is named', async () => {
    await service.call('PutRecord', { DeliveryStreamName: 'orders', Record: record('second\n') });

    await hydrant(['flush', '--endpoint', running.url]);

    expect(await linesIn(folder, 'lake')).toContain('second');
    const { stdout } = await hydrant(['flush', '--endpoint', running.url]);
    expect(stdout).toBe('Nothing is buffered.\n');
  });

  it('says in the words of AWS that there is no such stream to flush', async () => {
    const { status, stderr } = await hydrant(['flush', 'nobody', '--endpoint', running.url]);

    expect(status).toBe(1);
    expect(stderr).toBe('hydrant: ResourceNotFoundException: Firehose nobody under account 000000000000 not found.\n');
  });

  it.each<[string, Record<string, string>, string, number]>([
    ["a form's content type", { 'content-type': 'text/plain' }, '{}', 415],
    ['no content type', {}, '', 415],
    ['the origin of another site', { 'content-type': 'application/json', origin: 'https://example.com' }, '{}', 403],
    ['an origin that is none', { 'content-type': 'application/json', origin: 'null' }, '{}', 403],
    ['no JSON', { 'content-type': 'application/json' }, '{', 400],
    ['JSON that is no object', { 'content-type': 'application/json' }, '[]', 400],
    ['a name that is no text', { 'content-type': 'application/json' }, '{"DeliveryStreamName":1}', 400],
  ])('does not flush for %s', async (_, headers, body, status) => {
    const url = new URL('/_hydrant/flush', running.url);
    const asking = request(url, { method: 'POST', headers }).end(body);

    const [response] = await once(asking, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
  });

  it('flushes for a page of its own', async () => {
    const headers = { 'content-type': 'application/json', origin: running.url };

    const response = await fetch(`${running.url}/_hydrant/flush`, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(200);
  });
});

describe('hydrant serve does not start', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
  });

  const serve = (...args: readonly string[]) => hydrant(['serve', '--port', '0', ...args], { folder });

  it('beyond this machine, unless that is asked for by name', async () => {
    const { status, stderr } = await serve('--host', '0.0.0.0');

    expect(status).toBe(2);
    expect(stderr).toMatch(/^hydrant: --host: 0\.0\.0\.0 can be reached from other machines.*--insecure\.\n$/);
    const running = await start(folder, '--host', '0.0.0.0', '--insecure');
    expect(await running.end('SIGTERM')).toBe(0);
  });

  it('where another program listens', async () => {
    const running = await start(folder);

    const { port } = new URL(running.url);
    const { status, stderr } = await hydrant(['serve', '--port', port], { folder: await newFolder() });

    expect(status).toBe(2);
    expect(stderr).toMatch(new RegExp(`^hydrant: --port: ${port} is taken on 127.0.0.1: .*\n$`));
  });

  it('in a data folder that another one uses', async () => {
    await start(folder);

    const { status, stderr } = await serve();

    expect(status).toBe(2);
    expect(stderr).toMatch(/^hydrant: data: .* in use by another process\.\n$/);
  });

  it('in a data folder that is a file', async () => {
    await fs.writeFile(join(folder, 'file'), '');

    const { status, stderr } = await serve('--data', 'file');

    expect(status).toBe(2);
    expect(stderr).toMatch(/^hydrant: --data: .*file cannot be used: .*\n$/);
  });

  it('with a mistake in its configuration, which is named', async () => {
    await fs.writeFile(join(folder, 'hydrant.config.json'), '{"streams": [{"DeliverStreamName": "orders"}]}');

    const { status, stderr } = await serve();

    expect(status).toBe(2);
    expect(stderr).toBe(
      "hydrant: streams[0].DeliverStreamName: there is no such member. Did you mean 'DeliveryStreamName'?\n",
    );
  });

  it('with an ES module where there may be none, unless it has the name it should have', async () => {
    await fs.writeFile(join(folder, 'package.json'), '{"type": "commonjs"}');
    await fs.writeFile(join(folder, 'hydrant.config.js'), 'export default {};');

    expect(await serve()).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/name it hydrant\.config\.mjs\.\n$/),
    });
    await fs.rename(join(folder, 'hydrant.config.js'), join(folder, 'hydrant.config.mjs'));
    expect(await (await start(folder)).end('SIGTERM')).toBe(0);
  });

  it('with a stream that the API refuses, whose member is named', async () => {
    const stream = {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: s3Destination('lake', [0, 60]),
    };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ streams: [stream] }));

    const { status, stderr } = await serve();

    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^hydrant: streams\[0\]\.ExtendedS3DestinationConfiguration\.BufferingHints\.SizeInMBs: Member must have value greater/,
    );
  });

  it('in a data folder that a newer version has written', async () => {
    await fs.mkdir(join(folder, 'data', 'streams'), { recursive: true });
    await fs.writeFile(join(folder, 'data', 'streams', 'a.json'), '{"format": 99, "stream": {}}');

    const { status, stderr } = await serve();

    expect([status, stderr]).toEqual([2, expect.stringMatching(/a\.json: was written by a newer Hydrant/)]);
  });

  it.each([
    ['a flag that is none', ['--prot', '1'], /Did you mean --port\?/],
    ['a port that is none', ['--port', 'http'], /It must be a whole number from 0 to 65535; it is "http"\./],
    ['a size that is none', ['--buffer-budget', 'lots'], /It must be a size such as 10GiB/],
    ['a store that is none', ['--s3-endpoint', 'minio'], /--s3-endpoint: must be the URL of a store/],
  ])('with %s', async (_, args, complaint) => {
    const { status, stderr } = await serve(...args);

    expect(status).toBe(2);
    expect(stderr).toMatch(complaint);
  });
});

describe('hydrant serve, whose output is closed,', () => {
  it('goes on', async () => {
    const folder = await newFolder();
    const running = await start(folder);
    const service = client(running.url);
    await service.call('CreateDeliveryStream', {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900]),
    });

    running.process.stdout?.destroy();
    for (const line of ['first\n', 'second\n']) {
      await service.call('PutRecord', { DeliveryStreamName: 'orders', Record: record(line) });
      expect((await hydrant(['flush', '--endpoint', running.url])).status).toBe(0);
    }

    expect([...(await linesIn(folder, 'lake'))].sort()).toEqual(['first', 'second']);
    expect(await running.end('SIGTERM')).toBe(0);
  });
});

const hasFullDevice = existsSync('/dev/full');

describe(`hydrant serve, whose log is on a full disk,${hasFullDevice ? '' : ' (skipped: there is no /dev/full)'}`, () => {
  it.runIf(hasFullDevice)('answers all the same, and ends when told to', async () => {
    const full = await fs.open('/dev/full', 'w');
    const port = await freePort();
    const child = spawn(process.execPath, [CLI, 'serve', '--port', String(port)], {
      cwd: await newFolder(),
      stdio: ['ignore', full.fd, 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const health = () => fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) });
      await expect.poll(async () => (await health()).status, { timeout: 20_000 }).toBe(200);

      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
      await full.close();
    }
  });
});

/** Its log cannot say where it listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
}

describe('hydrant serve ends', () => {
  it.each([
    ['an exception', "throw new Error('Nobody expected this.')"],
    ['a rejection', "Promise.reject(new Error('Nobody expected this.'))"],
  ])('loudly after %s that nobody caught', async (_, fault) => {
    const folder = await newFolder();
    // A configuration's own code runs in the service, and may fail there at any time.
    const code = `process.once('SIGUSR2', () => { ${fault}; });\nexport default {};`;
    await fs.writeFile(join(folder, 'hydrant.config.mjs'), code);
    const running = await start(folder);

    expect(await running.end('SIGUSR2')).toBe(70);
    expect(running.log.at(-1)).toMatchObject({ level: 'fatal', err: { message: 'Nobody expected this.' } });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'in order on %s, and the next one has what was not delivered',
    async (signal) => {
      const folder = await newFolder();
      const first = await start(folder);
      const service = client(first.url);
      await service.call('CreateDeliveryStream', {
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900]),
      });
      await service.call('PutRecord', { DeliveryStreamName: 'orders', Record: record('kept\n') });

      expect(await first.end(signal)).toBe(0);

      const second = await start(folder);
      await client(second.url).post('/_hydrant/flush', { 'content-type': 'application/json' }, '{}');
      expect(await linesIn(folder, 'lake')).toEqual(['kept']);
      expect(await second.end(signal)).toBe(0);
    },
  );

  it('after it has answered the put that is on its way', async () => {
    const folder = await newFolder();
    const running = await start(folder);
    await client(running.url).call('CreateDeliveryStream', {
      DeliveryStreamName: 'orders',
      ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900]),
    });
    const body = JSON.stringify({ DeliveryStreamName: 'orders', Record: record('late\n') });
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Firehose_20150804.PutRecord',
      'content-length': Buffer.byteLength(body),
    };
    const put = request(running.url, { method: 'POST', headers });
    const answered = once(put, 'response');
    put.write(body.slice(0, 10));
    // Its first bytes have arrived once a later request on another connection is answered.
    await fetch(`${running.url}/health`);

    const ended = running.end('SIGTERM');
    await logged(running, 'Stopping');
    put.end(body.slice(10));

    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(await ended).toBe(0);
  });

  it('at once on a second signal', async () => {
    const folder = await newFolder();
    const running = await start(folder);
    const unfinished = request(running.url, { method: 'POST', headers: { 'content-length': 10 } });
    unfinished.on('error', () => {}); // the connection is cut off
    unfinished.write('{');
    await fetch(`${running.url}/health`);

    const ended = running.end('SIGINT');
    await logged(running, 'Stopping');
    running.process.kill('SIGINT');

    expect(await ended).toBe(130);
  });
});

/** Resolves once the process has logged a message that starts so. */
async function logged({ process, log }: Running, start: string): Promise<void> {
  while (!log.some(({ msg }) => String(msg).startsWith(start))) await once(process.stdout!, 'data');
}

describe('streams of the configuration', () => {
  it('are there at every start, once, and a change in the file is an update', async () => {
    const folder = await newFolder();
    const write = (Prefix: string) => {
      const stream = {
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: s3Destination('lake', [1, 60], { Prefix }),
      };
      return fs.writeFile(join(folder, 'hydrant.config.js'), `export default ${JSON.stringify({ streams: [stream] })}`);
    };
    const startAndDescribe = async () => {
      const running = await start(folder);
      const service = client(running.url);
      const { DeliveryStreamNames } = await service.call('ListDeliveryStreams', {});
      const { DeliveryStreamDescription } = await service.call('DescribeDeliveryStream', {
        DeliveryStreamName: 'orders',
      });
      await running.end('SIGTERM');
      return { DeliveryStreamNames, VersionId: (DeliveryStreamDescription as { VersionId: string }).VersionId };
    };

    await write('a/');
    expect(await startAndDescribe()).toEqual({ DeliveryStreamNames: ['orders'], VersionId: '1' });
    expect(await startAndDescribe()).toEqual({ DeliveryStreamNames: ['orders'], VersionId: '1' });
    await write('b/');
    expect(await startAndDescribe()).toEqual({ DeliveryStreamNames: ['orders'], VersionId: '2' });
  });
});
