import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../../core/errors.ts';
import { type Claim, claimIn, invalid } from './claim.ts';
import type { AccessKey } from './keys.ts';
import { basicTime, type SignedRequest, type SigningScope, scopeText, signature, signingKey } from './signature.ts';

export interface Verified {
  readonly key: AccessKey;
  /** The region that the request was signed for. */
  readonly region: string;
}

export interface VerifyOptions {
  /** The service that the request must have been signed for. */
  readonly service: string;
  /** Ms since the epoch. */
  readonly now: number;
  readonly find: (accessKeyId: string) => Promise<AccessKey | undefined>;
}

/**
 * Finds out whose key a request was signed with. Rejects with AWS's own error. What is cheap comes first: the body is
 * hashed only for a key that exists, in time.
 */
export async function verify(request: SignedRequest, { service, now, find }: VerifyOptions): Promise<Verified> {
  const claim = claimIn(request, service);
  checkTime(claim, now);
  checkSignedHeaders(claim, request);
  const key = await find(claim.accessKeyId);
  if (key === undefined) throw unrecognized();
  const scope = { time: claim.time, region: claim.region, service };
  const expected = signature(request, claim.signedHeaders, { scope, key: keyFor(key, scope) });
  if (!isSame(expected, claim.signature)) throw mismatch();
  // From here on it is the key's owner who is told.
  if (!isSame(key.sessionToken ?? '', claim.sessionToken ?? '')) throw unrecognized();
  if (key.expiresAt !== undefined && now >= key.expiresAt) {
    throw new ApiError('ExpiredTokenException', 'The security token included in the request is expired');
  }
  return { key, region: claim.region };
}

/** AWS's tolerance for clocks that differ. */
const SKEW_MS = 5 * 60_000;

function checkTime({ time, signedAt, validForMs = SKEW_MS }: Claim, now: number): void {
  const at = basicTime(now);
  if (signedAt + validForMs < now) {
    const earliest = basicTime(now - validForMs);
    throw invalid(
      `Signature expired: ${time} is now earlier than ${earliest} (${at} - ${Math.ceil(validForMs / 60_000)} min.)`,
    );
  }
  if (signedAt - SKEW_MS > now) {
    const latest = basicTime(now + SKEW_MS);
    throw invalid(`Signature not yet current: ${time} is still later than ${latest} (${at} + 5 min.)`);
  }
}

/**
 * The host must be signed, as in AWS, and the operation as well: a request to describe a stream that somebody saw on
 * its way must not become one to delete it. All of AWS's clients sign it.
 */
function checkSignedHeaders({ signedHeaders }: Claim, { headers }: SignedRequest): void {
  if (!signedHeaders.includes('host')) {
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (headers['x-amz-target'] !== undefined && !signedHeaders.includes('x-amz-target')) {
    throw invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  }
  const hash = headers['x-amz-content-sha256'];
  if (hash === undefined || (typeof hash === 'string' && /^[0-9a-f]{64}$/i.test(hash))) return;
  throw invalid(
    "'X-Amz-Content-SHA256' must be the SHA-256 of the body in hex; unsigned and streamed payloads are not taken.",
  );
}

/** The key for one day, region and service, which costs four times as much to make as a signature. */
const lastKeys = new WeakMap<AccessKey, { readonly scope: string; readonly key: Buffer }>();

function keyFor(accessKey: AccessKey, scope: SigningScope): Buffer {
  const last = lastKeys.get(accessKey);
  const text = scopeText(scope);
  if (last?.scope === text) return last.key;
  const key = signingKey(accessKey.secretAccessKey, scope);
  lastKeys.set(accessKey, { scope: text, key });
  return key;
}

/** Takes as long whatever is wrong, so that nobody can guess from the time how much of a guess was right. */
function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function unrecognized(): ApiError {
  return new ApiError('UnrecognizedClientException', 'The security token included in the request is invalid.');
}

function mismatch(): ApiError {
  return invalid(
    'The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}
