import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { verify } from '../../src/api/authentication/verify.ts';
import type { ApiRequest } from '../../src/api/context.ts';
import { client } from '../../src/cli/client.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function listen(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return `http://127.0.0.1:${port}`;
}

it('calls an operation as AWS JSON 1.1 and gives its output', async () => {
  const asked: unknown[] = [];
  const url = await listen((request, response) => {
    asked.push(request.method, request.url, request.headers['content-type'], request.headers['x-amz-target']);
    request.on('data', (body) => asked.push(String(body))).on('end', () => response.end('{"DeliveryStreamNames":[]}'));
  });

  expect(await client(url).call('ListDeliveryStreams', { Limit: 1 })).toEqual({ DeliveryStreamNames: [] });
  expect(asked).toEqual([
    'POST',
    '/',
    'application/x-amz-json-1.1',
    'Firehose_20150804.ListDeliveryStreams',
    '{"Limit":1}',
  ]);
});

it("gives the service's errors with their code and status", async () => {
  const url = await listen((_, response) => response.writeHead(503).end('{"__type":"Busy","message":"Slow down."}'));

  await expect(client(url).call('PutRecord', {})).rejects.toMatchObject({ code: 'Busy', status: 503 });
});

it('takes an endpoint where nobody listens for a mistake, but not one that has answered before', async () => {
  const url = await listen((_, response) => response.setHeader('connection', 'close').end('{}'));
  const known = client(url);
  await known.call('ListDeliveryStreams', {});
  const closed = server && once(server, 'close');
  server?.close();
  await closed;

  await expect(known.call('PutRecord', {})).rejects.toMatchObject({ name: 'Error', code: 'ECONNREFUSED' });
  await expect(client(url).call('PutRecord', {})).rejects.toMatchObject({ name: 'ConfigError', field: '--endpoint' });
});

it('gives up on an answer that breaks off', async () => {
  const url = await listen((_, response) => {
    response.write('{');
    response.destroy();
  });

  await expect(client(url).call('PutRecord', {})).rejects.toMatchObject({ name: 'Error' });
});

describe('with credentials in the environment', () => {
  const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', userName: 'me', actions: [], streams: [] };
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEY.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY.secretAccessKey);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    return () => vi.unstubAllEnvs();
  });

  it('signs what it sends, with the session token where there is one', async () => {
    const asked: ApiRequest[] = [];
    const url = await listen((request, response) => {
      const { method = '', url: path = '', headers } = request;
      request
        .on('data', (body) => asked.push({ method, url: path, headers, body }))
        .on('end', () => response.end('{}'));
    });

    await client(url).call('ListDeliveryStreams', { Limit: 1 });
    vi.stubEnv('AWS_SESSION_TOKEN', 'a token');
    await client(url).post('/_hydrant/flush', { 'content-type': 'application/json' }, '{"a":"\u00e9"}');

    const options = { service: 'firehose', now: Date.now() };
    const [list, flush] = asked;
    expect(await verify(list!, { ...options, find: async () => KEY })).toEqual({ key: KEY, region: 'eu-central-1' });
    const temporary = { ...KEY, sessionToken: 'a token' };
    expect(await verify(flush!, { ...options, find: async () => temporary })).toMatchObject({ key: temporary });
  });
});

it('says how to sign when the service asks for it', async () => {
  const url = await listen((_, response) =>
    response
      .writeHead(400)
      .end('{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}'),
  );

  await expect(client(url).call('PutRecord', {})).rejects.toMatchObject({
    message: expect.stringMatching(/^Missing Authentication Token\. .*set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/),
  });
});
