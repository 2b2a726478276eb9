import { isAscii } from 'node:buffer';
import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Alarm } from '../../host/alarm.ts';
import { jsonPost } from '../../host/aws/json-post.ts';
import type { Credentials } from '../../host/aws/signature.ts';
import { badAnswer, refusal, unreachable } from './kinesis-error.ts';

export interface KinesisSettings {
  /** The URL of what speaks Kinesis' API; absent for AWS. */
  readonly endpoint?: string;
  /** Where the streams are; absent: where their ARNs say. */
  readonly region?: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

export interface KinesisClient {
  /** One call. Rejects with a `DeliveryError`, code `Kinesis.…`, or with the signal's reason once that aborted. */
  call(
    action: string,
    input: JsonObject,
    to: { readonly region: string; readonly signal: AbortSignal },
  ): Promise<JsonObject>;
  close(): void;
}

/** Of one answer. GetRecords gives at most 10 MiB of records, in base64 and with their keys. */
const ANSWER_MOST_BYTES = 32 * 1024 * 1024;
/** How long an answer may take: GetRecords gives megabytes, all others give little. */
const longestMs = (action: string): number => (action === 'GetRecords' ? 30_000 : 5_000);

/** Calls Kinesis' API. It keeps right by the server's clock where ours is wrong. */
export function kinesisClient(
  settings: KinesisSettings,
  { now, alarm }: { readonly now: () => number; readonly alarm: Alarm },
): KinesisClient {
  const { post, close } = jsonPost({ service: 'kinesis', ...settings, withoutCredentials });
  let clockBehindMs = 0;

  return {
    async call(action, input, { region, signal }) {
      // Not AbortSignal.any: the caller's signal lives for as long as a shard is read, and would gather those.
      const stop = new AbortController();
      const giveUp = (): void => stop.abort(signal.reason);
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp);
      const cancel = alarm(now() + longestMs(action), () => stop.abort(tookTooLong(action)));
      try {
        const { status, headers, body } = await post({
          ...{ target: `Kinesis_20131202.${action}`, input, region, signal: stop.signal },
          now: now() + clockBehindMs,
          answerMostBytes: ANSWER_MOST_BYTES,
          tooLong: () => badAnswer(action, 'is too long'),
        });
        if (status === 200) return parsed(action, body);
        const { error, mayBeClock } = refusal(action, status, body.toString());
        const theirs = Date.parse(headers.date ?? '');
        if (mayBeClock && !Number.isNaN(theirs)) clockBehindMs = theirs - now();
        throw error;
      } catch (error) {
        if (stop.signal.aborted) throw stop.signal.reason;
        throw error instanceof DeliveryError ? error : unreachable(action, asError(error));
      } finally {
        cancel();
        signal.removeEventListener('abort', giveUp);
      }
    },

    close,
  };
}

function tookTooLong(action: string): DeliveryError {
  const message = `Kinesis did not answer ${action} within ${longestMs(action) / 1_000} seconds.`;
  return new DeliveryError(message, { code: 'Kinesis.Unreachable', retryable: true });
}

function parsed(action: string, body: Buffer): JsonObject {
  if (body.length === 0) return {}; // of an action that has nothing to tell
  let answer: unknown;
  try {
    // All base64 and, mostly, all keys are ASCII, which is read much faster.
    answer = JSON.parse(isAscii(body) ? body.toString('latin1') : body.toString());
  } catch {
    throw badAnswer(action, 'is not JSON');
  }
  if (isJsonObject(answer)) return answer;
  throw badAnswer(action, 'is not an object');
}

function withoutCredentials(why: string): DeliveryError {
  const message = `No AWS credentials to read from Kinesis with: ${why}`;
  return new DeliveryError(message, { code: 'Kinesis.AccessDenied', retryable: true });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
