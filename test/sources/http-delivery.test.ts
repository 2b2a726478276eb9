import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deliveryAnswer, deliveryIn } from '../../src/sources/http-delivery.ts';

const ID = 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f';
/** https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html */
const BODY = {
  requestId: ID,
  timestamp: 1_578_090_901_599,
  records: [{ data: 'aGVsbG8=' }, { data: 'aGVsbG8gd29ybGQ=' }],
};
const HEADERS = {
  'x-amz-firehose-protocol-version': '1.0',
  'x-amz-firehose-request-id': ID,
  'x-amz-firehose-source-arn': 'arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks',
  'x-amz-firehose-common-attributes': '{"commonAttributes":{"deployment-context":"pre-prod","device-types":""}}',
  'content-type': 'application/json',
};

const delivered = (body: unknown, headers: object = {}) =>
  deliveryIn({
    headers: { ...HEADERS, ...headers },
    body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

const textsOf = ({ records }: { readonly records: readonly Uint8Array[] }) =>
  records.map((record) => Buffer.from(record).toString());

describe("a request of Firehose's delivery protocol", () => {
  it('gives its records', async () => {
    const delivery = await delivered(BODY);

    expect(delivery.requestId).toBe(ID);
    expect(textsOf(delivery)).toEqual(['hello', 'hello world']);
  });

  it('gives them when it is compressed', async () => {
    const zipped = gzipSync(JSON.stringify(BODY));

    expect(textsOf(await delivered(zipped, { 'content-encoding': 'gzip' }))).toEqual(['hello', 'hello world']);
  });

  it('may have records that are empty, and no attributes', async () => {
    const records = [{ data: '' }];

    const delivery = await delivered({ ...BODY, records }, { 'x-amz-firehose-common-attributes': undefined });

    expect(textsOf(delivery)).toEqual(['']);
  });

  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, ' '));

  it.each<[string, unknown, object, string, RegExp]>([
    ['no id in its head', BODY, { 'x-amz-firehose-request-id': undefined }, 'InvalidArgumentException', /Request-Id/],
    ['another id in its head', BODY, { 'x-amz-firehose-request-id': 'x' }, 'InvalidArgumentException', /requestId/],
    ['no id in its body', { ...BODY, requestId: undefined }, {}, 'InvalidArgumentException', /requestId/],
    ['another version', BODY, { 'x-amz-firehose-protocol-version': '2.0' }, 'InvalidArgumentException', /must be 1\.0/],
    ['no records', { requestId: ID }, {}, 'InvalidArgumentException', /records must be/],
    ['a record without data', { ...BODY, records: [{}] }, {}, 'InvalidArgumentException', /records\[0\]\.data/],
    [
      'data that is no base64',
      { ...BODY, records: [{ data: '' }, { data: '*' }] },
      {},
      'InvalidArgumentException',
      /records\[1\]\.data/,
    ],
    ['no JSON', '{', {}, 'InvalidArgumentException', /JSON object/],
    ['no object', '[]', {}, 'InvalidArgumentException', /JSON object/],
    [
      'attributes that are none',
      BODY,
      { 'x-amz-firehose-common-attributes': '{"a":1}' },
      'InvalidArgumentException',
      /Common-Attributes/,
    ],
    [
      'an attribute that is no text',
      BODY,
      { 'x-amz-firehose-common-attributes': '{"commonAttributes":{"a":1}}' },
      'InvalidArgumentException',
      /Common-Attributes/,
    ],
    ['an unknown encoding', BODY, { 'content-encoding': 'br' }, 'InvalidArgumentException', /gzip/],
    ['an encoding that is not its own', BODY, { 'content-encoding': 'gzip' }, 'InvalidArgumentException', /not gzip/],
    ['more than 64 MiB in it', bomb, { 'content-encoding': 'gzip' }, 'RequestEntityTooLargeException', /67108864/],
  ])('is refused that has %s', async (_, body, headers, code, message) => {
    await expect(delivered(body, headers)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('an answer of the protocol', () => {
  it('has no members but those that are allowed, and no longer a message', () => {
    expect(JSON.parse(deliveryAnswer(ID, 7))).toEqual({ requestId: ID, timestamp: 7 });
    const { errorMessage } = JSON.parse(deliveryAnswer(ID, 7, 'x'.repeat(10_000)));
    expect(errorMessage).toBe('x'.repeat(8_192));
  });
});
