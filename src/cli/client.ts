import http from 'node:http';
import https from 'node:https';
import { ApiError, ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type RequestToSign, signed } from '../host/aws/signature.ts';

/** Where `hydrant serve` listens unless told otherwise. */
export const DEFAULT_ENDPOINT = 'http://127.0.0.1:4573';

export interface Client {
  /** Calls an operation of the Firehose API. `input` may be JSON text already. Throws as `post` does. */
  call(operation: string, input: JsonObject | string): Promise<JsonObject>;
  /**
   * Posts JSON and resolves with the JSON that is answered. Throws an `ApiError` for an answer that is an error, a
   * `ConfigError` when nothing has ever answered at the endpoint, and an error with the system's code when a connection
   * breaks: then nobody knows whether the call took effect.
   */
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<JsonObject>;
  close(): void;
}

/** How long the service may be silent, in ms. A flush of a large buffer to a slow store takes its time. */
const SILENCE_MS = 300_000;
/** The longest answer read, in bytes: 500 record ids are 120 KB. */
const ANSWER_MOST_BYTES = 8 * 1024 * 1024;

/**
 * A client of a running Hydrant, over a few kept connections. Requests are signed when the environment has credentials,
 * in the variables of every AWS tool.
 */
export function client(endpoint: string): Client {
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new ConfigError('--endpoint', `${endpoint} is not a URL such as http://127.0.0.1:4573.`);
  }
  const protocol = new URL(endpoint).protocol === 'https:' ? https : http;
  const agent = new protocol.Agent({ keepAlive: true });
  let hasAnswered = false;

  function post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(failure(error, { endpoint, hasAnswered }));
      const url = new URL(path, endpoint);
      const bytes = Buffer.from(body);
      const signature = signedByEnvironment({ method: 'POST', url, headers, body: bytes });
      const all = { ...headers, ...signature, 'content-length': bytes.length };
      const request = protocol.request(
        url,
        { method: 'POST', agent, headers: all, timeout: SILENCE_MS },
        (response) => {
          hasAnswered = true;
          readAnswer(response)
            .then((answer) => resolve(outputOf(response.statusCode ?? 0, answer)), fail)
            .catch(reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer for ${SILENCE_MS} ms`)));
      request.on('error', fail);
      request.end(bytes);
    });
  }

  return {
    post,
    call(operation, input) {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Firehose_20150804.${operation}`,
      };
      return post('/', headers, typeof input === 'string' ? input : JSON.stringify(input));
    },
    close: () => agent.destroy(),
  };
}

/** Nothing where there are no credentials: a service without keys asks for none. */
function signedByEnvironment(request: RequestToSign): Readonly<Record<string, string>> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = process.env;
  if (!accessKeyId || !secretAccessKey) return {};
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || 'us-east-1';
  const credentials = { accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN || undefined };
  return signed(request, credentials, { region, service: 'firehose', now: Date.now() });
}

async function readAnswer(response: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    length += piece.length;
    if (length > ANSWER_MOST_BYTES) throw new Error(`The answer is longer than ${ANSWER_MOST_BYTES} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const HOW_TO_SIGN =
  'The service asks for signed requests: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of hydrant keys create.';

function outputOf(status: number, answer: string): JsonObject {
  const output = parsed(answer);
  if (status === 200 && output !== undefined) return output;
  const { __type = `Http${status}`, message = 'What answers at the endpoint is not Hydrant.' } = output ?? {};
  const hint = __type === 'MissingAuthenticationTokenException' ? `. ${HOW_TO_SIGN}` : '';
  throw new ApiError(String(__type), `${message}${hint}`, status);
}

function parsed(answer: string): JsonObject | undefined {
  try {
    const output: unknown = JSON.parse(answer);
    return isJsonObject(output) ? output : undefined;
  } catch {
    return undefined;
  }
}

const NOBODY_THERE: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

function failure(cause: Error, { endpoint, hasAnswered }: { endpoint: string; hasAnswered: boolean }): Error {
  const code = 'code' in cause ? cause.code : 'ETIMEDOUT';
  if (!hasAnswered && NOBODY_THERE.has(code)) {
    return new ConfigError('--endpoint', `nothing answers at ${endpoint} (${code}). Does hydrant serve run there?`);
  }
  const error = new Error(`The call to ${endpoint} failed: ${cause.message.trim()}.`, { cause });
  return Object.assign(error, { code });
}
