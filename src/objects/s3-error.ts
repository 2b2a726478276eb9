import { DeliveryError } from '../core/errors.ts';
import type { ObjectAddress } from '../core/objects.ts';

/** Answers below 500 after which the object may be there all the same: the request was cut off, or raced another. */
const DOUBTFUL_STATUSES: readonly number[] = [408, 409, 412, 429];
const DOUBTFUL_CODES: readonly string[] = ['RequestTimeout', 'NoSuchUpload'];

/**
 * Without credentials no request is made at all. Of a connection that failed the client may have made an earlier one
 * that did not.
 */
const NEVER_SENT = 'CredentialsProviderError';

/** For answers without S3's code: to a HEAD, which have no body, and of stores that leave it out. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
  501: 'NotImplemented',
};
const VAGUE_NAMES: readonly string[] = ['Error', 'Forbidden', 'NotFound', 'SyntaxError', 'Unknown', 'UnknownError'];
const CODE = /^[A-Za-z][\w.-]{0,63}$/;
const MESSAGE_LIMIT = 300;

/**
 * What the S3 client threw, as a `DeliveryError` with the code `S3.<S3's own code>`, or the system's for a connection
 * that failed (`S3.ECONNREFUSED`). Always worth another try, since somebody may put the bucket, the policy or the key
 * right; `refused` only when S3 certainly stored nothing: its first and only answer was a refusal, or nothing was ever
 * sent.
 *
 * The client's error does not become the cause: S3 puts tokens and key ids among its fields.
 */
export function s3Error(thrown: unknown, { bucket, key }: ObjectAddress): DeliveryError {
  const error: ClientError = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { httpStatusCode: status, attempts = 1, requestId } = error.$metadata ?? {};
  const code = status === undefined ? connectionCode(error) : answerCode(error, status);
  const isRefusal =
    status === undefined
      ? code === NEVER_SENT
      : status >= 300 && status < 500 && !DOUBTFUL_STATUSES.includes(status) && !DOUBTFUL_CODES.includes(code);
  const answer = status === undefined ? `did not answer (${code})` : `answered ${status} ${code}`;
  const said = error.message.slice(0, MESSAGE_LIMIT);
  const request = requestId === undefined ? '' : ` (request id ${requestId})`;
  return new DeliveryError(
    `S3 ${answer} for the object ${JSON.stringify(key)} in bucket ${bucket}: ${said}${request}`,
    { code: `S3.${code}`, retryable: true, refused: isRefusal && attempts === 1 },
  );
}

/** The fields that errors of the S3 client have beside an `Error`'s, all of them perhaps. */
interface ClientError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number; readonly requestId?: string };
}

function answerCode({ name }: ClientError, status: number): string {
  if (CODE.test(name) && !VAGUE_NAMES.includes(name)) return name;
  return CODE_OF_STATUS[status] ?? `Http${status}`;
}

function connectionCode({ name, code }: ClientError): string {
  if (typeof code === 'string' && CODE.test(code)) return code;
  return CODE.test(name) ? name : 'UnknownError';
}
