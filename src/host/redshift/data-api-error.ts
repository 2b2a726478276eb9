import { DeliveryError } from '../../core/errors.ts';
import { TEXT_MOST } from '../aws/answer.ts';

/**
 * Firehose's codes for what the Data API answers.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
const CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ActiveSessionsExceededException: 'ConnectionsLimitExceeded',
  ActiveStatementsExceededException: 'ConnectionsLimitExceeded',
  CredentialsProviderError: 'AccessDenied',
  ExpiredTokenException: 'AccessDenied',
  InvalidSignatureException: 'AccessDenied',
  ThrottlingException: 'TooManyClients',
  UnrecognizedClientException: 'AccessDenied',
};

/** A warehouse or a database that is not there, one that has stopped, a service that does not answer. */
const OTHERWISE = 'ConnectionFailed';

/** Connections that never were; without credentials none is made. */
const NEVER_SENT: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CredentialsProviderError'];

const CODE = /^[A-Za-z][\w.-]{0,63}$/;

/**
 * What the client threw, as a `DeliveryError`; `refused` when the statement has certainly not begun. The client's error
 * does not become the cause: it has headers with tokens and key ids among its fields.
 */
export function redshiftError(thrown: unknown, call: string): DeliveryError {
  const error: ClientError = thrown instanceof Error ? thrown : new Error(String(thrown));
  const status = error.$metadata?.httpStatusCode;
  const own = typeof error.code === 'string' && CODE.test(error.code) ? error.code : error.name;
  const isRefusal = status === undefined ? NEVER_SENT.includes(own) : status >= 400 && status < 500 && status !== 408;
  const answer = status === undefined ? `did not answer ${call}` : `answered ${call} with ${status} ${error.name}`;
  const message = `Redshift's Data API ${answer}: ${error.message.slice(0, TEXT_MOST)}`;
  return new DeliveryError(message, {
    ...{ code: `Redshift.${CODES[error.name] ?? OTHERWISE}`, retryable: true, refused: isRefusal },
  });
}

/** The API does not know the statement, or not any more. */
export function isForgotten(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** The fields that errors of the client have beside an `Error`'s, all of them perhaps. */
interface ClientError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}
