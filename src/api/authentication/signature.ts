import { createHmac, hash } from 'node:crypto';
import type { ApiRequest } from '../context.ts';
import { canonicalHeaders, canonicalPath, canonicalQuery } from './canonical.ts';

/** A request as its client signed it: with the path that the client knows, whatever a gateway made of it. */
export type SignedRequest = Pick<ApiRequest, 'method' | 'url' | 'headers' | 'body'>;

/** What a signature is good for. */
export interface SigningScope {
  /** As in X-Amz-Date: `20150830T123600Z`. */
  readonly time: string;
  readonly region: string;
  readonly service: string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/**
 * AWS's Signature Version 4 of a request, in hex: over these of its headers, and always over the body as it is.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signature(
  { method, url, headers, body }: SignedRequest,
  signedHeaders: readonly string[],
  { scope, key }: { readonly scope: SigningScope; readonly key: Uint8Array },
): string {
  const query = url.indexOf('?');
  const canonical = [
    method,
    canonicalPath(query < 0 ? url : url.slice(0, query)),
    query < 0 ? '' : canonicalQuery(url.slice(query + 1)),
    canonicalHeaders(headers, signedHeaders),
    signedHeaders.join(';'),
    hash('sha256', body),
  ].join('\n');
  const text = [ALGORITHM, scope.time, scopeText(scope), hash('sha256', canonical)].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** The key that a secret gives for a day, a region and a service. */
export function signingKey(secretAccessKey: string, scope: SigningScope): Buffer {
  let key = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of scopeText(scope).split('/')) key = createHmac('sha256', key).update(part).digest();
  return key;
}

/** `20150830/us-east-1/firehose/aws4_request`. */
export function scopeText({ time, region, service }: SigningScope): string {
  return `${time.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;
}

/** A moment, in ms since the epoch, as signatures have it: `20150830T123600Z`. */
export function basicTime(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
