import { describe, expect, it } from 'vitest';
import type { SignedRequest } from '../../../src/api/authentication/signature.ts';
import { verify } from '../../../src/api/authentication/verify.ts';
import { VECTOR, VECTORS, type Vector } from './vectors.ts';

const NOW = Date.UTC(2015, 7, 30, 12, 36);

const check = (request: SignedRequest, { sessionToken }: Vector) => {
  const { accessKeyId, secretAccessKey, service } = VECTOR;
  const permitted = { userName: 'example', actions: [], streams: [] };
  const key = { accessKeyId, secretAccessKey, ...permitted, ...(sessionToken !== undefined && { sessionToken }) };
  return verify(request, { service, now: NOW, find: async (id) => (id === accessKeyId ? key : undefined) });
};

function inHeaders({ method, url, headers, body = '', signature, ...token }: Vector): SignedRequest {
  const { sessionToken, isTokenUnsigned = false } = token;
  const signed = {
    ...headers,
    host: VECTOR.host,
    'x-amz-date': VECTOR.time,
    ...(sessionToken !== undefined && !isTokenUnsigned && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(signed).sort().join(';');
  const credential = `${VECTOR.accessKeyId}/${VECTOR.scope}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  const all = { ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }), ...signed, authorization };
  return { method, url, headers: all, body: Buffer.from(body) };
}

function presigned({ method, url, headers, body = '', sessionToken, presignature }: Vector): SignedRequest {
  // The suite signs the body's hash along only where it is sent.
  const { 'x-amz-content-sha256': _, ...own } = headers ?? {};
  const signed = { ...own, host: VECTOR.host };
  const parameters = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${VECTOR.accessKeyId}/${VECTOR.scope}`],
    ['X-Amz-Date', VECTOR.time],
    ['X-Amz-SignedHeaders', Object.keys(signed).sort().join(';')],
    ['X-Amz-Expires', String(VECTOR.expiresInSeconds)],
    ...(sessionToken === undefined ? [] : [['X-Amz-Security-Token', sessionToken]]),
    ['X-Amz-Signature', presignature ?? ''],
  ].map(([name = '', value = '']) => `${name}=${encodeURIComponent(value)}`);
  const full = `${url}${url.includes('?') ? '&' : '?'}${parameters.join('&')}`;
  return { method, url: full, headers: signed, body: Buffer.from(body) };
}

describe("AWS's own signatures are found right", () => {
  it.each(VECTORS)('$name, signed in its headers', async (vector) => {
    expect((await check(inHeaders(vector), vector)).region).toBe('us-east-1');
  });

  it.each(VECTORS.filter(({ presignature }) => presignature !== undefined))('$name, presigned', async (vector) => {
    expect((await check(presigned(vector), vector)).region).toBe('us-east-1');
  });
});

describe("AWS's own signatures are found wrong when anything that is signed was changed", () => {
  const [vector] = VECTORS.filter(({ name }) => name === 'post-x-www-form-urlencoded');
  const request = inHeaders(vector!); // it is in the table
  const { headers, body } = request;

  it.each<[string, Partial<SignedRequest>]>([
    ['the method', { method: 'PUT' }],
    ['the path', { url: '/a' }],
    ['the query', { url: '/?a=b' }],
    ['a header', { headers: { ...headers, 'content-type': 'text/plain' } }],
    ['the host', { headers: { ...headers, host: 'example.org' } }],
    ['a header that is gone', { headers: { ...headers, 'content-type': undefined } }],
    ['a header that is there twice', { headers: { ...headers, 'content-length': ['13', '13'] } }],
    ['the body', { body: Buffer.from('Param1=value2') }],
    ['the moment', { headers: { ...headers, 'x-amz-date': '20150830T123601Z' } }],
  ])('%s', async (_, change) => {
    await expect(check({ ...request, ...change }, vector!)).rejects.toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringContaining('does not match the signature you provided'),
    });
  });

  it('any bit of the body, and any hex digit of the signature', async () => {
    const changed = Array.from({ length: body.length * 8 }, (_, bit) => {
      const other = Buffer.from(body);
      other[bit >> 3]! ^= 1 << (bit & 7); // bit < 8 * length
      return { ...request, body: other };
    });
    const { authorization } = headers as { readonly authorization: string };
    const at = authorization.length - 64;
    const resigned = Array.from({ length: 64 }, (_, digit) => {
      const hex = (Number.parseInt(authorization[at + digit]!, 16) ^ 1).toString(16); // 64 digits end the header
      const other = authorization.slice(0, at + digit) + hex + authorization.slice(at + digit + 1);
      return { ...request, headers: { ...headers, authorization: other } };
    });

    const outcomes = await Promise.allSettled([...changed, ...resigned].map((each) => check(each, vector!)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(outcomes).toHaveLength(13 * 8 + 64);
  });
});
