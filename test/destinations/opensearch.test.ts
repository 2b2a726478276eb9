import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clusters } from '../../destinations/opensearch/clusters.ts';
import openSearch from '../../destinations/opensearch.ts';
import type { Slice } from '../../src/core/destination.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { recordBlock } from '../../src/core/records.ts';
import { type FarRequest, type FarSide, farSide } from '../kit/far-side.ts';
import { cluster, documentsOf, json } from './opensearch-cluster.ts';
import { rawFarSide } from './raw-far-side.ts';

const NOW = Date.UTC(2026, 6, 13, 10, 5, 9);
const FIRST = 10;
const never = new AbortController().signal;

const open: FarSide[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function server(answer: Parameters<typeof farSide>[0] = cluster().answer): Promise<FarSide> {
  open.push(await farSide(answer));
  return open.at(-1)!; // just pushed
}

interface ToSend {
  readonly url: string;
  /** One block each. */
  readonly records?: readonly (string | Uint8Array)[];
  readonly arrivedAt?: number;
  readonly config?: JsonObject;
  readonly id?: string;
  readonly first?: number;
  readonly plan?: JsonValue;
}

const reached: Clusters = (address) => ({ endpoint: address });
const adapter = (clusters: Clusters = reached, timeoutMs = 5_000) =>
  openSearch({ now: () => NOW, clusters, timeoutMs });

async function slice({
  url,
  records = ['{"n":1}'],
  arrivedAt = NOW,
  config = {},
  id = 'batch-1/10-11',
  ...rest
}: ToSend) {
  const block = recordBlock(
    arrivedAt,
    records.map((record) => Buffer.from(record)),
  );
  const settled = { ClusterEndpoint: url, IndexName: 'clicks', IndexRotationPeriod: 'NoRotation', ...config };
  const toPlan = {
    id,
    stream: { name: 'clicks', arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks', version: 1 },
    config: settled,
    records: records.length,
    bytes: block.data.length,
    oldestAt: arrivedAt,
  };
  return {
    ...toPlan,
    plan: { streamVersion: 1, attempt: 1, output: rest.plan ?? (await adapter().plan?.(toPlan)) ?? null },
    async *read() {
      yield { ...block, place: rest.first ?? FIRST };
    },
    note: async () => {},
  } satisfies Slice;
}

const send = async (toSend: ToSend, { clusters = reached, timeoutMs = 5_000, signal = never } = {}) =>
  adapter(clusters, timeoutMs).deliver(await slice(toSend), signal);

describe('a bulk request', () => {
  it('has each record on a line, behind one that says where it goes', async () => {
    const { url, received } = await server();

    const delivered = await send({ url, records: ['{"n":1}', ' {"n":2}\r\n', '{"wörld":"n"}'] });

    expect(delivered).toMatchObject({ refused: [] });
    expect(`${received[0]?.body}`).toBe(
      '{"index":{"_index":"clicks","_id":"batch-1.10"}}\n{"n":1}\n' +
        '{"index":{"_index":"clicks","_id":"batch-1.11"}}\n{"n":2}\n' +
        '{"index":{"_index":"clicks","_id":"batch-1.12"}}\n{"wörld":"n"}\n',
    );
    expect(received[0]?.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-length': `${received[0]?.body.length}`,
    });
  });

  it('goes under the path of the endpoint', async () => {
    const { url, received } = await server();

    await send({ url: `${url}/search/` });

    expect(received[0]?.path).toMatch(/^\/search\/_bulk\?filter_path=items\.%2A\.status%2C/);
  });

  it('goes to the index of the time of arrival', async () => {
    const { url, received } = await server();

    await send({ url, arrivedAt: Date.UTC(2016, 1, 25, 13), config: { IndexRotationPeriod: 'OneHour' } });

    expect(documentsOf(received[0]!)).toMatchObject([{ action: { _index: 'clicks-2016-02-25-13' } }]); // just sent
  });

  it('has a type for clusters that want one', async () => {
    const { url, received } = await server();

    await send({ url, config: { TypeName: 'click' } });
    await send({ url, config: { TypeName: '' } });

    expect(received.map((each) => documentsOf(each)[0]?.action)).toEqual([
      { _index: 'clicks', _type: 'click', _id: 'batch-1.10' },
      { _index: 'clicks', _id: 'batch-1.10' },
    ]);
  });

  it.each([
    ['when the stream wants none', { DocumentIdOptions: { DefaultDocumentIdFormat: 'NO_DOCUMENT_ID' } }],
    ['to a collection', { ClusterEndpoint: undefined }],
  ])('has no ids %s', async (_, changes) => {
    const { url, received } = await server();
    const isCollection = 'ClusterEndpoint' in changes;

    await send({ url, config: { ...changes, ...(isCollection && { CollectionEndpoint: url }) } });

    expect(documentsOf(received[0]!)[0]?.action).toEqual({ _index: 'clicks' }); // just sent
  });

  it('escapes the index name', async () => {
    const { url, received } = await server();

    await send({ url, config: { IndexName: 'a"\\b' } });

    expect(documentsOf(received[0]!)[0]?.action).toMatchObject({ _index: 'a"\\b' }); // just sent
  });

  it('follows the plan, whatever became of the stream', async () => {
    const { url, received } = await server();
    const plan = { index: 'before', rotation: 'OneMonth', sendsIds: true };

    await send({ url, plan, config: { IndexName: 'after', IndexRotationPeriod: 'OneDay' } });

    expect(documentsOf(received[0]!)[0]?.action).toMatchObject({ _index: 'before-2026-07' }); // just sent
  });

  it('sent twice leaves one copy, also when it is cut otherwise', async () => {
    const { documents, answer } = cluster();
    const { url } = await server(answer);

    await send({ url, records: ['{"n":1}', '{"n":2}', '{"n":3}'], id: 'batch-1/10-13' });
    await send({ url, records: ['{"n":1}', '{"n":2}', '{"n":3}'], id: 'batch-1/10-13' });
    await send({ url, records: ['{"n":2}'], id: 'batch-1/11-12', first: 11 });

    expect([...documents.values()]).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });

  it('holds any object as it is', async () => {
    const { documents, answer } = cluster();
    const { url } = await server(answer);
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(objects, async (records) => {
        documents.clear();
        await send({ url, records: records.map((record) => JSON.stringify(record)) });
        expect([...documents.values()].map((text) => JSON.parse(text))).toEqual(
          records.map((record) => JSON.parse(JSON.stringify(record))),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('a record', () => {
  const MALFORMED = { code: 'OS.MalformedData', retryable: false };

  it.each<[string, string | Uint8Array]>([
    ['that is empty', ''],
    ['that is white space', ' \n'],
    ['that is text', 'nonsense'],
    ['that is an array', '[1]'],
    ['that is a number', '1'],
    ['that is cut off', '{"n":1'],
    ['with a line feed in it', '{"n":\n1}'],
    ['that brings an action of its own', '{"n":1}\n{"delete":{"_index":"clicks","_id":"1"}}'],
    ['that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['that begins with a byte order mark', '\ufeff{"n":1}'],
    ['of two objects', '{"n":1}{"n":2}'],
    ['that only looks like an object', '{nonsense}'],
  ])('%s is refused, and its neighbours are not', async (_, record) => {
    const { documents, answer } = cluster();
    const { url } = await server(answer);

    const { refused } = await send({ url, records: ['{"before":1}', record, '{"after":1}\n'] });

    expect(refused).toEqual([expect.objectContaining({ index: FIRST + 1, ...MALFORMED })]);
    expect([...documents.values()]).toEqual(['{"before":1}', '{"after":1}']);
  });

  it('that ends in half a character is refused, also when the next begins with the other half', async () => {
    const { documents, answer } = cluster();
    const { url } = await server(answer);

    const { refused = [] } = await send({
      url,
      records: [Buffer.from([0x7b, 0x7d, 0xc3]), Buffer.from([0xa9, 0x7b, 0x7d]), '{"n":1}'],
    });

    expect(refused.map(({ index }) => index)).toEqual([FIRST, FIRST + 1]);
    expect([...documents.values()]).toEqual(['{"n":1}']);
  });

  it('that is alone and no object makes no request', async () => {
    const { url, received } = await server();

    expect(await send({ url, records: ['x', ''] })).toMatchObject({ refused: [MALFORMED, MALFORMED] });
    expect(received).toEqual([]);
  });
});

describe('an item of the answer', () => {
  const answering =
    (...items: readonly JsonValue[]) =>
    (_: FarRequest, response: ServerResponse) =>
      json(response, 200, { items });
  const failing = (status: number, type: string) => ({ index: { status, error: { type, reason: 'because' } } });
  const TAKEN = { index: { status: 200 } };

  it.each([
    [400, 'mapper_parsing_exception', '400', false],
    [400, 'invalid_index_name_exception', '400', false],
    [404, 'index_not_found_exception', '404', false],
    [409, 'version_conflict_engine_exception', '409', false],
    [429, 'es_rejected_execution_exception', '429', true],
    [429, 'circuit_breaking_exception', '429', true],
    [403, 'cluster_block_exception', 'OS.ClusterBlockException', true],
    [403, 'security_exception', 'OS.AccessDenied', true],
    [408, 'timeout', '408', true],
    [500, 'exception', '500', true],
    [503, 'unavailable_shards_exception', '503', true],
  ])('of status %d and %s fails its record alone', async (status, type, code, retryable) => {
    const { url } = await server(answering(TAKEN, failing(status, type), TAKEN));

    const { refused } = await send({ url, records: ['{"n":1}', '{"n":2}', '{"n":3}'] });

    expect(refused).toEqual([{ index: FIRST + 1, code, message: `${type}: because`, retryable }]);
  });

  it('is of the record it stands for, though others are not in the request', async () => {
    const { url } = await server(answering(TAKEN, failing(400, 'mapper_parsing_exception')));

    const { refused = [] } = await send({ url, records: ['x', '{"n":1}', 'y', '{"n":2}'] });

    expect(refused.map(({ index, code }) => [index, code])).toEqual([
      [FIRST, 'OS.MalformedData'],
      [FIRST + 2, 'OS.MalformedData'],
      [FIRST + 3, '400'],
    ]);
  });

  it('says its cause, and not too much', async () => {
    const caused_by = { type: 'number_format_exception', reason: 'For input string: "x"' };
    const error = { type: 'mapper_parsing_exception', reason: 'failed to parse', caused_by };
    const { url } = await server(
      answering({ index: { status: 400, error } }, { index: { status: 400, error: 'x'.repeat(5_000) } }),
    );

    const { refused } = await send({ url, records: ['{"n":1}', '{"n":2}'] });

    expect(refused).toMatchObject([
      { message: 'mapper_parsing_exception: failed to parse (number_format_exception: For input string: "x")' },
      { message: `${'x'.repeat(1_000)}…` },
    ]);
  });

  it('may be called create, as old clusters do', async () => {
    const { url } = await server(answering({ create: { status: 201 } }));

    expect(await send({ url })).toMatchObject({ refused: [] });
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['empty', {}],
    ['a text', 'ok'],
    ['without a status', { index: {} }],
    ['with a status in text', { index: { status: '201' } }],
  ])('that is %s is no yes', async (_, item) => {
    const { url } = await server(answering(item));

    expect(await send({ url })).toMatchObject({ refused: [{ code: 'OS.ServiceException', retryable: true }] });
  });

  it.each([0, 1, 3])('is missing or too much when there are %d for two', async (count) => {
    const { url } = await server(answering(...Array(count).fill(TAKEN)));

    await expect(send({ url, records: ['{"n":1}', '{"n":2}'] })).rejects.toMatchObject({
      ...{ code: 'OS.ResponseEntryCountMismatch', retryable: true, refused: false },
    });
  });
});

describe('an answer', () => {
  it.each<[string, (_: FarRequest, response: ServerResponse) => void]>([
    ['a page of HTML', (_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>hi')],
    ['nothing', (_, response) => void response.writeHead(200).end()],
    ['an array', (_, response) => json(response, 200, [])],
    ['no items', (_, response) => json(response, 200, { took: 1, errors: false })],
    ['items that are no list', (_, response) => json(response, 200, { items: { 0: { index: { status: 201 } } } })],
  ])('of status 200 with %s takes nothing, for now', async (_, answer) => {
    const { url } = await server(answer);

    await expect(send({ url })).rejects.toMatchObject({ code: 'OS.ServiceException', retryable: true });
  });

  it.each([
    [201, '201'],
    [307, '307'],
    [400, '400'],
    [401, 'OS.AccessDenied'],
    [403, 'OS.AccessDenied'],
    [404, 'OS.ResourceNotFound'],
    [429, '429'],
    [500, 'OS.InternalError'],
    [502, 'OS.BadGateway'],
    [503, 'OS.ServiceException'],
    [504, 'OS.GatewayTimeout'],
  ])('of status %d takes nothing, for now', async (status, code) => {
    const { url, received } = await server((_, response) =>
      json(response, status, { error: 'no' }, { Location: '/elsewhere' }),
    );

    const failed = send({ url });

    await expect(failed).rejects.toMatchObject({ code, retryable: true, isTooLarge: false });
    await expect(failed).rejects.toThrow(`The cluster answered ${status}: no`);
    expect(received).toHaveLength(1);
  });

  it.each([
    [503, { type: 'cluster_block_exception', reason: 'state not recovered' }, 'OS.ClusterBlockException'],
    [503, { type: 'circuit_breaking_exception', reason: 'too much' }, '429'],
    [
      400,
      { type: 'illegal_argument_exception', reason: 'explicit index in bulk is not allowed' },
      'OS.ExplicitIndexInBulkNotAllowed',
    ],
  ])('of status %d names what keeps the cluster from it', async (status, error, code) => {
    const { url } = await server((_, response) => json(response, status, { error, status }));

    await expect(send({ url })).rejects.toMatchObject({ code, retryable: true });
  });

  it('of status 413 asks for fewer records', async () => {
    const { url } = await server((_, response) => json(response, 413, ''));

    await expect(send({ url })).rejects.toMatchObject({ isTooLarge: true, retryable: false });
  });

  it.each([429, 503])('of status %d is heeded in when to come back', async (status) => {
    const { url } = await server((_, response) => json(response, status, '', { 'Retry-After': '120' }));

    await expect(send({ url })).rejects.toMatchObject({ retryAfterMs: 120_000 });
  });

  it('that says what it was sent is not quoted with it', async () => {
    const { url } = await server(({ headers }, response) => json(response, 401, `No: ${headers.authorization}`));
    const clusters: Clusters = (endpoint) => ({
      endpoint,
      authorize: async () => ({ Authorization: 'Basic c2VjcmV0' }),
    });

    await expect(send({ url }, { clusters })).rejects.toThrow('No: Basic ***');
  });

  it('of 20 MiB is not read to its end', async () => {
    const { url } = await server((_, response) => void response.writeHead(200).end(Buffer.alloc(20 << 20, ' ')));

    await expect(send({ url })).rejects.toMatchObject({ code: 'OS.ServiceException', retryable: true });
  });
});

describe('a cluster', () => {
  async function failing(connected: Parameters<typeof rawFarSide>[0], timeoutMs = 5_000) {
    open.push(await rawFarSide(connected));
    const far = open.at(-1)!; // just pushed
    return { far, failed: send({ url: far.url }, { timeoutMs }) };
  }

  it.each<[string, string, Parameters<typeof rawFarSide>[0]]>([
    ['closes at once', 'OS.ConnectionReset', (socket) => void socket.destroy()],
    [
      'closes in the middle of its answer',
      'OS.ConnectionReset',
      (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ite'),
    ],
    [
      'speaks another protocol',
      'OS.ConnectionError',
      (socket) => void socket.once('data', () => socket.end('220 smtp ready\r\n')),
    ],
  ])('that %s is asked again', async (_, code, connected) => {
    const { far, failed } = await failing(connected);

    await expect(failed).rejects.toMatchObject({ code, retryable: true, refused: false });
    await expect.poll(far.connections).toBe(0);
  });

  it.each<[string, Parameters<typeof rawFarSide>[0]]>([
    ['never answers', () => {}],
    [
      'never ends its answer',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const drip = setInterval(() => socket.write('1\r\n \r\n'), 10);
        socket.once('close', () => clearInterval(drip));
      },
    ],
  ])('that %s is not waited for', async (_, connected) => {
    const { far, failed } = await failing(connected, 200);

    await expect(failed).rejects.toMatchObject({ code: 'OS.RequestTimeout', retryable: true });
    await expect.poll(far.connections).toBe(0);
  });

  it('that is not there certainly took nothing', async () => {
    const { far, failed } = await failing(() => {});
    await far.close();
    open.splice(0);
    await failed.catch(() => {});

    await expect(send({ url: far.url })).rejects.toMatchObject({ code: 'OS.ConnectionFailed', refused: true });
  });

  it('of a domain is the one that its ARN stands for, which is asked for before each request', async () => {
    const { url, received } = await server();
    const asked: string[] = [];
    const clusters: Clusters = async (address) => {
      asked.push(address);
      return { endpoint: url };
    };
    const DomainARN = 'arn:aws:es:us-east-1:000000000000:domain/logs';

    await send({ url: 'unused', config: { ClusterEndpoint: undefined, DomainARN } }, { clusters });

    expect(asked).toEqual([DomainARN]);
    expect(received).toHaveLength(1);
  });

  it('whose endpoint is no URL gets nothing, for now', async () => {
    await expect(send({ url: 'https:' })).rejects.toMatchObject({ code: 'OS.ValidationException', refused: true });
  });

  it('is let in to with the authority that signed its certificate, and not without', async () => {
    const file = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
    const certificateAuthority = `${file('self-signed.crt')}`;
    const tls = createTlsServer({ key: file('self-signed.key'), cert: certificateAuthority }, (request, response) => {
      request.resume().once('end', () => json(response, 200, { items: [{ index: { status: 201 } }] }));
    });
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(tls.address() as AddressInfo).port}`; // not a pipe
    const trusting = adapter((endpoint) => ({ endpoint, certificateAuthority }));
    const strange = adapter();

    expect(await trusting.deliver(await slice({ url }), never)).toMatchObject({ refused: [] });
    await expect(strange.deliver(await slice({ url }), never)).rejects.toMatchObject({ code: 'OS.ConnectionError' });
    tls.close();
    tls.closeAllConnections();
  });

  it('is left at once when the attempt is stopped', async () => {
    open.push(await rawFarSide((socket) => socket.once('data', () => stop.abort(new Error('stopped')))));
    const far = open.at(-1)!; // just pushed
    const stop = new AbortController();

    await expect(send({ url: far.url }, { signal: stop.signal })).rejects.toThrow('stopped');
    await expect.poll(far.connections).toBe(0);
  });
});

it('a slice is bounded in records and bytes', () => {
  expect(adapter().limits?.({})).toEqual({ records: 5_000, bytes: 4 * 1024 * 1024 });
});

it('a plan keeps all that a repeat needs', async () => {
  const { plan } = await slice({ url: 'https://x', config: { IndexRotationPeriod: 'OneDay', TypeName: 't' } });

  expect(isJsonObject(plan.output) && plan.output).toEqual({
    ...{ index: 'clicks', rotation: 'OneDay', type: 't', sendsIds: true },
  });
});
