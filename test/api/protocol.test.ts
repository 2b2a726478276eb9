import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../src/api/context.ts';
import { BODY_MOST_BYTES } from '../../src/api/handler.ts';
import { apiRequest, testApi } from '../kit/api.ts';
import { createInput } from './inputs.ts';

const list = apiRequest('ListDeliveryStreams', {});

function withHeaders(headers: ApiRequest['headers'], request = list): ApiRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** An object, a list in it, and numbers in that. */
function manyValues(count: number): Uint8Array {
  return Buffer.from(`{"x":[${'0,'.repeat(count - 3)}0]}`);
}

describe('the protocol', () => {
  test('an answer is JSON 1.1 with the id of its request', async () => {
    const answer = await testApi().send(list);

    expect(answer).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': '00000000-0000-4000-8000-000000000001',
      },
      body: { DeliveryStreamNames: [], HasMoreDeliveryStreams: false },
    });
  });

  test('an error names its type in the body and in a header', async () => {
    const { status, headers, body } = await testApi().call('DescribeDeliveryStream', { DeliveryStreamName: 'nope' });

    expect(status).toBe(400);
    expect(headers['x-amzn-errortype']).toBe('ResourceNotFoundException');
    expect(headers['x-amzn-requestid']).toBe('00000000-0000-4000-8000-000000000001');
    expect(body).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'Firehose nope under account 123456789012 not found.',
    });
  });

  test.each<[string, ApiRequest]>([
    ['GET', { ...list, method: 'GET' }],
    ['another path', { ...list, url: '/streams' }],
    ['no content type', withHeaders({ 'content-type': undefined })],
    ['a form', withHeaders({ 'content-type': 'application/x-www-form-urlencoded' })],
  ])('%s does not address the API', async (_, request) => {
    const { status, body } = await testApi().send(request);

    expect([status, body.__type]).toEqual([404, 'UnknownOperationException']);
  });

  test.each<[string, ApiRequest['headers'][string]]>([
    ['no target', undefined],
    ['an operation of nobody', 'Firehose_20150804.DrinkWater'],
    ['an operation of Kinesis', 'Kinesis_20131202.PutRecord'],
    ['a member of every object', 'Firehose_20150804.constructor'],
    ['two targets', ['Firehose_20150804.PutRecord', 'Firehose_20150804.PutRecord']],
  ])('%s is an unknown operation', async (_, target) => {
    const { status, body } = await testApi().send(withHeaders({ 'x-amz-target': target }));

    expect([status, body.__type]).toEqual([400, 'UnknownOperationException']);
  });

  test.each(['application/x-amz-json-1.0', 'application/json; charset=utf-8', 'APPLICATION/X-AMZ-JSON-1.1'])(
    'the content type %s is taken too',
    async (contentType) => {
      expect((await testApi().send(withHeaders({ 'content-type': contentType }))).status).toBe(200);
    },
  );

  test.each<[string, Uint8Array]>([
    ['an empty body', Buffer.from('')],
    ['a truncated body', Buffer.from('{"Limit":')],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['two objects', Buffer.from('{}{}')],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark', Buffer.from('\u{feff}{}')],
    ['nesting of 101 levels', Buffer.from(`{"x":${'['.repeat(100)}${']'.repeat(100)}}`)],
    ['nesting without end', Buffer.from(`{"x":${'['.repeat(1_000_000)}`)],
    ['50,001 values', manyValues(50_001)],
    ['16 MiB of empty objects', Buffer.from(`{"x":[${'{},'.repeat(5_000_000)}{}]}`)],
  ])('%s is a SerializationException', async (_, body) => {
    const answer = await testApi().send({ ...list, body });

    expect([answer.status, answer.body.__type]).toEqual([400, 'SerializationException']);
  });

  test('brackets in strings do not nest', async () => {
    const { status } = await testApi().send({ ...list, body: Buffer.from(`{"x":"${'[\\"'.repeat(1_000)}"}`) });

    expect(status).toBe(200);
  });

  test.each([
    ['50,000 values', manyValues(50_000)],
    ['commas and brackets without number in a string', Buffer.from(`{"x":"${',{['.repeat(5_000_000)}"}`)],
  ])('%s are read', async (_, body) => {
    expect((await testApi().send({ ...list, body })).status).toBe(200);
  });

  test('of a member given twice the last counts', async () => {
    const { output, send } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3'));

    const body = Buffer.from('{"DeliveryStreamName":"nope","DeliveryStreamName":"clicks"}');
    const answer = await send({ ...apiRequest('DescribeDeliveryStream', {}), body });

    expect(answer.status).toBe(200);
  });

  test('of many gzip bodies at once only as many are decoded as there is memory for; the others may come again', async () => {
    const { send } = testApi();
    const request = withHeaders({ 'content-encoding': 'gzip' }, { ...list, body: gzipSync(list.body) });

    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await send(request)).status));

    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(statuses.filter((status) => status === 503)).toHaveLength(12);
    expect((await send(request)).status).toBe(200);
  });

  test.each(['gzip', 'GZIP', 'x-gzip'])('a body with the content encoding %s is decoded', async (encoding) => {
    const { status } = await testApi().send(
      withHeaders({ 'content-encoding': encoding }, { ...list, body: gzipSync(list.body) }),
    );

    expect(status).toBe(200);
  });

  test.each<[string, string, Uint8Array, number, string]>([
    ['gzip that is none', 'gzip', list.body, 400, 'SerializationException'],
    ['truncated gzip', 'gzip', gzipSync(list.body).subarray(0, 12), 400, 'SerializationException'],
    ['an unknown encoding', 'br', list.body, 400, 'SerializationException'],
    ['a bomb', 'gzip', gzipSync(Buffer.alloc(BODY_MOST_BYTES + 1)), 413, 'RequestEntityTooLargeException'],
  ])('%s is refused', async (_, encoding, body, status, type) => {
    const answer = await testApi().send(withHeaders({ 'content-encoding': encoding }, { ...list, body }));

    expect([answer.status, answer.body.__type]).toEqual([status, type]);
  });

  test('a fault of ours is answered 500 and logged, without its text in the answer', async () => {
    const { streams, send, warnings } = testApi();
    streams.list = async () => {
      throw new Error('the disk is on fire');
    };

    const answer = await send(list);

    expect([answer.status, answer.body.__type]).toEqual([500, 'InternalFailure']);
    expect(JSON.stringify(answer)).not.toContain('fire');
    expect(warnings[0]?.fields.error).toContain('the disk is on fire');
  });
});

describe('the region of a stream', () => {
  const signedFor = (region: string) =>
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260115/${region}/firehose/aws4_request, SignedHeaders=host, Signature=0`;
  const create = apiRequest('CreateDeliveryStream', createInput('ExtendedS3'));

  test.each<[string, ApiRequest, string]>([
    ['the signature', withHeaders({ authorization: signedFor('eu-west-1') }, create), 'arn:aws:firehose:eu-west-1'],
    ['China', withHeaders({ authorization: signedFor('cn-north-1') }, create), 'arn:aws-cn:firehose:cn-north-1'],
    [
      'GovCloud',
      withHeaders({ authorization: signedFor('us-gov-west-1') }, create),
      'arn:aws-us-gov:firehose:us-gov-west-1',
    ],
    [
      'a presigned URL',
      { ...create, url: '/?X-Amz-Credential=AKIDEXAMPLE%2F20260115%2Fap-south-1%2Ffirehose%2Faws4_request' },
      'arn:aws:firehose:ap-south-1',
    ],
    ['the settings', create, 'arn:aws:firehose:us-east-1'],
    [
      'the settings, when the signature is nonsense',
      withHeaders({ authorization: signedFor('x:y') }, create),
      'arn:aws:firehose:us-east-1',
    ],
  ])('comes from %s', async (_, request, start) => {
    const { body } = await testApi().send(request);

    expect(body.DeliveryStreamARN).toBe(`${start}:123456789012:deliverystream/clicks`);
  });
});
