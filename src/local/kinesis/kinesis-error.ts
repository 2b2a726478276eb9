import { DeliveryError } from '../../core/errors.ts';
import { membersOf, TEXT_MOST, textOf } from '../../host/aws/answer.ts';

/**
 * Firehose's codes for what Kinesis answers.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
const FIREHOSE_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  KMSAccessDeniedException: 'KMS.AccessDeniedException',
  KMSDisabledException: 'KMS.KeyDisabled',
  KMSInvalidStateException: 'KMS.InvalidStateException',
  KMSNotFoundException: 'KMS.NotFoundException',
  KMSOptInRequired: 'SubscriptionRequired',
  KMSThrottlingException: 'Throttling',
  LimitExceededException: 'Throttling',
  OptInRequired: 'SubscriptionRequired',
  ProvisionedThroughputExceededException: 'Throttling',
  ResourceNotFoundException: 'ResourceNotFound',
  ThrottlingException: 'Throttling',
};

/** An iterator lives for five minutes; the next one starts where it stood. */
export const EXPIRED_ITERATOR = 'Kinesis.ExpiredIterator';

/** The clocks differ by more than AWS takes: what is signed by the answer's own clock may pass. */
const BAD_CLOCK: ReadonlySet<string> = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

export interface KinesisRefusal {
  readonly error: DeliveryError;
  readonly mayBeClock: boolean;
}

/** What Kinesis answered instead. All of it is worth another try, since somebody may put it right. */
export function refusal(call: string, status: number, body: string): KinesisRefusal {
  const { __type, message, Message } = membersOf(body);
  // Types come as `Name` or `prefix#Name`.
  const name = textOf(__type).split('#').at(-1) ?? '';
  const own = name.replace(/Exception$/, '') || `Status${status}`;
  const code = `Kinesis.${Object.hasOwn(FIREHOSE_CODES, name) ? FIREHOSE_CODES[name] : own}`;
  const said = textOf(message) || textOf(Message);
  const text = `Kinesis answered ${call} with ${status} ${name}${said && `: ${said}`}`;
  return { error: new DeliveryError(text, { code, retryable: true }), mayBeClock: BAD_CLOCK.has(name) };
}

/** No answer came; `code` is the system's or Node's. */
export function unreachable(call: string, error: Error & { readonly code?: unknown }): DeliveryError {
  const code = typeof error.code === 'string' ? error.code : error.name;
  const message = `Kinesis did not answer ${call} (${code}): ${error.message.slice(0, TEXT_MOST)}`;
  return new DeliveryError(message, { code: 'Kinesis.Unreachable', retryable: true });
}

/** What answers is not Kinesis, or says more than it may. */
export function badAnswer(call: string, why: string): DeliveryError {
  return new DeliveryError(`The answer to ${call} ${why}.`, { code: 'Kinesis.BadAnswer', retryable: true });
}
