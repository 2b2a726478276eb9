import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serve } from '../../src/local/server.ts';
import { createInput } from '../api/inputs.ts';
import { testApi } from '../kit/api.ts';

/** The requests of programs that put records, as they write them to their connection. */

const JSON_1_1 = 'Content-Type: application/x-amz-json-1.1';
const TARGET = 'X-Amz-Target: Firehose_20150804.PutRecordBatch';
const SIGNATURE =
  'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/us-east-1/firehose/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0';

async function listening() {
  const { handle, output, taken } = testApi();
  await output('CreateDeliveryStream', createInput('ExtendedS3'));
  const faults: unknown[] = [];
  const server = await serve({
    ...{ handle, routes: new Map(), host: '127.0.0.1', port: 0 },
    fault: (error) => faults.push(error),
  });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(async () => {
    socket.destroy();
    await server.close(0);
    expect(faults).toEqual([]);
  });
  return { socket, taken, answer: answersOf(socket) };
}

/** Reads one answer after the other off the connection, which stays open. */
function answersOf(socket: Socket) {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await once(socket, 'data');
  };
  return async () => {
    await until(() => text.includes('\r\n\r\n'));
    const [head = '', rest = ''] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    text = rest;
    await until(() => text.length >= length);
    const body = text.slice(0, length);
    text = text.slice(length);
    return { status: Number(head.split(' ')[1]), head, body: length === 0 ? undefined : JSON.parse(body) };
  };
}

function batch(...texts: readonly string[]): Buffer {
  const Records = texts.map((text) => ({ Data: Buffer.from(text).toString('base64') }));
  return Buffer.from(JSON.stringify({ DeliveryStreamName: 'clicks', Records }));
}

function request(headers: readonly string[], body: Uint8Array): Buffer {
  const head = ['POST / HTTP/1.1', 'Host: firehose.us-east-1.amazonaws.com', ...headers].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

const sized = (headers: readonly string[], body: Uint8Array) =>
  request([`Content-Length: ${body.length}`, ...headers], body);

function chunked(bytes: Buffer, size: number): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

const FLUENT_BIT = ['User-Agent: aws-fluent-bit-plugin', 'X-Amz-Date: 20260115T123000Z', JSON_1_1, TARGET, SIGNATURE];

const KINESIS_AGENT = [
  SIGNATURE,
  'X-Amz-Date: 20260115T123000Z',
  'User-Agent: aws-kinesis-agent/2.0.12 Linux/6.1 OpenJDK_64-Bit_Server_VM/17.0.9',
  'amz-sdk-invocation-id: 7a6c0f3e-5c0f-4f34-8f0d-0a8f2f8b4a11',
  'amz-sdk-retry: 0/0/500',
  TARGET,
  JSON_1_1,
  'Connection: Keep-Alive',
];

describe('a connection of a producer', () => {
  it.each([
    ['Fluent Bit', FLUENT_BIT],
    ['the Kinesis Agent', KINESIS_AGENT],
  ])('carries full batches of %s, one after the other', async (_, headers) => {
    const { socket, taken, answer } = await listening();
    const texts = Array.from({ length: 500 }, (_, i) => `${i}\n`);

    for (let put = 0; put < 3; put++) {
      socket.write(sized(headers, batch(...texts)));
      const { status, body } = await answer();
      expect(status).toBe(200);
      expect(body).toMatchObject({ FailedPutCount: 0, Encrypted: false });
      expect(body.RequestResponses).toHaveLength(500);
    }

    expect(await taken()).toEqual([...texts, ...texts, ...texts]);
  });

  it('is told that a put has no place as SDKs know it, and takes the next', async () => {
    const { socket, taken, answer } = await listening();
    const tooMany = batch(...Array.from({ length: 501 }, () => 'x'));

    socket.write(sized(FLUENT_BIT, tooMany));
    const refused = await answer();
    socket.write(sized(FLUENT_BIT, batch('next')));

    expect(refused).toMatchObject({ status: 400, body: { __type: 'ValidationException' } });
    expect(refused.head).toMatch(/x-amzn-errortype: ValidationException/i);
    expect((await answer()).status).toBe(200);
    expect(await taken()).toEqual(['next']);
  });

  it('carries puts that do not wait for answers, which come in their order', async () => {
    const { socket, taken, answer } = await listening();
    const puts = Array.from({ length: 20 }, (_, i) => sized(FLUENT_BIT, batch(`${i}`)));
    const unknown = batch('lost').toString().replace('clicks', 'nobody');

    socket.write(Buffer.concat([...puts, sized(FLUENT_BIT, Buffer.from(unknown)), sized(FLUENT_BIT, batch('last'))]));
    const statuses: number[] = [];
    for (let i = 0; i < 22; i++) statuses.push((await answer()).status);

    expect(statuses).toEqual([...Array(20).fill(200), 400, 200]);
    expect(await taken()).toEqual([...Array.from({ length: 20 }, (_, i) => `${i}`), 'last']);
  });

  it.each([1, 7, 4_096])('carries compressed bodies in chunks of %i bytes', async (size) => {
    const { socket, taken, answer } = await listening();
    const headers = ['Transfer-Encoding: chunked', 'Content-Encoding: gzip', ...KINESIS_AGENT];

    for (const text of ['one', 'two']) socket.write(request(headers, chunked(gzipSync(batch(text)), size)));

    expect([(await answer()).status, (await answer()).status]).toEqual([200, 200]);
    expect(await taken()).toEqual(['one', 'two']);
  });

  it('is told to go on where it asks, before its body is there, in chunks or not', async () => {
    const { socket, taken, answer } = await listening();
    const bodies = [batch('one'), chunked(batch('two'), 10)];
    const lengths = [`Content-Length: ${batch('one').length}`, 'Transfer-Encoding: chunked'];

    for (const [i, body] of bodies.entries()) {
      socket.write(request(['Expect: 100-continue', lengths[i]!, ...KINESIS_AGENT], Buffer.alloc(0))); // as many of each
      expect((await answer()).status).toBe(100);
      socket.write(body);
      expect((await answer()).status).toBe(200);
    }

    expect(await taken()).toEqual(['one', 'two']);
  });

  it('survives a body that inflates beyond measure, and one that is not what it says', async () => {
    const { socket, taken, answer } = await listening();
    const headers = ['Content-Encoding: gzip', ...FLUENT_BIT];

    socket.write(sized(headers, gzipSync(Buffer.alloc(32 * 1024 * 1024))));
    expect(await answer()).toMatchObject({ status: 413, body: { __type: 'RequestEntityTooLargeException' } });
    socket.write(sized(headers, batch('plain')));
    expect(await answer()).toMatchObject({ status: 400, body: { __type: 'SerializationException' } });
    socket.write(sized(headers, gzipSync(batch('next'))));
    expect((await answer()).status).toBe(200);

    expect(await taken()).toEqual(['next']);
  });
});
