import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { ApiError } from '../core/errors.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Hydrant } from '../local/hydrant.ts';
import type { Route } from '../local/server.ts';
import { DELIVERY_MOST_BYTES } from '../sources/http-delivery.ts';
import { VERSION } from './version.ts';

/** What `hydrant serve` answers beside the Firehose API: is it alive, can it take puts, deliver now, other ways in. */
export function routes(hydrant: Hydrant): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ['GET /health', { answer: async () => alive() }],
    ['GET /ready', { answer: async () => ready(hydrant) }],
    ['POST /_hydrant/flush', { answer: (request) => flush(hydrant, request) }],
    ['POST /http-delivery/*', { answer: hydrant.httpDelivery, requestBytes: DELIVERY_MOST_BYTES }],
    ['POST /sns/*', { answer: hydrant.sns }],
  ]);
}

function alive(): ApiResponse {
  return json(200, { status: 'alive', version: VERSION, uptimeSeconds: process.uptime() });
}

function ready(hydrant: Hydrant): ApiResponse {
  const { usedBytes, budgetBytes } = hydrant.usage();
  const isReady = hydrant.isReady();
  const buffer = { usedBytes, budgetBytes, damaged: { ...hydrant.damaged() } };
  const sources = hydrant.sources().map((source) => ({ ...source }));
  const body = { status: isReady ? 'ready' : 'not ready', buffer, ...(sources.length > 0 && { sources }) };
  return json(isReady ? 200 : 503, body);
}

/**
 * Delivers one stream's buffer, or all, and says what came of it: `{"DeliveryStreamName": "orders"}` or `{}`. Signed as
 * the Firehose API is, wherever it comes from: behind a proxy on this machine everybody comes from this machine.
 */
async function flush(hydrant: Hydrant, request: ApiRequest): Promise<ApiResponse> {
  refuseForeignPages(request);
  const caller = await hydrant.gate(request);
  const streamName = streamNameIn(request.body);
  caller.authorize('hydrant:Flush', streamName);
  const { batches, records, postponed } = await hydrant.flush(streamName);
  const names = new Map((await hydrant.streams.list()).map(({ id, name }) => [id, name]));
  const failures = postponed.map(({ streamId, code, message }) => ({
    DeliveryStreamName: names.get(streamId) ?? null,
    code,
    message,
  }));
  return json(200, { batches, records, postponed: failures });
}

function streamNameIn(body: Uint8Array): string | undefined {
  let input: unknown;
  try {
    input = body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new ApiError('SerializationException', 'The body is not JSON.');
  }
  const name = isJsonObject(input) ? (input.DeliveryStreamName ?? undefined) : null;
  if (name === undefined || typeof name === 'string') return name;
  throw new ApiError('SerializationException', 'The body must be {} or {"DeliveryStreamName": "<name>"}.');
}

/**
 * A web page that a browser on this machine has open can send requests here. With this content type the browser asks
 * first, which we do not answer; and where it says whose page it is, it must be our own.
 */
function refuseForeignPages({ headers }: ApiRequest): void {
  const contentType = headers['content-type'];
  if (typeof contentType !== 'string' || !/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new ApiError('UnsupportedMediaTypeException', 'The Content-Type must be application/json.', 415);
  }
  const { origin, host } = headers;
  if (origin === undefined || (typeof origin === 'string' && hostOf(origin) === host)) return;
  throw new ApiError('AccessDeniedException', 'Pages of other sites may not do this.', 403);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function json(status: number, value: JsonValue): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` };
}
