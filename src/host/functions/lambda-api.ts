import {
  type ClientRequest,
  Agent as HttpAgent,
  request as http,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { DeliveryError } from '../../core/errors.ts';
import { tooLarge } from '../../processors/lambda/halves.ts';
import { RESPONSE_BYTES_MOST } from '../../processors/lambda/response.ts';
import { awsCredentials } from '../aws/credentials.ts';
import { type Credentials, signed } from '../aws/signature.ts';
import { functionNameIn } from './function-arn.ts';
import type { FunctionPorts } from './function-ports.ts';
import { failedFunction, refusedInvocation, timedOut, unreachable } from './lambda-error.ts';

export interface LambdaApiSettings {
  /** The URL of what speaks Lambda's API, such as serverless-offline or SAM; absent for AWS. */
  readonly endpoint?: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

export interface LambdaApi {
  /**
   * Runs the function once with an event's JSON and resolves with its answer's. Rejects with a `DeliveryError` with
   * Firehose's code, or with the signal's reason once that aborted.
   */
  invoke(payload: Uint8Array, call: LambdaCall): Promise<Uint8Array>;
  close(): void;
}

export interface LambdaCall {
  readonly functionArn: string;
  readonly streamName: string;
  readonly signal: AbortSignal;
}

/** Firehose's own limit. https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
const INVOCATION_LONGEST_MS = 5 * 60_000;
const CONNECTIONS = 64;

/** Lambda's Invoke API, as far as Firehose uses it. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function lambdaApi(settings: LambdaApiSettings, { now, alarm, log }: FunctionPorts): LambdaApi {
  const { endpoint } = settings;
  const credentials = settings.credentials ?? awsCredentials({ isEmulator: endpoint !== undefined });
  const keepAlive = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { http: new HttpAgent(keepAlive), https: new HttpsAgent(keepAlive) };

  async function send(payload: Uint8Array, functionArn: string, signal: AbortSignal): Promise<Answer> {
    const url = invocationUrl(functionArn, endpoint);
    const { region } = functionNameIn(functionArn);
    const scope = { region, service: 'lambda', now: now() };
    const headers = {
      ...signed({ method: 'POST', url, body: payload }, await foundBy(credentials), scope),
      'content-type': 'application/json',
      'content-length': payload.length,
      'x-amz-invocation-type': 'RequestResponse',
    };
    const isHttps = url.protocol === 'https:';
    const options = { method: 'POST', headers, signal, agent: isHttps ? agents.https : agents.http };
    return exchange((isHttps ? https : http)(url, options satisfies RequestOptions), payload);
  }

  return {
    async invoke(payload, { functionArn, streamName, signal }) {
      const stop = new AbortController();
      const cancel = alarm(now() + INVOCATION_LONGEST_MS, () => stop.abort(timedOut(functionArn)));
      try {
        const answer = await send(payload, functionArn, AbortSignal.any([signal, stop.signal]));
        const { status, headers, body } = answer;
        const type = headers['x-amzn-errortype'];
        if (status !== 200) {
          throw refusedInvocation({ functionArn, status, type: type?.toString(), body: body.toString() });
        }
        if (headers['x-amz-function-error'] === undefined) return body;
        const { error, detail } = failedFunction(body.toString());
        log({ functionName: functionNameIn(functionArn).name, streamName, level: 'error', text: detail });
        throw error;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (stop.signal.aborted) throw stop.signal.reason;
        throw error instanceof DeliveryError ? error : unreachable(functionArn, asError(error));
      } finally {
        cancel();
      }
    },

    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/**
 * AWS gets the whole ARN, since the function may be another account's. Emulators know functions by name, and some
 * refuse any query, so that a qualifier is named only where it says something.
 */
function invocationUrl(functionArn: string, endpoint: string | undefined): URL {
  const { name, qualifier, region } = functionNameIn(functionArn);
  const base = endpoint ?? `https://lambda.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const named =
    endpoint === undefined ? functionArn : qualifier && qualifier !== '$LATEST' ? `${name}:${qualifier}` : name;
  return new URL(`${base.replace(/\/$/, '')}/2015-03-31/functions/${encodeURIComponent(named)}/invocations`);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Rejects with what the connection did, or with `tooLarge` instead of reading on. */
async function exchange(request: ClientRequest, payload: Uint8Array): Promise<Answer> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  request.end(payload);
  const response = await answered;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > RESPONSE_BYTES_MOST) throw tooLarge('response'); // which ends the connection
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

async function foundBy(credentials: () => Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials();
  } catch (error) {
    // The search's own words name files and roles, but no secret.
    const message = `No AWS credentials to invoke functions with: ${asError(error).message}`;
    throw new DeliveryError(message, { code: 'Lambda.InvalidSecurityToken', retryable: true });
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
