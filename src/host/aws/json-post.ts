import { Agent as HttpAgent, request as http, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import type { DeliveryError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { awsCredentials } from './credentials.ts';
import { type Credentials, signed } from './signature.ts';

export interface JsonService {
  /** As in signatures and host names: `kinesis`. */
  readonly service: string;
  /** The URL of what speaks the service's API; absent for AWS. */
  readonly endpoint?: string | undefined;
  /** Of AWS's JSON protocol; 1.1 unless the service speaks an older one. */
  readonly version?: '1.0';
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: (() => Promise<Credentials>) | undefined;
  /** What is thrown when there are no credentials. */
  readonly withoutCredentials: (why: string) => DeliveryError;
}

export interface JsonCall {
  /** `Kinesis_20131202.GetRecords`. */
  readonly target: string;
  readonly input: JsonObject;
  readonly region: string;
  /** In ms since the epoch, by the server's clock. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly answerMostBytes: number;
  /** What is thrown instead of reading a longer answer to its end. */
  readonly tooLong: () => DeliveryError;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface JsonPost {
  /** One signed request of AWS's JSON protocol. Rejects with what the connection did when no whole answer came. */
  post(call: JsonCall): Promise<JsonAnswer>;
  close(): void;
}

const CONNECTIONS = 64;

/** Speaks AWS's JSON protocol, with connections that are kept. */
export function jsonPost({ service, endpoint, version, credentials, withoutCredentials }: JsonService): JsonPost {
  const find = credentials ?? awsCredentials({ isEmulator: endpoint !== undefined });
  const keepAlive = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { http: new HttpAgent(keepAlive), https: new HttpsAgent(keepAlive) };

  async function found(): Promise<Credentials> {
    try {
      return await find();
    } catch (error) {
      // The search's own words name files and roles, but no secret.
      throw withoutCredentials(error instanceof Error ? error.message : String(error));
    }
  }

  return {
    async post({ target, input, region, now, signal, ...limits }) {
      const url = new URL(
        endpoint ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
      );
      const body = Buffer.from(JSON.stringify(input));
      const request = { method: 'POST', url, body, headers: { 'x-amz-target': target } };
      const headers = {
        ...signed(request, await found(), { region, service, now }),
        'content-type': `application/x-amz-json-${version ?? '1.1'}`,
        'content-length': body.length,
      };
      const isHttps = url.protocol === 'https:';
      const options = { method: 'POST', headers, signal, agent: isHttps ? agents.https : agents.http };
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = (isHttps ? https : http)(url, options, resolve);
        sent.on('error', reject);
        sent.end(body);
      });
      return { status: response.statusCode ?? 0, headers: response.headers, body: await bodyOf(response, limits) };
    },

    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function bodyOf(
  response: IncomingMessage,
  { answerMostBytes, tooLong }: Pick<JsonCall, 'answerMostBytes' | 'tooLong'>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > answerMostBytes) throw tooLong(); // which ends the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
