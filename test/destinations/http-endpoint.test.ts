import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import httpEndpoint from '../../destinations/http-endpoint.ts';
import type { Slice } from '../../src/core/destination.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { heldSecrets } from '../../src/local/held-secrets.ts';
import { type FarRequest, type FarSide, farSide } from '../kit/far-side.ts';
import { rawFarSide } from './raw-far-side.ts';
import { ARRIVED_AT, sliceOf, type ToSlice } from './slice.ts';

const NOW = ARRIVED_AT;
const KEY = 'key-that-nobody-may-see';
const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:collector-AbCdEf';
const never = new AbortController().signal;

const open: FarSide[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function server(answer: Parameters<typeof farSide>[0] = taken): Promise<FarSide> {
  open.push(await farSide(answer));
  return open.at(-1)!; // just pushed
}

async function rawServer(connected: Parameters<typeof rawFarSide>[0]): Promise<FarSide> {
  open.push(await rawFarSide(connected));
  return open.at(-1)!; // just pushed
}

/** What the protocol has an endpoint say. */
function taken({ headers }: FarRequest, response: ServerResponse, changes: JsonObject = {}): void {
  const said = { requestId: headers['x-amz-firehose-request-id'], timestamp: NOW + 5, ...changes };
  json(response, 200, JSON.stringify(said));
}

function json(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);
}

interface ToSend extends Omit<ToSlice, 'config'> {
  readonly url: string;
  readonly config?: JsonObject;
}

function slice({ url, config, ...more }: ToSend): Slice {
  return sliceOf({
    ...more,
    config: {
      EndpointConfiguration: { Url: url, AccessKey: KEY },
      RequestConfiguration: { ContentEncoding: 'NONE' },
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
      ...config,
    },
  });
}

const secrets = heldSecrets({ [SECRET]: { variable: 'HYDRANT_TEST_SECRET' } });

const send = (toSend: ToSend, { timeoutMs = 5_000, signal = never } = {}) =>
  httpEndpoint({ now: () => NOW, secrets, timeoutMs }).deliver(slice(toSend), signal);

describe('a request', () => {
  it('is as the protocol has it', async () => {
    const { url, received } = await server();

    await send({ url: `${url}/in?stage=1`, records: ['hello', '', 'wörld'] });

    const [request] = received;
    expect(request?.path).toBe('/in?stage=1');
    const requestId = request?.headers['x-amz-firehose-request-id'];
    expect(requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(request?.headers).toMatchObject({
      'x-amz-firehose-protocol-version': '1.0',
      'x-amz-firehose-source-arn': 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks',
      'x-amz-firehose-access-key': KEY,
      'content-type': 'application/json',
      'content-length': `${request?.body.length}`,
    });
    expect(request?.headers).not.toHaveProperty('content-encoding');
    expect(request?.headers).not.toHaveProperty('x-amz-firehose-common-attributes');
    expect(JSON.parse(`${request?.body}`)).toEqual({
      requestId,
      timestamp: NOW,
      records: [{ data: 'aGVsbG8=' }, { data: '' }, { data: 'd8O2cmxk' }],
    });
  });

  it('has the same id in every attempt at the same records, and another at others', async () => {
    const { url, received } = await server();

    await send({ url, id: 'batch-1/0-1' });
    await send({ url, id: 'batch-1/0-1' });
    await send({ url, id: 'batch-1/1-2' });

    const ids = received.map(({ headers }) => headers['x-amz-firehose-request-id']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('carries common attributes, in ASCII', async () => {
    const { url, received } = await server();
    const CommonAttributes = [
      { AttributeName: 'team', AttributeValue: 'Vögel' },
      { AttributeName: 'env', AttributeValue: 'prod' },
    ];

    await send({ url, config: { RequestConfiguration: { ContentEncoding: 'NONE', CommonAttributes } } });

    const text = received[0]?.headers['x-amz-firehose-common-attributes'];
    expect(text).toBe('{"commonAttributes":{"team":"V\\u00f6gel","env":"prod"}}');
  });

  it('has no access key header without an access key', async () => {
    const { url, received } = await server();

    await send({ url, config: { EndpointConfiguration: { Url: url } } });

    expect(received[0]?.headers).not.toHaveProperty('x-amz-firehose-access-key');
  });

  it.each(['NONE', 'GZIP'])('brings any bytes unchanged, with content encoding %s', async (ContentEncoding) => {
    const { url, received } = await server();
    const config = { RequestConfiguration: { ContentEncoding } };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 20 }),
        async (records) => {
          await send({ url, records, config });
          const request = received.at(-1)!; // just sent
          const { records: got } = JSON.parse(`${request.body}`);
          expect(got.map(({ data }: { data: string }) => data)).toEqual(
            records.map((record) => Buffer.from(record).toString('base64')),
          );
          expect(request.headers['content-encoding']).toBe(ContentEncoding === 'GZIP' ? 'gzip' : undefined);
          expect(request.headers['content-length']).toMatch(/^\d+$/);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(['NONE', 'GZIP'])('that is large goes out whole, with content encoding %s', async (ContentEncoding) => {
    const { url, received } = await server();
    const records = Array.from({ length: 9 }, () => randomBytes(1_000_000));

    await send({ url, records, config: { RequestConfiguration: { ContentEncoding } } });

    const { records: got } = JSON.parse(`${received[0]?.body}`);
    const texts = records.map((record) => record.toString('base64'));
    expect(got.map(({ data }: { data: string }, i: number) => data === texts[i])).toEqual(Array(9).fill(true));
  });
});

describe('an access key in a secret', () => {
  const SecretsManagerConfiguration = { Enabled: true, SecretARN: SECRET };
  afterEach(() => vi.unstubAllEnvs());

  it('is sent in place of the one in the configuration, and followed when it is changed', async () => {
    const { url, received } = await server();
    for (const api_key of ['first', 'second']) {
      vi.stubEnv('HYDRANT_TEST_SECRET', JSON.stringify({ api_key }));
      await send({ url, config: { SecretsManagerConfiguration } });
    }

    expect(received.map(({ headers }) => headers['x-amz-firehose-access-key'])).toEqual(['first', 'second']);
  });

  it.each([undefined, 'not JSON', '[]', '{}', '{"api_key":""}'])(
    'that holds %s sends nothing, for now',
    async (held) => {
      const { url, received } = await server();
      if (held !== undefined) vi.stubEnv('HYDRANT_TEST_SECRET', held);

      await expect(send({ url, config: { SecretsManagerConfiguration } })).rejects.toMatchObject({
        ...{ code: 'Hydrant.SecretUnavailable', retryable: true, refused: true },
      });
      expect(received).toEqual([]);
    },
  );

  it.each([
    [401, true],
    [403, true],
    [500, false],
  ])('is asked for anew after an answer %i: %s', async (status, isRefused) => {
    const { url } = await server((_, response) => json(response, status, '{}'));
    const refused: string[] = [];
    const kept = Object.assign(async () => ({ api_key: 'old' }), { refused: (arn: string) => void refused.push(arn) });
    const destination = httpEndpoint({ now: () => NOW, secrets: kept });

    await expect(destination.deliver(slice({ url, config: { SecretsManagerConfiguration } }), never)).rejects.toThrow();

    expect(refused).toEqual(isRefused ? [SECRET] : []);
  });

  it('is ignored while it is not enabled', async () => {
    const { url, received } = await server();

    await send({ url, config: { SecretsManagerConfiguration: { Enabled: false, SecretARN: SECRET } } });

    expect(received[0]?.headers['x-amz-firehose-access-key']).toBe(KEY);
  });
});

describe('plain bodies', () => {
  const plain = (kind: string, records: readonly string[], url: string) =>
    send({ url, records, extensions: { HttpBody: kind } });

  it('are lines of JSON, each ended once', async () => {
    const { url, received } = await server((_, response) => void response.writeHead(204).end());

    await plain('NDJSON', ['{"a":1}', '{"b":2}\n'], url);

    expect(`${received[0]?.body}`).toBe('{"a":1}\n{"b":2}\n');
    expect(received[0]?.headers['content-type']).toBe('application/x-ndjson');
  });

  it('are a JSON array, without the records that are not JSON', async () => {
    const { url, received } = await server((_, response) => void response.writeHead(202).end());

    const { refused } = await plain('JSON', ['{"a":1}', 'nonsense', '2\n'], url);

    expect(JSON.parse(`${received[0]?.body}`)).toEqual([{ a: 1 }, 2]);
    expect(refused).toEqual([expect.objectContaining({ index: 11, retryable: false })]);
  });

  it('are an empty array when no record is JSON', async () => {
    const { url, received } = await server((_, response) => void response.writeHead(200).end());

    const { refused } = await plain('JSON', ['x', 'y'], url);

    expect(`${received[0]?.body}`).toBe('[]');
    expect(refused).toHaveLength(2);
  });

  it('are refused by any other status', async () => {
    const { url } = await server((_, response) => void response.writeHead(400).end('no'));

    await expect(plain('NDJSON', ['{}'], url)).rejects.toMatchObject({ code: 'HttpEndpoint.DestinationException' });
  });
});

describe('an answer', () => {
  const INVALID = { code: 'HttpEndpoint.InvalidResponseFromDestination', retryable: true, isTooLarge: false };

  it.each<[string, (received: FarRequest, response: ServerResponse) => void]>([
    ['a page of HTML', (_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>hi')],
    ['HTML that says it is JSON', (_, response) => json(response, 200, '<p>hi')],
    ['nothing', (_, response) => json(response, 200, '')],
    ['an array', (_, response) => json(response, 200, '[]')],
    ["another request's id", (received, response) => taken(received, response, { requestId: 'other' })],
    ['no id', (received, response) => taken(received, response, { requestId: null })],
    ['a time in text', (received, response) => taken(received, response, { timestamp: '1' })],
    ['no time', (received, response) => taken(received, response, { timestamp: null })],
    ['other members', (received, response) => taken(received, response, { more: 1 })],
    [
      'a content encoding',
      ({ headers }, response) =>
        json(response, 200, JSON.stringify({ requestId: headers['x-amz-firehose-request-id'], timestamp: 1 }), {
          'Content-Encoding': 'identity',
        }),
    ],
  ])('of status 200 with %s takes nothing', async (_, answer) => {
    const { url } = await server(answer);

    await expect(send({ url })).rejects.toMatchObject(INVALID);
  });

  it('of status 200 may have parameters in its content type, and an error message', async () => {
    const { url } = await server(({ headers }, response) => {
      const said = { requestId: headers['x-amz-firehose-request-id'], timestamp: 1, errorMessage: 'almost' };
      json(response, 200, JSON.stringify(said), { 'Content-Type': 'application/json; charset=utf-8' });
    });

    await expect(send({ url })).resolves.toMatchObject({ bytes: 1 });
  });

  it.each([201, 202, 204, 301, 307, 400, 401, 404, 429, 500, 503])(
    'of status %d takes nothing, for now',
    async (status) => {
      const { url, received } = await server((_, response) => {
        response.writeHead(status, { Location: '/elsewhere' }).end(status === 204 ? undefined : '{"why":"because"}');
      });

      const failed = send({ url });

      await expect(failed).rejects.toMatchObject({ code: 'HttpEndpoint.DestinationException', retryable: true });
      await expect(failed).rejects.toThrow(
        `The following response was received from the endpoint destination. ${status}: `,
      );
      expect(received).toHaveLength(1);
    },
  );

  it('of status 413 asks for fewer records', async () => {
    const { url } = await server((_, response) => json(response, 413, ''));

    await expect(send({ url })).rejects.toMatchObject({ isTooLarge: true, retryable: false });
  });

  it.each([
    ['120', 120_000],
    [new Date(NOW + 30_000).toUTCString(), 30_000],
    ['soon', 0],
  ])('that says Retry-After: %s is heeded', async (header, retryAfterMs) => {
    const { url } = await server((_, response) => json(response, 503, '', { 'Retry-After': header }));

    await expect(send({ url })).rejects.toMatchObject({ retryAfterMs });
  });

  it('with a long reason phrase has its own code', async () => {
    const { url } = await server((_, response) => void response.writeHead(500, 'x'.repeat(65)).end());

    await expect(send({ url })).rejects.toMatchObject({ code: 'HttpEndpoint.ResponseReasonPhraseExceededLimit' });
  });

  it('that quotes the access key is not quoted with it', async () => {
    const { url } = await server((_, response) => json(response, 403, `Your key ${KEY} is wrong.`));

    await expect(send({ url })).rejects.toThrow('403: Your key *** is wrong.');
  });

  it('of 2 MiB is not read to its end', async () => {
    const { url } = await server((_, response) => void response.writeHead(500).end(Buffer.alloc(2 << 20)));

    await expect(send({ url })).rejects.toMatchObject({ code: 'HttpEndpoint.ResponseTooLarge' });
  });
});

describe('a far side', () => {
  const answerless = async (connected: Parameters<typeof rawFarSide>[0], timeoutMs?: number) => {
    const far = await rawServer(connected);
    return { far, failed: send({ url: `${far.url}/token-in-the-path` }, timeoutMs === undefined ? {} : { timeoutMs }) };
  };

  it('that does not answer in time has its connection closed', async () => {
    const { far, failed } = await answerless(() => {}, 100);

    await expect(failed).rejects.toMatchObject({ code: 'HttpEndpoint.RequestTimeout', retryable: true });
    await expect.poll(far.connections).toBe(0);
  });

  it('whose answer never ends is not waited for', async () => {
    const { far, failed } = await answerless((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
      const drip = setInterval(() => socket.write('1\r\n \r\n'), 10);
      socket.once('close', () => clearInterval(drip));
    }, 200);

    await expect(failed).rejects.toMatchObject({ code: 'HttpEndpoint.RequestTimeout' });
    await expect.poll(far.connections).toBe(0);
  });

  it.each<[string, string, Parameters<typeof rawFarSide>[0]]>([
    ['closes at once', 'ConnectionReset', (socket) => void socket.destroy()],
    ['closes its half', 'ConnectionReset', (socket) => void socket.end()],
    [
      'closes in the middle of its answer',
      'ConnectionReset',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"req'),
    ],
    [
      'speaks another protocol',
      'IllegalResponseFailure',
      (socket) => void socket.once('data', () => socket.end('220 smtp ready\r\n')),
    ],
    [
      'says too much before its answer',
      'ResponseTooLarge',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(2 << 20)}\r\n\r\n`),
    ],
  ])('that %s fails with a code of its own', async (_, code, connected) => {
    const { far, failed } = await answerless(connected);

    await expect(failed).rejects.toMatchObject({ code: `HttpEndpoint.${code}`, retryable: true });
    await expect(failed).rejects.toThrow(far.url);
    await expect(failed).rejects.not.toThrow('token-in-the-path');
  });

  it('that is not there certainly took nothing', async () => {
    const far = await rawServer(() => {});
    await far.close();
    open.splice(0);

    await expect(send({ url: far.url })).rejects.toMatchObject({
      code: 'HttpEndpoint.ConnectionFailed',
      refused: true,
      retryable: true,
    });
  });

  it('whose certificate nobody signed gets nothing', async () => {
    const file = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
    let asked = 0;
    const tls = createTlsServer({ key: file('self-signed.key'), cert: file('self-signed.crt') }, () => asked++);
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const { port } = tls.address() as AddressInfo; // not a pipe

    const failed = send({ url: `https://localhost:${port}` });

    await expect(failed).rejects.toMatchObject({
      code: 'HttpEndpoint.SSLHandshakeCertificatePathValidationFailure',
    });
    expect(asked).toBe(0);
    tls.close();
  });

  it('that does not speak TLS fails the handshake', async () => {
    const { url } = await server();

    await expect(send({ url: url.replace('http:', 'https:') })).rejects.toMatchObject({
      code: 'HttpEndpoint.SSLHandshakeFailure',
    });
  });

  it('that answers 413 before it has read the request asks for fewer records', async () => {
    const far = await rawServer((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
      );
    });

    await expect(send({ url: far.url, records: Array(20).fill('x'.repeat(1_000_000)) })).rejects.toMatchObject({
      isTooLarge: true,
    });
  });

  it('is left at once when the attempt is stopped', async () => {
    const far = await rawServer((socket) => socket.once('data', () => stop.abort(new Error('stopped'))));
    const stop = new AbortController();

    await expect(send({ url: far.url }, { signal: stop.signal })).rejects.toThrow('stopped');
    await expect.poll(far.connections).toBe(0);
  });

  it('is not asked with a header that cannot be sent', async () => {
    const { url, received } = await server();
    const failed = send({ url, config: { EndpointConfiguration: { Url: url, AccessKey: 'a\nb' } } });

    await expect(failed).rejects.toMatchObject({
      code: 'HttpEndpoint.MakeRequestFailure.IllegalCharacterInHeaderValue',
    });
    await expect(failed).rejects.not.toThrow('a\nb');
    expect(received).toEqual([]);
  });
});
