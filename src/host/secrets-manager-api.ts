import { DeliveryError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Alarm } from './alarm.ts';
import { membersOf, TEXT_MOST, textOf } from './aws/answer.ts';
import { type JsonAnswer, jsonPost } from './aws/json-post.ts';
import type { Credentials } from './aws/signature.ts';

export interface SecretsManagerSettings {
  /** The URL of what speaks the API of Secrets Manager; absent for AWS. */
  readonly endpoint?: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

export interface SecretsManagerPorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly alarm: Alarm;
}

export type AskedSecret =
  | { readonly secret: JsonObject }
  /** `isOutage` when that says nothing of the secret: Secrets Manager could not be asked. */
  | { readonly failure: DeliveryError; readonly isOutage: boolean };

export interface SecretsManagerApi {
  /** The current version of a secret. */
  ask(arn: string): Promise<AskedSecret>;
  close(): void;
}

const ANSWER_LONGEST_MS = 10_000;
/** A secret has at most 64 KiB, which escapes make six times as long. */
const ANSWER_MOST_BYTES = 1024 * 1024;

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export function secretsManagerApi(settings: SecretsManagerSettings, ports: SecretsManagerPorts): SecretsManagerApi {
  const { now, alarm } = ports;
  const { post, close } = jsonPost({ service: 'secretsmanager', ...settings, withoutCredentials });

  return {
    async ask(arn) {
      const stop = new AbortController();
      const cancel = alarm(now() + ANSWER_LONGEST_MS, () => stop.abort());
      try {
        const answer = await post({
          ...{ target: 'secretsmanager.GetSecretValue', input: { SecretId: arn }, region: arn.split(':')[3] ?? '' },
          ...{ now: now(), signal: stop.signal, answerMostBytes: ANSWER_MOST_BYTES },
          tooLong: () => unavailable(`The answer of Secrets Manager for ${arn} is longer than 1 MiB.`),
        });
        return answer.status === 200 ? secretIn(arn, answer.body) : refusal(arn, answer);
      } catch (error) {
        if (error instanceof DeliveryError) return { failure: error, isOutage: true };
        return { failure: unanswered(arn, { error, hasTimedOut: stop.signal.aborted }), isOutage: true };
      } finally {
        cancel();
      }
    },

    close,
  };
}

function secretIn(arn: string, body: Buffer): AskedSecret {
  const { SecretString, SecretBinary } = membersOf(body.toString());
  const text = typeof SecretBinary === 'string' ? Buffer.from(SecretBinary, 'base64').toString() : SecretString;
  const secret = typeof text === 'string' ? membersIn(text) : undefined;
  if (secret !== undefined) return { secret };
  return { failure: unavailable(`The secret ${arn} in Secrets Manager is not a JSON object.`), isOutage: false };
}

function membersIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // the message of the parser would quote the secret
  }
}

/** What Secrets Manager answered instead of the secret. */
function refusal(arn: string, { status, body }: JsonAnswer): AskedSecret {
  const { __type, message, Message } = membersOf(body.toString());
  // Types come as `Name` or `prefix#Name`.
  const name = textOf(__type).split('#').at(-1) ?? '';
  const said = textOf(message) || textOf(Message);
  const failure = unavailable(`Secrets Manager answered for ${arn} with ${status} ${name}${said && `: ${said}`}`);
  return { failure, isOutage: status === 429 || status >= 500 || name === 'ThrottlingException' };
}

function unanswered(
  arn: string,
  { error, hasTimedOut }: { readonly error: unknown; readonly hasTimedOut: boolean },
): DeliveryError {
  if (hasTimedOut) {
    return unavailable(`Secrets Manager did not answer for ${arn} within ${ANSWER_LONGEST_MS / 1_000} seconds.`);
  }
  const { message, code }: Error & { readonly code?: unknown } =
    error instanceof Error ? error : new Error(String(error));
  const why = `${typeof code === 'string' ? `${code}: ` : ''}${message.slice(0, TEXT_MOST)}`;
  return unavailable(`Secrets Manager did not answer for ${arn} (${why}).`);
}

function withoutCredentials(why: string): DeliveryError {
  return unavailable(`No AWS credentials to read secrets from Secrets Manager with: ${why}`);
}

/** Nothing has left, and somebody may put it right. */
function unavailable(message: string): DeliveryError {
  return new DeliveryError(message, { code: 'Hydrant.SecretUnavailable', retryable: true, refused: true });
}
