import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { hydrant, linesIn, objectsIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

describe('hydrant put', () => {
  let folder: string;
  let endpoint: string;
  let created = 0;
  let stream: string;

  beforeAll(async () => {
    folder = await newFolder();
    endpoint = (await start(folder)).url;
  });

  beforeEach(async () => {
    stream = `stream-${++created}`;
    await client(endpoint).call('CreateDeliveryStream', {
      DeliveryStreamName: stream,
      ExtendedS3DestinationConfiguration: s3Destination(stream, [128, 900]),
    });
  });

  const put = (args: readonly string[], input = '') =>
    hydrant(['put', stream, ...args, '--endpoint', endpoint], { input });
  const flush = () => hydrant(['flush', stream, '--endpoint', endpoint]);

  it('sends the lines of standard input, in batches, and says how many', async () => {
    const sent = Array.from({ length: 1_234 }, (_, i) => `line ${i}`);

    const { status, stdout, stderr } = await put(['--concurrency', '1'], `${sent.join('\n')}\n`);

    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^1,234 records \\(\\d.* KB\\) acknowledged by ${stream} in .* s, .*/s\\.\n$`));
    await flush();
    expect(await linesIn(folder, stream)).toEqual(sent);
  });

  it('sends a file, with several calls at once', async () => {
    const file = join(folder, 'events.ndjson');
    const sent = Array.from({ length: 5_000 }, (_, i) => JSON.stringify({ i }));
    await fs.writeFile(file, sent.join('\n'));

    const { status } = await put([file, '--concurrency', '8', '--batch-records', '100']);

    expect(status).toBe(0);
    await flush();
    expect([...(await linesIn(folder, stream))].sort()).toEqual(sent.sort());
  });

  it('can leave the newlines out', async () => {
    await put(['--no-newline'], 'a\nb\n');

    await flush();
    for await (const [, bytes] of objectsIn(folder, stream)) expect(bytes.toString()).toBe('ab');
  });

  it('leaves out lines that are too long to be records, says so, and fails', async () => {
    const { status, stderr } = await put([], `a\n${'x'.repeat(1_024_000)}\nb\n`);

    expect([status, stderr]).toEqual([1, '1 line not sent, for being longer than 1,024,000 bytes.\n']);
    await flush();
    expect(await linesIn(folder, stream)).toEqual(['a', 'b']);
  });

  it("fails with AWS's words for a stream that is not there", async () => {
    const { status, stderr } = await hydrant(['put', 'nobody', '--endpoint', endpoint], { input: 'a\n' });

    expect(status).toBe(1);
    expect(stderr).toBe('hydrant: ResourceNotFoundException: Firehose nobody under account 000000000000 not found.\n');
  });

  it('fails at once, though more input may come', async () => {
    const args = ['put', 'nobody', '--endpoint', endpoint, '--batch-records', '1'];

    expect((await hydrant(args, { input: 'a\nb\n', endsInput: false })).status).toBe(1);
  });

  it.each([
    ['a file that is not there', ['no-such-file'], /^hydrant: file: no-such-file cannot be read: ENOENT/],
    ['a folder', ['.'], /^hydrant: file: \. cannot be read: it is a folder/],
    ['too large a batch', ['--batch-records', '501'], /It must be a whole number from 1 to 500; it is 501\./],
    [
      'an endpoint that is none',
      ['--endpoint', '127.0.0.1:4573'],
      /^hydrant: --endpoint: 127\.0\.0\.1:4573 is not a URL/,
    ],
    ['an endpoint where nobody listens', ['--endpoint', 'http://127.0.0.1:1'], /^hydrant: --endpoint: nothing answers/],
  ])('explains itself for %s', async (_, args, complaint) => {
    const { status, stderr } = await hydrant(['put', stream, ...args], { input: 'a\n' });

    expect(stderr).toMatch(complaint);
    expect(status).toBe(2);
  });

  it('explains that the connection broke, without a stack', async () => {
    const other = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`; // it listens on TCP

    const { status, stderr } = await hydrant(['flush', '--endpoint', url]);

    expect([status, stderr]).toEqual([1, `hydrant: The call to ${url} failed: socket hang up.\n`]);
    other.close();
  });

  it('explains that what answers is not Hydrant', async () => {
    const other = createServer((_, response) => response.end('<h1>It works!</h1>')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo; // it listens on TCP

    const { status, stderr } = await hydrant(['flush', '--endpoint', `http://127.0.0.1:${port}`]);

    expect([status, stderr]).toEqual([1, 'hydrant: Http200: What answers at the endpoint is not Hydrant.\n']);
    other.close();
  });
});

describe('hydrant', () => {
  it('says its version and how it is used', async () => {
    expect((await hydrant(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { status, stdout } = await hydrant(['--help']);

    expect(status).toBe(0);
    for (const command of ['serve', 'put', 'flush']) expect(stdout).toContain(`\n  ${command} `);
  });

  it.each([[[]], [['serv']], [['put']]])('fails with help for %j', async (args) => {
    const { status, stderr } = await hydrant(args);

    expect(status).toBe(2);
    expect(stderr).toMatch(/help/);
  });
});
