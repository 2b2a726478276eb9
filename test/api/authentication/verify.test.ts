import { ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessKey } from '../../../src/api/authentication/keys.ts';
import { basicTime } from '../../../src/api/authentication/signature.ts';
import { verify } from '../../../src/api/authentication/verify.ts';
import type { ApiRequest } from '../../../src/api/context.ts';
import { signed } from '../../../src/host/aws/signature.ts';
import { testApi } from '../../kit/api.ts';
import { KEY, sdkTo, signedSdk } from '../sdk-client.ts';

const MINUTE_MS = 60_000;
const MISMATCH = 'The request signature we calculated does not match the signature you provided. ';

/** A request to list streams that the SDK has signed, and the moment when it did. */
async function signedByTheSdk(key: AccessKey = KEY) {
  const { client, sent, firehose } = signedSdk([key]);
  await client.send(new ListDeliveryStreamsCommand({ Limit: 3 }));
  const [request] = sent;
  return { request: request!, now: firehose.clock.now, time: String(request!.headers['x-amz-date']) }; // sent just now
}

interface Presigner {
  presign(
    request: object,
    options: object,
  ): Promise<{ readonly headers: ApiRequest['headers']; readonly query: Readonly<Record<string, string>> }>;
}

/** The same, presigned for ten minutes, at a path of a gateway's stage. */
async function presignedByTheSdk(key: AccessKey = KEY) {
  const firehose = testApi();
  const { client } = sdkTo(firehose, key);
  const { signer } = client.config;
  if (signer === undefined) throw new Error('The SDK has a signer.');
  const properties = { name: 'sigv4', signingName: 'firehose', signingRegion: 'eu-central-1', properties: {} };
  const unsigned = {
    method: 'POST',
    protocol: 'http:',
    hostname: 'localhost',
    path: '/prod/',
    headers: {
      host: 'localhost',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Firehose_20150804.ListDeliveryStreams',
    },
    body: '{}',
  };
  const options = {
    expiresIn: 600,
    signingDate: new Date(firehose.clock.now),
    unhoistableHeaders: new Set(['x-amz-target']),
  };
  // Its type promises only that it signs requests; the SDK's own signer presigns them too.
  const own = (await signer(properties)) as unknown as Presigner;
  const { headers, query } = await own.presign(unsigned, options);
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const url = `/prod/?${parameters.join('&')}`;
  return { request: { method: 'POST', url, headers, body: Buffer.from('{}') }, now: firehose.clock.now };
}

function check(request: ApiRequest, now: number, key: AccessKey = KEY) {
  const find = async (id: string) => (id === key.accessKeyId ? key : undefined);
  return verify(request, { service: 'firehose', now, find });
}

function changed(request: ApiRequest, header: string, change: (value: string) => string | undefined): ApiRequest {
  return { ...request, headers: { ...request.headers, [header]: change(String(request.headers[header])) } };
}

const authorization = (request: ApiRequest, from: string | RegExp, to: string): ApiRequest =>
  changed(request, 'authorization', (value) => value.replace(from, to));

describe('a request that the SDK has signed', () => {
  it('is of the key that it was signed with, and of its region', async () => {
    const { request, now } = await signedByTheSdk();

    expect(await check(request, now)).toEqual({ key: KEY, region: 'eu-central-1' });
  });

  it.each([
    ['five minutes later', 5 * MINUTE_MS],
    ['five minutes before, by the clock of the client', -5 * MINUTE_MS],
  ])('is good %s', async (_, ms) => {
    const { request, time } = await signedByTheSdk();
    const signedAt = Date.parse(time.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));

    expect(await check(request, signedAt + ms)).toMatchObject({ region: 'eu-central-1' });
    await expect(check(request, signedAt + ms + Math.sign(ms))).rejects.toMatchObject({
      code: 'InvalidSignatureException',
    });
  });

  it('is too old after that, in the words of AWS', async () => {
    const { request, now, time } = await signedByTheSdk();
    const at = now + 6 * MINUTE_MS;

    await expect(check(request, at)).rejects.toMatchObject({
      message: `Signature expired: ${time} is now earlier than ${basicTime(at - 5 * MINUTE_MS)} (${basicTime(at)} - 5 min.)`,
    });
    await expect(check(request, now - 6 * MINUTE_MS)).rejects.toMatchObject({
      message: expect.stringMatching(/^Signature not yet current: \w+ is still later than \w+ \(\w+ \+ 5 min\.\)$/),
    });
  });

  it('is refused when its path, or any bit of its method, a signed header or the body differs', async () => {
    const { request, now } = await signedByTheSdk();
    const names = /SignedHeaders=([^,]*)/.exec(String(request.headers.authorization))?.[1]?.split(';') ?? [];
    const flipped = (text: string, bit: number): string => {
      const bytes = Buffer.from(text, 'latin1');
      bytes[bit >> 3]! ^= 1 << (bit & 7); // the bit is one of the text's
      return bytes.toString('latin1');
    };
    const bits = (text: string) => Array.from({ length: text.length * 8 }, (_, bit) => flipped(text, bit));
    const requests = [
      ...names.flatMap((name) =>
        bits(String(request.headers[name])).map((value) => changed(request, name, () => value)),
      ),
      ...['/a', '//a', '/a/..a', '/%2F', '/?a', '/?a='].map((url) => ({ ...request, url })),
      ...bits(request.method).map((method) => ({ ...request, method })),
      ...bits(Buffer.from(request.body).toString('latin1')).map((body) => ({
        ...request,
        body: Buffer.from(body, 'latin1'),
      })),
    ];

    const outcomes = await Promise.allSettled(requests.map((each) => check(each, now)));

    expect(names).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-target']));
    expect(outcomes.length).toBeGreaterThan(1_000);
    expect(requests.filter((_, i) => outcomes[i]?.status === 'fulfilled')).toEqual([]);
  });

  it('is of its own region and day, whatever the same key has signed before', async () => {
    const { request, now } = await signedByTheSdk();
    const url = new URL('http://127.0.0.1:4573/');
    const signedFor = (region: string, at: number): ApiRequest => {
      const { body } = request;
      const headers = signed({ method: 'POST', url, body }, KEY, { region, service: 'firehose', now: at });
      return { method: 'POST', url: '/', headers, body };
    };
    const tomorrow = now + 24 * 60 * MINUTE_MS;

    expect(await check(signedFor('eu-central-1', now), now)).toMatchObject({ region: 'eu-central-1' });
    expect(await check(signedFor('us-east-1', now), now)).toMatchObject({ region: 'us-east-1' });
    expect(await check(signedFor('us-east-1', tomorrow), tomorrow)).toMatchObject({ region: 'us-east-1' });
  });

  it('is refused with another secret, as AWS does', async () => {
    const { request, now } = await signedByTheSdk();

    await expect(check(request, now, { ...KEY, secretAccessKey: 'another' })).rejects.toMatchObject({
      code: 'InvalidSignatureException',
      status: 400,
      message: `${MISMATCH}Check your AWS Secret Access Key and signing method. Consult the service documentation for details.`,
    });
  });

  it('is good with the session token of its key, and with that alone', async () => {
    const temporary = { ...KEY, sessionToken: 'a token' };
    const { request, now } = await signedByTheSdk(temporary);
    const wrong = { code: 'UnrecognizedClientException' };

    expect(await check(request, now, temporary)).toMatchObject({ key: temporary });
    await expect(check(request, now, { ...KEY, sessionToken: 'another' })).rejects.toMatchObject(wrong);
    await expect(check(request, now, KEY)).rejects.toMatchObject(wrong);
    const without = await signedByTheSdk();
    await expect(check(without.request, now, temporary)).rejects.toMatchObject(wrong);
  });

  it('is refused once its key has expired, but who does not hold the secret is not told', async () => {
    const { request, now } = await signedByTheSdk();
    const expired = { ...KEY, expiresAt: now };

    expect(await check(request, now, { ...KEY, expiresAt: now + 1 })).toMatchObject({ region: 'eu-central-1' });
    await expect(check(request, now, expired)).rejects.toMatchObject({
      code: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    });
    await expect(check(request, now, { ...expired, secretAccessKey: 'another' })).rejects.toMatchObject({
      code: 'InvalidSignatureException',
    });
  });
});

describe('a request that claims the wrong things is refused in the words of AWS', () => {
  const refusals: readonly [string, (request: ApiRequest) => ApiRequest, string, string][] = [
    [
      'no signature',
      (request) => changed(request, 'authorization', () => undefined),
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    ],
    [
      'a token of another kind',
      (request) => changed(request, 'authorization', () => 'Bearer c2VjcmV0'),
      'IncompleteSignatureException',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded with Base64) Authorization=",
    ],
    [
      'no moment',
      (request) => changed(request, 'x-amz-date', () => undefined),
      'IncompleteSignatureException',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
    ],
    [
      'a moment that is none',
      (request) => changed(request, 'x-amz-date', () => '20260231T990000Z'),
      'IncompleteSignatureException',
      "Date must be in ISO-8601 'basic format'. Got '20260231T990000Z'. See http://en.wikipedia.org/wiki/ISO_8601",
    ],
    [
      'another algorithm',
      (request) => authorization(request, 'AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
      'IncompleteSignatureException',
      "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ",
    ],
    [
      'a credential without its scope',
      (request) => authorization(request, /Credential=[^,]*/, 'Credential=AKIDEXAMPLE/20260115'),
      'IncompleteSignatureException',
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20260115'",
    ],
    [
      'another service, region, day and end',
      (request) => authorization(request, /Credential=[^,]*/, 'Credential=AKIDEXAMPLE/20260114/EU/kinesis/aws4'),
      'InvalidSignatureException',
      "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'firehose'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260114' != '20260115', from '20260115T123000Z'. ",
    ],
    [
      'a host that is not signed',
      (request) => authorization(request, ';host', ''),
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'an operation that is not signed',
      (request) => authorization(request, ';x-amz-target', ''),
      'InvalidSignatureException',
      "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'a payload that is not signed',
      (request) => changed(request, 'x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
      'InvalidSignatureException',
      "'X-Amz-Content-SHA256' must be the SHA-256 of the body in hex; unsigned and streamed payloads are not taken.",
    ],
    [
      "nobody's key",
      (request) => authorization(request, 'AKIDEXAMPLE', 'AKIDNOBODY'),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'a header and a query',
      (request) => ({ ...request, url: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }),
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    ],
    [
      'a presigned request without its parts',
      (request) => ({
        ...changed(request, 'authorization', () => undefined),
        url: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260115T123000Z',
      }),
      'IncompleteSignatureException',
      "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Expires'. Re-examine the query-string parameters.",
    ],
  ];

  it.each(refusals)('%s', async (_, change, code, message) => {
    const { request, now } = await signedByTheSdk();

    const refusal: unknown = await check(change(request), now).catch((error: unknown) => error);

    expect(refusal).toMatchObject({ code, status: 400, message: expect.stringContaining(message) });
    expect(String(refusal)).not.toContain('c2VjcmV0');
  });
});

describe('a request that the SDK has presigned', () => {
  it('is good until it expires, at the path that the client knows', async () => {
    const { request, now } = await presignedByTheSdk();

    expect(await check(request, now + 599_000)).toEqual({ key: KEY, region: 'eu-central-1' });
    await expect(check(request, now + 601_000)).rejects.toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringMatching(/^Signature expired: .* - 10 min\.\)$/),
    });
  });

  it('is refused when its path, its body, its operation or any parameter differs', async () => {
    const { request, now } = await presignedByTheSdk();
    const requests: readonly ApiRequest[] = [
      { ...request, url: request.url.replace('/prod/', '/') },
      { ...request, body: Buffer.from('[]') },
      changed(request, 'x-amz-target', () => 'Firehose_20150804.DeleteDeliveryStream'),
      { ...request, url: `${request.url}&a=b` },
      ...[...request.url.matchAll(/[?&]([^=&]+)=([^&]*)/g)].map(({ 0: all, 1: name = '', 2: value = '' }) => {
        const other = name === 'X-Amz-Expires' ? '601' : `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`;
        return { ...request, url: request.url.replace(all, all.replace(value, other)) };
      }),
    ];

    const outcomes = await Promise.allSettled(requests.map((each) => check(each, now)));

    expect(outcomes.map(({ status }) => status)).toEqual(Array(4 + 6).fill('rejected'));
  });

  it('brings its session token in the query', async () => {
    const temporary = { ...KEY, sessionToken: 'a/token+=' };
    const { request, now } = await presignedByTheSdk(temporary);

    expect(await check(request, now, temporary)).toMatchObject({ key: temporary });
    await expect(check(request, now, KEY)).rejects.toMatchObject({ code: 'UnrecognizedClientException' });
  });

  it('is good for a week at the longest', async () => {
    const { request, now } = await presignedByTheSdk();
    const longer = { ...request, url: request.url.replace('X-Amz-Expires=600', 'X-Amz-Expires=604801') };

    await expect(check(longer, now)).rejects.toMatchObject({
      message: 'X-Amz-Expires must be a number of seconds from 1 to 604800.',
    });
  });
});

it('whatever is sent, it is refused with an error of AWS or found to be right', async () => {
  const { request, now } = await signedByTheSdk();
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  const header = fc.oneof(text, fc.array(text, { maxLength: 3 }));
  const names = fc.constantFrom('authorization', 'host', 'x-amz-date', 'date', 'x-amz-security-token', 'x-amz-target');
  const parts = fc.constantFrom(
    'Credential=a/b/c/d/e',
    'SignedHeaders=',
    'Signature=',
    'AWS4-HMAC-SHA256',
    ',',
    ' ',
    ';',
  );
  const claims = fc.array(fc.oneof(parts, text), { maxLength: 8 }).map((each) => each.join(''));
  const urls = fc.array(fc.oneof(text, fc.constantFrom('?', '&', '=', '%', 'X-Amz-Algorithm', 'X-Amz-Date')), {
    maxLength: 8,
  });

  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, header), claims, urls, async (headers, claim, url) => {
      const hostile = {
        ...request,
        url: `/${url.join('')}`,
        headers: { ...request.headers, authorization: claim, ...headers },
      };
      const refusal: unknown = await check(hostile, now).catch((error: unknown) => error);

      expect(refusal).toMatchObject({ name: 'ApiError', status: 400 });
    }),
    { numRuns: 500 },
  );
});
