import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../src/api/context.ts';
import { ApiError } from '../../src/core/errors.ts';
import { type HttpServer, type Route, type ServerLimits, serve } from '../../src/local/server.ts';

type Answer = (request: ApiRequest) => Promise<ApiResponse>;

const answered = (body: string, status = 200): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body,
});

/** Answers with what it was sent. */
const echo: Answer = async ({ method, url, headers, body }) =>
  answered(JSON.stringify({ method, url, target: headers['x-amz-target'], body: Buffer.from(body).toString() }));

const servers: HttpServer[] = [];
const faults: unknown[] = [];
const full: number[] = [];

async function started(
  handle: Answer,
  { limits = {}, routes = {} }: { limits?: Partial<ServerLimits>; routes?: Record<string, Answer | Route> } = {},
) {
  const server = await serve({
    handle,
    routes: new Map(
      Object.entries(routes).map(([name, route]) => [name, typeof route === 'function' ? { answer: route } : route]),
    ),
    fault: (error) => faults.push(error),
    full: (connections) => full.push(connections),
    host: '127.0.0.1',
    port: 0,
    limits,
  });
  servers.push(server);
  return { server, url: server.url, port: Number(new URL(server.url).port) };
}

afterEach(async () => {
  faults.length = 0;
  full.length = 0;
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** One request over node's own client; resolves with the answer's head and body. */
async function send(
  url: string,
  {
    method = 'POST',
    headers = {},
    body = '',
    agent,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer; agent?: Agent } = {},
) {
  const sent = request(url, { method, headers, ...(agent && { agent }) });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {}); // A server that closes on us is what these tests look for, by what it said before.
  return socket;
}

/** A promise that the test resolves, to hold a request for as long as it wants. */
function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('the server', () => {
  it('hands over a request and sends back the answer', async () => {
    const { url } = await started(echo);

    const { status, headers, body } = await send(url, { headers: { 'X-Amz-Target': 'T.Op' }, body: 'hello' });

    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': String(body.length) });
    expect(JSON.parse(body)).toEqual({ method: 'POST', url: '/', target: 'T.Op', body: 'hello' });
  });

  it('hands over each value of a header that was sent several times, and who sent it', async () => {
    const { url } = await started(async ({ headers, from }) =>
      answered(JSON.stringify([headers['x-a'], headers['x-b'], from])),
    );
    const repeated = request(url, { headers: { 'X-A': ['1', ' 2, 3'], 'X-B': 'once' } });
    repeated.end();
    const [response] = (await once(repeated, 'response')) as [IncomingMessage];

    expect(JSON.parse(await text(response))).toEqual([['1', '2, 3'], 'once', '127.0.0.1']);
  });

  it('sends bytes and characters beyond ASCII whole', async () => {
    const { url } = await started(async ({ url }) => ({
      ...answered('é😀'),
      ...(url === '/bytes' && { body: Buffer.from('é😀') }),
    }));

    expect((await send(url)).body).toBe('é😀');
    expect((await send(`${url}/bytes`)).body).toBe('é😀');
  });

  it('puts a body together from however many chunks it came in', async () => {
    const { url } = await started(echo);
    const body = 'x'.repeat(1_000_000);
    const chunked = request(url, { method: 'POST' });
    for (let i = 0; i < body.length; i += 997) chunked.write(body.slice(i, i + 997));
    chunked.end();
    const [response] = (await once(chunked, 'response')) as [IncomingMessage];

    expect(JSON.parse(await text(response)).body).toBe(body);
    expect(JSON.parse((await send(url, { body })).body).body).toBe(body);
  });

  it('leaves a body alone until its request is answered, whatever else comes', async () => {
    const { open, opened } = gate();
    const entered = gate();
    const { url } = await started(async (request) => {
      entered.open();
      if (request.url === '/held') await opened;
      return echo(request);
    });
    const body = (letter: string) => letter.repeat(300_000);
    const held = send(`${url}/held`, { body: body('h') });
    await entered.opened;

    for (const letter of 'abc')
      expect(JSON.parse((await send(url, { body: body(letter) })).body).body).toBe(body(letter));
    open();

    expect(JSON.parse((await held).body).body).toBe(body('h'));
  });

  it('answers other paths from its routes, with or without a query, and HEAD like GET', async () => {
    const { url } = await started(async () => answered('api', 404), {
      routes: { 'GET /health': async () => answered('well'), 'POST /flush': async () => answered('flushed') },
    });

    expect(await send(`${url}/health?now`, { method: 'GET' })).toMatchObject({ status: 200, body: 'well' });
    expect(await send(`${url}/health`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await send(`${url}/flush`)).toMatchObject({ status: 200, body: 'flushed' });
    expect(await send(`${url}/health`)).toMatchObject({ status: 404, body: 'api' });
    expect(await send(`${url}/flush`, { method: 'GET' })).toMatchObject({ status: 404, body: 'api' });
  });

  it('answers whatever stands last in a path from one route', async () => {
    const { url } = await started(async () => answered('api', 404), {
      routes: { 'POST /into/*': async ({ url }) => answered(url), 'POST /into/self': async () => answered('self') },
    });

    expect(await send(`${url}/into/clicks?from=here`)).toMatchObject({ status: 200, body: '/into/clicks?from=here' });
    expect(await send(`${url}/into/self`)).toMatchObject({ status: 200, body: 'self' });
    for (const path of ['/into', '/into/', '/into/a/b', '/other/a']) {
      expect(await send(`${url}${path}`)).toMatchObject({ status: 404, body: 'api' });
    }
  });

  it('takes a larger body where its route says so', async () => {
    const { url } = await started(echo, {
      limits: { requestBytes: 10 },
      routes: { 'POST /large': { answer: echo, requestBytes: 20 } },
    });

    expect(await send(`${url}/large`, { body: 'x'.repeat(20) })).toMatchObject({ status: 200 });
    expect(await send(`${url}/large`, { body: 'x'.repeat(21) })).toMatchObject({ status: 413 });
    expect(await send(url, { body: 'x'.repeat(11) })).toMatchObject({ status: 413 });
  });

  it('answers requests on one connection in their order', async () => {
    const { port } = await started(echo);
    const socket = await connected(port);

    for (let i = 0; i < 5; i++) socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${i}`);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n5');

    expect([...(await text(socket)).matchAll(/"body":"(\d)"/g)].map((match) => match[1]).join('')).toBe('012345');
  });

  it('says a fault of the service without saying what it was', async () => {
    const { url } = await started(async () => {
      throw new Error('secret');
    });

    const { status, body } = await send(url);

    expect(status).toBe(500);
    expect(JSON.parse(body).__type).toBe('InternalFailure');
    expect(body).not.toContain('secret');
    expect(faults).toEqual([new Error('secret')]);
  });

  it('says an error meant for the caller', async () => {
    const { url } = await started(async () => {
      throw new ApiError('ResourceNotFoundException', 'Nothing there.');
    });

    const { status, headers, body } = await send(url);

    expect(status).toBe(400);
    expect(headers['x-amzn-errortype']).toBe('ResourceNotFoundException');
    expect(JSON.parse(body)).toEqual({ __type: 'ResourceNotFoundException', message: 'Nothing there.' });
    expect(faults).toEqual([]);
  });
});

describe('a request that asks too much of the server', () => {
  const handled: string[] = [];
  const count: Answer = async ({ body }) => {
    handled.push(Buffer.from(body).toString());
    return answered('taken');
  };

  afterEach(() => {
    handled.length = 0;
  });

  it.each([
    ['declares', {}],
    ['sends', { 'transfer-encoding': 'chunked' }],
  ])('is refused when its body %s more than the limit', async (_, headers) => {
    const { url } = await started(count, { limits: { requestBytes: 1_000 } });

    expect(await send(url, { headers, body: 'x'.repeat(1_000) })).toMatchObject({ status: 200 });
    const refused = await send(url, { headers, body: 'x'.repeat(1_001) });

    expect(refused).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(JSON.parse(refused.body).__type).toBe('RequestEntityTooLargeException');
    expect(handled).toHaveLength(1);
  });

  it('is cut off when it does not stop sending', async () => {
    const { port } = await started(count, { limits: { requestBytes: 1_000 } });
    const socket = await connected(port);
    const said = text(socket).catch(() => '');

    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n');
    const chunk = Buffer.alloc(1 << 20);
    while (!socket.destroyed && socket.writable) {
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
    }

    await said;
    expect(handled).toEqual([]);
  });

  it.each([
    ['declared', {}],
    ['undeclared', { 'transfer-encoding': 'chunked' }],
  ])(
    'is told to slow down while others fill the memory for bodies (%s length), and taken afterwards',
    async (_, headers) => {
      const { open, opened } = gate();
      const entered = gate();
      const { url } = await started(
        async (request) => {
          entered.open();
          if (request.url === '/held') await opened;
          return count(request);
        },
        { limits: { bytesInFlight: 1_000 } },
      );
      const held = send(`${url}/held`, { body: 'h'.repeat(900) });
      await entered.opened;

      const refused = await send(url, { headers, body: 'x'.repeat(200) });
      open();
      await held;
      const taken = await send(url, { headers, body: 'x'.repeat(200) });

      expect(refused).toMatchObject({ status: 503, headers: { connection: 'close' } });
      expect(JSON.parse(refused.body)).toEqual({ __type: 'ServiceUnavailableException', message: 'Slow down.' });
      expect(taken.status).toBe(200);
      expect(handled).toHaveLength(2);
    },
  );

  it('frees its memory when the client goes away in the middle', async () => {
    const { url, port } = await started(count, { limits: { bytesInFlight: 1_000 } });
    const socket = await connected(port);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nbegun');
    await expect.poll(async () => (await send(url, { body: 'x'.repeat(200) })).status).toBe(503);

    socket.destroy();

    await expect.poll(async () => (await send(url, { body: 'x'.repeat(200) })).status).toBe(200);
    expect(handled).not.toContain('begun');
  });

  it.each([
    ['its head', 'POST / HTTP/1.1\r\nHost'],
    ['its body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nx'],
  ])('is cut off when it takes too long to send %s', async (_, begin) => {
    const { port } = await started(count, { limits: { uploadMs: 20 } });
    const socket = await connected(port);

    socket.write(begin);

    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
    expect(handled).toEqual([]);
  });

  it.each([
    ['is no HTTP', 'hello\r\n\r\n'],
    ['has two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'],
    ['has a length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\nx'],
    [
      'has both a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['has a broken chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['names no host', 'POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx'],
    // Small enough to be read whole: a connection closed over unread bytes may lose its answer.
    ['has a head beyond 16 KiB', `POST / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20 * 1024)}\r\n\r\n`],
  ])('is refused when it %s, and the next one is served', async (_, bytes) => {
    const { url, port } = await started(count);
    const socket = await connected(port);

    socket.write(bytes);

    expect(await text(socket)).toMatch(/^HTTP\/1.1 4\d\d /);
    expect(handled).toEqual([]);
    expect((await send(url, { body: 'next' })).status).toBe(200);
  });

  it('is turned away while too many connections are open, which is told once', async () => {
    const { port } = await started(count, { limits: { connections: 1 } });
    const first = await connected(port);

    for (let i = 0; i < 3; i++) expect(await text(await connected(port)).catch(() => '')).toBe('');

    expect(full).toEqual([1]);
    const last = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';
    first.write(last);
    expect(await text(first)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('may ask first whether to go on', async () => {
    const { url } = await started(count);
    const asked = request(url, { method: 'POST', headers: { expect: '100-continue', 'content-length': '2' } });
    asked.flushHeaders();
    await once(asked, 'continue');
    asked.end('ok');

    const [response] = (await once(asked, 'response')) as [IncomingMessage];

    expect(response.statusCode).toBe(200);
    expect(handled).toEqual(['ok']);
  });
});

describe('a server that closes', () => {
  it('answers what it has, lets go of idle connections, and takes no more', async () => {
    const { open, opened } = gate();
    const entered = gate();
    const { server, url, port } = await started(async (request) => {
      if (request.url !== '/held') return echo(request);
      entered.open();
      await opened;
      return echo(request);
    });
    const agent = new Agent({ keepAlive: true });
    await send(url, { agent });
    await connected(port);
    const held = send(`${url}/held`, { agent: new Agent({ keepAlive: true }) });
    await entered.opened;

    const closed = server.close(60_000);
    const late = connect(port, '127.0.0.1');
    const [refusal] = await once(late, 'error');
    open();

    expect(await held).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await closed;
    expect(refusal.code).toBe('ECONNREFUSED');
    agent.destroy();
  });

  it('waits no longer than it is told to', async () => {
    const entered = gate();
    const { server, url } = await started(async () => {
      entered.open();
      return new Promise(() => {});
    });
    const cutOff = send(url).catch((error: Error) => error);
    await entered.opened;

    await server.close(1);

    expect(await cutOff).toBeInstanceOf(Error);
  });

  it('cannot be started where another listens', async () => {
    const { port } = await started(echo);

    await expect(
      serve({ handle: echo, routes: new Map(), fault: () => {}, host: '127.0.0.1', port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
