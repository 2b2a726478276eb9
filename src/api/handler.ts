import { ApiError } from '../core/errors.ts';
import { gunzipped } from '../formats/gunzip.ts';
import type { ApiContext, ApiRequest, ApiResponse, Caller } from './context.ts';
import { jsonObjectIn } from './json-body.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS, type TableEntry } from './operations/index.ts';
import { serializationError } from './shapes/index.ts';

/**
 * The largest body an operation gets to see, in bytes after decoding. The largest that Firehose accepts is a
 * PutRecordBatch of 4 MiB, which base64 makes a third larger, with room for a client that writes much white space.
 */
export const BODY_MOST_BYTES = 16 * 1024 * 1024;

const JSON_1_1 = 'application/x-amz-json-1.1';
const TARGET_PREFIX = 'Firehose_20150804.';

/**
 * Firehose's wire API, AWS JSON 1.1: a request in, its answer out. The promise never rejects: what is the caller's
 * doing is answered as AWS would, what is a bug of ours is logged and answered 500.
 */
export function api(context: ApiContext): (request: ApiRequest) => Promise<ApiResponse> {
  return async (request) => {
    const requestId = context.newRequestId();
    try {
      const call = callIn(request);
      // The body is signed as it is sent, compressed or not.
      const caller = await context.gate(request);
      const isCompressed = request.headers['content-encoding'] !== undefined;
      const run = isCompressed ? runInflated(context, { ...call, caller }) : runCall(context, { ...call, caller });
      return answer(200, await run, { requestId });
    } catch (error) {
      return refusal(context, request, error, requestId);
    }
  };
}

interface Call {
  readonly name: string;
  readonly operation: TableEntry;
  readonly request: ApiRequest;
}

function callIn(request: ApiRequest): Call {
  const { method, url, headers, body } = request;
  if (method !== 'POST' || !(url === '/' || url.startsWith('/?')) || !isJson(headers['content-type']))
    throw notTheApi();
  const name = targetOf(headers['x-amz-target']);
  const operation = OPERATIONS.get(name);
  if (operation === undefined) throw new ApiError('UnknownOperationException', 'The operation is not one of Firehose.');
  if (body.length > BODY_MOST_BYTES) throw tooLarge();
  return { name, operation, request };
}

type CallOfCaller = Call & { readonly caller: Caller };

/** Not an async function: a put has enough to wait for. */
function runCall(context: ApiContext, call: CallOfCaller): Promise<string> {
  const { name, operation, caller, request } = call;
  if (operation.reads === 'json') return runJson(context, call, operation.run);
  return operation.run(context, request.body, (streamName) => caller.authorize(`firehose:${name}`, streamName));
}

async function runJson(context: ApiContext, { name, caller, request }: CallOfCaller, run: Operation): Promise<string> {
  const input = jsonObjectIn(request.body);
  const { DeliveryStreamName } = input;
  // Of all operations only this one is about no stream in particular, whatever its body says. A name that is no text
  // does not get past the operation's own check.
  if (name === 'ListDeliveryStreams') caller.authorize('firehose:ListDeliveryStreams');
  else caller.authorize(`firehose:${name}`, typeof DeliveryStreamName === 'string' ? DeliveryStreamName : '');
  return JSON.stringify(await run(context, input, caller.region));
}

function isJson(contentType: ApiRequest['headers'][string]): boolean {
  if (contentType === JSON_1_1) return true;
  return typeof contentType === 'string' && /^application\/(x-amz-json-1\.[01]|json)\s*(;|$)/i.test(contentType);
}

function targetOf(header: ApiRequest['headers'][string]): string {
  return typeof header === 'string' && header.startsWith(TARGET_PREFIX) ? header.slice(TARGET_PREFIX.length) : '';
}

/**
 * What all compressed requests under way in this process may grow to. A host limits the bodies it receives, not what is
 * in them.
 */
const inflated = { freeBytes: 8 * BODY_MOST_BYTES };

/**
 * How far a body will grow is known only afterwards, so each claims the most it may, for as long as its request lasts.
 */
async function runInflated(context: ApiContext, call: CallOfCaller): Promise<string> {
  if (inflated.freeBytes < BODY_MOST_BYTES) throw new ApiError('ServiceUnavailableException', 'Slow down.', 503);
  inflated.freeBytes -= BODY_MOST_BYTES;
  try {
    return await runCall(context, { ...call, request: { ...call.request, body: await decoded(call.request) } });
  } finally {
    inflated.freeBytes += BODY_MOST_BYTES;
  }
}

/** Fluent Bit and others compress what they put. */
async function decoded({ headers, body }: ApiRequest): Promise<Uint8Array> {
  // In any case, and with an older name for gzip: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
  const encoding = String(headers['content-encoding']).toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw serializationError(`Content-Encoding ${encoding} is not supported; gzip is.`);
  }
  const inflated = await gunzipped(body, BODY_MOST_BYTES);
  if (inflated === 'too large') throw tooLarge();
  if (inflated !== 'not gzip') return inflated;
  throw serializationError('The request body is not gzip, though its Content-Encoding says so.');
}

function tooLarge(): ApiError {
  return new ApiError(
    'RequestEntityTooLargeException',
    `The request body is larger than ${BODY_MOST_BYTES} bytes.`,
    413,
  );
}

/** What AWS answers to whatever does not address the API at all. */
function notTheApi(): ApiError {
  const target = `${TARGET_PREFIX}<operation>`;
  const message = `The Firehose API takes POST / with Content-Type ${JSON_1_1} and X-Amz-Target ${target}.`;
  return new ApiError('UnknownOperationException', message, 404);
}

function refusal(context: ApiContext, request: ApiRequest, error: unknown, requestId: string): ApiResponse {
  if (error instanceof ApiError) return errorAnswer(error, requestId);
  context.warn('A request failed through a fault of ours; it was answered 500 InternalFailure.', {
    requestId,
    target: String(request.headers['x-amz-target']).slice(0, 100),
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return internalFailure(requestId);
}

/** The answer to a request that failed through a fault of ours, for a host that could not even ask the API. */
export function internalFailure(requestId: string): ApiResponse {
  const message = 'The request failed for a reason of the service; its log says more.';
  return errorAnswer(new ApiError('InternalFailure', message, 500), requestId);
}

function errorAnswer({ status, code, message }: ApiError, requestId: string): ApiResponse {
  return answer(status, JSON.stringify({ __type: code, message }), { requestId, errorType: code });
}

function answer(
  status: number,
  body: string,
  { requestId, errorType }: { readonly requestId: string; readonly errorType?: string },
): ApiResponse {
  const headers = { 'content-type': JSON_1_1, 'x-amzn-requestid': requestId };
  return { status, headers: errorType === undefined ? headers : { ...headers, 'x-amzn-errortype': errorType }, body };
}
