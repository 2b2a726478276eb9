import { DeliveryError } from '../../core/errors.ts';
import { membersOf, TEXT_MOST, textOf } from '../aws/answer.ts';

/**
 * Firehose's codes for what Glue answers.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
const FIREHOSE_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  EntityNotFoundException: 'EntityNotFound',
  ExpiredTokenException: 'AccessDenied',
  GlueEncryptionException: 'GlueEncryptionException',
  InvalidInputException: 'InvalidInput',
  InvalidSignatureException: 'AccessDenied',
  OperationTimeoutException: 'SchemaValidationTimeout',
  ThrottlingException: 'ThrottledByGlue',
  UnrecognizedClientException: 'AccessDenied',
};

export const ACCESS_DENIED = 'AccessDenied';
export const INVALID_SCHEMA = 'InvalidSchema';
export const TIMED_OUT = 'SchemaValidationTimeout';
/** AWS has no code for it: there Glue can always be reached. */
const UNREACHABLE = 'GlueUnreachable';

/**
 * Nothing has left when a table cannot be had, and somebody may put it right, so all of it is worth another try and
 * may follow a newer version of the stream.
 */
export function glueError(code: string, message: string): DeliveryError {
  return new DeliveryError(message, { code: `DataFormatConversion.${code}`, retryable: true, refused: true });
}

/** What Glue answered instead of the table. */
export function refusal(call: string, status: number, body: string): DeliveryError {
  const { __type, message, Message } = membersOf(body);
  // Types come as `Name` or `prefix#Name`.
  const name = textOf(__type).split('#').at(-1) ?? '';
  const said = textOf(message) || textOf(Message);
  const known = Object.hasOwn(FIREHOSE_CODES, name) ? FIREHOSE_CODES[name] : undefined;
  const isBusy = status === 429 || status >= 500;
  const code = known ?? (isBusy ? UNREACHABLE : name.replace(/Exception$/, '') || UNREACHABLE);
  return glueError(code, `Glue answered ${call} with ${status} ${name}${said && `: ${said}`}`);
}

/** Whether Glue could not say anything of the table for now, which speaks neither for the table nor against it. */
export function isGlueDown(error: unknown): boolean {
  return error instanceof DeliveryError && DOWN.has(error.code);
}

const DOWN: ReadonlySet<string> = new Set(
  ['ThrottledByGlue', TIMED_OUT, UNREACHABLE].map((code) => `DataFormatConversion.${code}`),
);

/** No answer came; `code` is the system's or Node's. */
export function unreachable(call: string, error: Error & { readonly code?: unknown }): DeliveryError {
  const code = typeof error.code === 'string' ? error.code : error.name;
  return glueError(UNREACHABLE, `Glue did not answer ${call} (${code}): ${error.message.slice(0, TEXT_MOST)}`);
}
