import { isAscii } from 'node:buffer';
import { Agent as HttpAgent, request as http, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Alarm } from '../attempts.ts';
import { awsCredentials } from '../functions/credentials.ts';
import { type Credentials, signed } from '../functions/signature.ts';
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
const CONNECTIONS = 64;

/** Calls Kinesis' API. It keeps right by the server's clock where ours is wrong. */
export function kinesisClient(
  settings: KinesisSettings,
  { now, alarm }: { readonly now: () => number; readonly alarm: Alarm },
): KinesisClient {
  const { endpoint } = settings;
  const credentials = settings.credentials ?? awsCredentials({ isEmulator: endpoint !== undefined });
  const keepAlive = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { http: new HttpAgent(keepAlive), https: new HttpsAgent(keepAlive) };
  let clockBehindMs = 0;

  async function send(action: string, input: JsonObject, { region, signal }: { region: string; signal: AbortSignal }) {
    const url = new URL(endpoint ?? `https://kinesis.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
    const body = Buffer.from(JSON.stringify(input));
    const further = { 'x-amz-target': `Kinesis_20131202.${action}` };
    const scope = { region, service: 'kinesis', now: now() + clockBehindMs };
    const headers = {
      ...signed({ method: 'POST', url, body, headers: further }, await foundBy(credentials), scope),
      'content-type': 'application/x-amz-json-1.1',
      'content-length': body.length,
    };
    const isHttps = url.protocol === 'https:';
    const options = { method: 'POST', headers, signal, agent: isHttps ? agents.https : agents.http };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (isHttps ? https : http)(url, options, resolve);
      request.on('error', reject);
      request.end(body);
    });
    return { response, body: await bodyOf(response, action) };
  }

  return {
    async call(action, input, { region, signal }) {
      // Not AbortSignal.any: the caller's signal lives for as long as a shard is read, and would gather those.
      const stop = new AbortController();
      const giveUp = (): void => stop.abort(signal.reason);
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp);
      const cancel = alarm(now() + longestMs(action), () => stop.abort(tookTooLong(action)));
      try {
        const { response, body } = await send(action, input, { region, signal: stop.signal });
        const { statusCode = 0, headers } = response;
        if (statusCode === 200) return parsed(action, body);
        const { error, mayBeClock } = refusal(action, statusCode, body.toString());
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

    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function tookTooLong(action: string): DeliveryError {
  const message = `Kinesis did not answer ${action} within ${longestMs(action) / 1_000} seconds.`;
  return new DeliveryError(message, { code: 'Kinesis.Unreachable', retryable: true });
}

async function bodyOf(response: IncomingMessage, action: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > ANSWER_MOST_BYTES) throw badAnswer(action, 'is too long'); // which ends the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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

async function foundBy(credentials: () => Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials();
  } catch (error) {
    // The search's own words name files and roles, but no secret.
    const message = `No AWS credentials to read from Kinesis with: ${asError(error).message}`;
    throw new DeliveryError(message, { code: 'Kinesis.AccessDenied', retryable: true });
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
