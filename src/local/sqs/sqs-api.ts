import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Alarm } from '../../host/alarm.ts';
import { membersOf, TEXT_MOST, textOf } from '../../host/aws/answer.ts';
import { jsonPost } from '../../host/aws/json-post.ts';
import type { Credentials } from '../../host/aws/signature.ts';

export interface QueueSettings {
  readonly url: string;
  /** Where its URL does not say it. */
  readonly region: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

export interface Message {
  /** The same each time it is received. */
  readonly id: string;
  /** Of this time. */
  readonly receipt: string;
  readonly body: string;
}

/** A queue of SQS. Rejects with a `DeliveryError`, code `SQS.…`, or with the signal's reason once that aborted. */
export interface Queue {
  /** Waits for messages, for as long as SQS does; then there may be none. */
  receive(options: { readonly hiddenForSeconds?: number }, signal: AbortSignal): Promise<readonly Message[]>;
  /** They never come again. */
  remove(messages: readonly Message[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/** SQS gives no more at once, and waits no longer. */
const MESSAGES_MOST = 10;
const WAIT_SECONDS = 20;
/** Beyond what SQS is asked to wait. */
const ANSWER_LONGEST_MS = 10_000;
/** Ten messages of 1 MiB, in which JSON may escape every character, and room to spare. */
const ANSWER_MOST_BYTES = 64 * 1024 * 1024;

const AWS_HOST = /^(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?$/;

/** Speaks SQS's API. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export function sqsQueue(
  { url, credentials, ...otherwise }: QueueSettings,
  { now, alarm }: { readonly now: () => number; readonly alarm: Alarm },
): Queue {
  const { origin, host } = new URL(url);
  const aws = AWS_HOST.exec(host);
  const region = aws?.[1] ?? aws?.[2] ?? otherwise.region;
  const service = { service: 'sqs', version: '1.0' as const, credentials, withoutCredentials };
  const { post, close } = jsonPost({ ...service, ...(aws === null && { endpoint: origin }) });

  async function call(action: string, input: JsonObject, waitMs: number, signal: AbortSignal): Promise<JsonObject> {
    const stop = new AbortController();
    const giveUp = (): void => stop.abort(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    const cancel = alarm(now() + waitMs + ANSWER_LONGEST_MS, () => stop.abort(tookTooLong(action)));
    try {
      const { status, body } = await post({
        ...{ target: `AmazonSQS.${action}`, input: { QueueUrl: url, ...input }, region, now: now() },
        ...{ signal: stop.signal, answerMostBytes: ANSWER_MOST_BYTES, tooLong: () => badAnswer(action) },
      });
      if (status !== 200) throw refusal(action, status, body.toString());
      return parsed(action, body);
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason;
      throw error instanceof DeliveryError ? error : unreachable(action, error);
    } finally {
      cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  return {
    async receive({ hiddenForSeconds }, signal) {
      const hidden = hiddenForSeconds === undefined ? {} : { VisibilityTimeout: hiddenForSeconds };
      const input = { MaxNumberOfMessages: MESSAGES_MOST, WaitTimeSeconds: WAIT_SECONDS, ...hidden };
      const { Messages = [] } = await call('ReceiveMessage', input, WAIT_SECONDS * 1_000, signal);
      if (!Array.isArray(Messages)) throw badAnswer('ReceiveMessage');
      return Messages.map(messageIn);
    },

    async remove(messages, signal) {
      const Entries = messages.map(({ receipt }, i) => ({ Id: `${i}`, ReceiptHandle: receipt }));
      // One that cannot be removed comes again, and is known then.
      await call('DeleteMessageBatch', { Entries }, 0, signal);
    },

    close,
  };
}

function messageIn(message: unknown): Message {
  const { MessageId: id, ReceiptHandle: receipt, Body: body } = isJsonObject(message) ? message : {};
  if (typeof id === 'string' && typeof receipt === 'string' && typeof body === 'string') return { id, receipt, body };
  throw badAnswer('ReceiveMessage');
}

function parsed(action: string, body: Buffer): JsonObject {
  try {
    const answer: unknown = JSON.parse(body.toString());
    if (isJsonObject(answer)) return answer;
  } catch {
    // Said below: what answers is not SQS.
  }
  throw badAnswer(action);
}

/** All of it is worth another try, since somebody may put it right. */
function sqsError(code: string, message: string): DeliveryError {
  return new DeliveryError(message, { code: `SQS.${code}`, retryable: true });
}

function refusal(action: string, status: number, body: string): DeliveryError {
  const { __type, message, Message } = membersOf(body);
  const name = textOf(__type).split('#').at(-1) ?? '';
  const said = textOf(message) || textOf(Message);
  return sqsError(name || `Status${status}`, `SQS answered ${action} with ${status} ${name}${said && `: ${said}`}`);
}

function unreachable(action: string, thrown: unknown): DeliveryError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return sqsError('Unreachable', `SQS did not answer ${action}: ${error.message.slice(0, TEXT_MOST)}`);
}

function tookTooLong(action: string): DeliveryError {
  return sqsError('Unreachable', `SQS did not answer ${action} in time.`);
}

function badAnswer(action: string): DeliveryError {
  return sqsError('BadAnswer', `The answer to ${action} is not what SQS says.`);
}

function withoutCredentials(why: string): DeliveryError {
  return sqsError('AccessDenied', `No AWS credentials to read from SQS with: ${why}`);
}
