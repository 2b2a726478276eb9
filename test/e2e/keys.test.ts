import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

/** Gives out a key and reads what the command prints. */
async function created(...args: readonly string[]) {
  const { status, stdout } = await hydrant(['keys', 'create', ...args], { folder });
  expect(status).toBe(0);
  const variables = [...stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]);
  expect(stdout.trim().split('\n')).toHaveLength(variables.length);
  // What is missing would be missed by whoever signs with it.
  return Object.fromEntries(variables) as { AWS_ACCESS_KEY_ID: string; AWS_SECRET_ACCESS_KEY: string };
}

type Variables = Awaited<ReturnType<typeof created>> & { AWS_SESSION_TOKEN?: string };

function sdk(endpoint: string, variables: Variables): FirehoseClient {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = variables;
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
  };
  return new FirehoseClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
}

const list = (client: FirehoseClient) => client.send(new ListDeliveryStreamsCommand({}));

describe('a service that runs', () => {
  it('asks for signatures as soon as a key is given out, and refuses the key as soon as it is taken back', async () => {
    const { url } = await start(folder);
    await list(sdk(url, { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' }));

    const key = await created('owner');
    const client = sdk(url, key);
    await list(client);
    await vi.waitFor(() =>
      expect(list(sdk(url, { ...key, AWS_SECRET_ACCESS_KEY: 'any' }))).rejects.toThrow('does not match the signature'),
    );
    expect((await hydrant(['keys', 'list'], { folder })).stdout).toMatch(
      /^ID .*\nHKIA\w{16} +owner +\* +\* +20\S+ +never\n$/,
    );

    expect((await hydrant(['keys', 'revoke', key.AWS_ACCESS_KEY_ID], { folder })).status).toBe(0);
    await vi.waitFor(
      () => expect(list(client)).rejects.toThrow('The security token included in the request is invalid.'),
      5_000,
    );
    expect((await hydrant(['keys', 'list'], { folder })).stdout).toBe('There are no keys.\n');
  });

  it("takes hydrant's own commands with the key in their environment, each for what its key allows", async () => {
    const owner = await created('owner');
    const producer = await created('producer', '--allow', 'put', '--streams', 'clicks,orders-*', '--session-token');
    const { url, log } = await start(folder);
    const DeliveryStreamName = 'clicks';
    const ExtendedS3DestinationConfiguration = s3Destination('lake', [1, 900]);
    await sdk(url, owner).send(
      new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration }),
    );
    const run = (args: readonly string[], env: object) =>
      hydrant([...args, '--endpoint', url], { folder, input: 'a\nb\n', env });

    expect(await run(['put', 'clicks'], producer)).toMatchObject({ status: 0 });
    expect(await run(['put', 'secret'], producer)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'user/producer is not authorized to perform: firehose:PutRecordBatch on resource',
      ),
    });
    expect(await run(['flush'], producer)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('user/producer is not authorized to perform: hydrant:Flush on resource'),
    });
    expect(await run(['flush'], { AWS_ACCESS_KEY_ID: '' })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^hydrant: MissingAuthenticationTokenException: .*set AWS_ACCESS_KEY_ID/),
    });
    expect(await run(['flush'], owner)).toMatchObject({ status: 0 });
    expect(await linesIn(folder, 'lake')).toEqual(['a', 'b']);

    expect(log.filter(({ code }) => code === 'AccessDeniedException')).toMatchObject([
      { userName: 'producer', action: 'firehose:PutRecordBatch', from: '127.0.0.1' },
      { userName: 'producer', action: 'hydrant:Flush', from: '127.0.0.1' },
    ]);
  });

  it('says that it is alive and ready to whoever asks', async () => {
    await created();
    const { url } = await start(folder);

    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
  });

  it('takes the keys of its configuration, and applies its streams without one', async () => {
    const keys = [{ accessKeyId: 'from_config', secretAccessKey: 'file:./secret', allow: 'put', streams: ['orders'] }];
    const streams = [
      { DeliveryStreamName: 'orders', ExtendedS3DestinationConfiguration: s3Destination('lake', [1, 900]) },
    ];
    await fs.writeFile(join(folder, 'secret'), 'a secret\n');
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ keys, streams }));
    const { url } = await start(folder);

    const client = sdk(url, { AWS_ACCESS_KEY_ID: 'from_config', AWS_SECRET_ACCESS_KEY: 'a secret' });
    await client.send(new PutRecordCommand({ DeliveryStreamName: 'orders', Record: { Data: Buffer.from('x') } }));
    await expect(list(client)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

it('beyond this machine the service listens once there is a key', async () => {
  expect(await hydrant(['serve', '--port', '0', '--host', '0.0.0.0'], { folder })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Make a key with hydrant keys create'),
  });

  await created();

  expect(await (await start(folder, '--host', '0.0.0.0')).end('SIGTERM')).toBe(0);
});

describe('hydrant keys refuses', () => {
  it.each<[string, readonly string[], string]>([
    [
      'a key that is not there',
      ['revoke', 'HKIAAAAAAAAAAAAAAAAA'],
      'hydrant: id: there is no key HKIAAAAAAAAAAAAAAAAA in ',
    ],
    ['an action that is none', ['create', '--actions', 'PutRecrd'], "Did you mean 'firehose:PutRecord'?"],
    ['a stream that is none', ['create', '--streams', 'a b'], "It must be a delivery stream's name"],
    ['a name that is none', ['create', 'a b'], "hydrant: name: must be a user's name"],
    [
      'two ways to say what is allowed',
      ['create', '--allow', 'put', '--actions', '*'],
      'cannot be given along with actions',
    ],
  ])('%s', async (_, args, message) => {
    expect(await hydrant(['keys', ...args], { folder })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
    expect(await fs.readdir(folder)).toEqual([]);
  });
});
