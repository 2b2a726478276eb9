import { setTimeout as pause } from 'node:timers/promises';
import { DeliveryError } from '../../core/errors.ts';

/** What services say when they are asked too much at once. */
const THROTTLED: readonly string[] = [
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'SlowDown',
  'ThrottlingException',
];
const TRIES_MOST = 4;
/** Before the second try; each later one may wait twice as long. */
const PAUSE_MS = 50;
const CODE = /^[A-Za-z][\w.-]{0,63}$/;
const MESSAGE_LIMIT = 300;

export type AwsService = 'DynamoDB' | 'S3' | 'SQS';

/** What a client said in place of an answer. */
interface ClientError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

export interface Asking {
  /** Whether a request that is one too many is not made again. */
  readonly failsWhenThrottled?: boolean;
}

/**
 * Asks a service, and asks again where another try may help: the clients themselves do not, so that it is known what
 * became of each try. Rejects with a `DeliveryError` that has the service's own word or the system's
 * (`DynamoDB.ValidationException`, `SQS.ECONNREFUSED`); with `Buffer.Throttled` when every try was refused for being
 * one too many, which is to say that nothing has happened. After any other failure the request may have counted all the
 * same. Always worth another try, since somebody may put right what is wrong.
 *
 * The client's error does not become the cause: among its fields may be tokens and key ids.
 */
export async function asked<T>(
  service: AwsService,
  send: () => Promise<T>,
  { failsWhenThrottled = false }: Asking = {},
): Promise<T> {
  let isRefused = true;
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (thrown) {
      const isThrottled = THROTTLED.includes(wordOf(thrown));
      isRefused &&= isThrottled;
      const isLast = tries === TRIES_MOST || !mayHelp(thrown, isThrottled) || (isRefused && failsWhenThrottled);
      if (isLast) throw serviceError(service, thrown, isRefused);
      await pause(Math.random() * PAUSE_MS * 2 ** tries);
    }
  }
}

/** The service's word for what went wrong, or that of the system whose connection it was. */
export function wordOf(thrown: unknown): string {
  const error: Partial<ClientError> = thrown instanceof Error ? thrown : {};
  const words = statusOf(thrown) === undefined ? [error.code, error.name] : [error.name];
  return words.find((each): each is string => typeof each === 'string' && CODE.test(each)) ?? 'UnknownError';
}

/** Undefined when no answer came. */
function statusOf(thrown: unknown): number | undefined {
  const error: Partial<ClientError> = thrown instanceof Error ? thrown : {};
  return error.$metadata?.httpStatusCode;
}

function mayHelp(thrown: unknown, isThrottled: boolean): boolean {
  if (thrown instanceof DeliveryError) return false;
  const status = statusOf(thrown);
  // Without an answer a connection has failed, or there are no credentials to ask with.
  if (status === undefined) return wordOf(thrown) !== 'CredentialsProviderError';
  return isThrottled || status >= 500;
}

function serviceError(service: AwsService, thrown: unknown, isRefused: boolean): DeliveryError {
  if (thrown instanceof DeliveryError) return thrown;
  const word = wordOf(thrown);
  const { $metadata, message = '' }: Partial<ClientError> = thrown instanceof Error ? thrown : {};
  const said = message === '' ? '' : `: ${message.slice(0, MESSAGE_LIMIT)}`;
  const request = $metadata?.requestId === undefined ? '' : ` (request id ${$metadata.requestId})`;
  const code = isRefused ? 'Buffer.Throttled' : `${service}.${word}`;
  return new DeliveryError(`${service} answered ${word}${said}${request}`, { code, retryable: true });
}
