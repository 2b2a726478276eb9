import assert from 'node:assert';
import type { PromptDestination, Slice } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import type { RefusedRecord } from '../src/core/refusals.ts';
import type { Secrets } from '../src/core/secrets.ts';
import { codec } from '../src/formats/compression.ts';
import { derivedUuid } from '../src/formats/derived-names.ts';
import { type Form, firehoseForm, plainForm } from './http/forms.ts';
import { hintedLimits } from './http/hinted-limits.ts';
import { poster } from './http/post.ts';
import { retryAfterMs } from './http/retry-after.ts';
import { heedRefusal, secretText } from './http/secret-text.ts';
import { sized } from './http/sized.ts';

export interface HttpEndpointPorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly secrets: Secrets;
  /** How long an answer may take, in ms; Firehose's 3 minutes unless given. */
  readonly timeoutMs?: number;
}

/**
 * Firehose's HTTP endpoint delivery protocol, 1.0: a slice is one request, with an id that is the same in every
 * attempt. https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 *
 * Beyond AWS: a request that is too large (413) is sent in halves instead of being lost, and the stream's `HttpBody`
 * sends lines of JSON or a JSON array to endpoints that do not know the protocol.
 */
export default function httpEndpoint(ports: HttpEndpointPorts): PromptDestination {
  const { now, secrets, timeoutMs = ANSWER_WITHIN_MS } = ports;
  const post = poster({ codes: CODES, timeoutMs, answerMostBytes: ANSWER_MOST_BYTES });

  return {
    limits: hintedLimits,

    async deliver(slice, signal) {
      const { Url: url, AccessKey: otherwise } = endpointOf(slice.config);
      const accessKey = await secretText(slice.config, { secrets, member: 'api_key', otherwise });
      const requestId = derivedUuid(slice.id);
      const form = formOf(slice, { requestId, timestamp: now() });
      const refused: RefusedRecord[] = [];
      const { body, headers } = await contentOf(slice, form, (record) => refused.push(record));
      const request = { ...headers, ...headersOf(slice, { requestId, accessKey }), 'Content-Type': form.contentType };
      const answer = await post({ url, headers: request, body }, signal);
      const problem = form.problemWith(answer);
      if (problem === undefined) return { bytes: slice.bytes, refused };
      heedRefusal(slice.config, { secrets, status: answer.status });
      const isTooLarge = answer.status === 413;
      throw new DeliveryError(without(accessKey, problem.message), {
        ...{ code: problem.code, retryable: !isTooLarge, isTooLarge, retryAfterMs: retryAfterMs(answer, now()) },
      });
    },
  };
}

const ANSWER_WITHIN_MS = 180_000;
/** The protocol's limit. */
const ANSWER_MOST_BYTES = 1024 * 1024;

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html */
const CODES = {
  timeout: 'HttpEndpoint.RequestTimeout',
  'connection failed': 'HttpEndpoint.ConnectionFailed',
  'connection reset': 'HttpEndpoint.ConnectionReset',
  TLS: 'HttpEndpoint.SSLHandshakeFailure',
  certificate: 'HttpEndpoint.SSLHandshakeCertificatePathValidationFailure',
  'answer too large': 'HttpEndpoint.ResponseTooLarge',
  'not HTTP': 'HttpEndpoint.IllegalResponseFailure',
  'bad URL': 'HttpEndpoint.MakeRequestFailure.IllegalUriException',
  'bad header': 'HttpEndpoint.MakeRequestFailure.IllegalCharacterInHeaderValue',
};

interface Request {
  readonly requestId: string;
  readonly accessKey: string | undefined;
}

function formOf({ extensions = {} }: Slice, request: { requestId: string; timestamp: number }): Form {
  const { HttpBody } = extensions;
  return HttpBody === 'NDJSON' || HttpBody === 'JSON' ? plainForm(HttpBody) : firehoseForm(request);
}

/** The body, with the headers that say how it is sent. */
async function contentOf(slice: Slice, form: Form, refuse: (record: RefusedRecord) => void) {
  if (requestOptionsOf(slice.config).ContentEncoding === 'GZIP') {
    const { compress } = codec('GZIP', { entryName: '' });
    return { body: await sized(compress(form.body(slice, refuse))), headers: { 'Content-Encoding': 'gzip' } };
  }
  if (form.bodyBytes === undefined) return { body: await sized(form.body(slice, refuse)), headers: {} };
  const headers = { 'Content-Length': `${await form.bodyBytes(slice)}` };
  return { body: form.body(slice, refuse), headers };
}

function headersOf({ config, stream }: Slice, { requestId, accessKey }: Request): Record<string, string> {
  const attributes = commonAttributesOf(config);
  return {
    'X-Amz-Firehose-Protocol-Version': '1.0',
    'X-Amz-Firehose-Request-Id': requestId,
    'X-Amz-Firehose-Source-Arn': stream.arn,
    ...(accessKey !== undefined && { 'X-Amz-Firehose-Access-Key': accessKey }),
    ...(attributes !== undefined && { 'X-Amz-Firehose-Common-Attributes': attributes }),
    'User-Agent': 'Amazon Kinesis Data Firehose Agent/1.0',
  };
}

/** JSON in ASCII, the only text that every server reads alike in a header. */
function commonAttributesOf(config: JsonObject): string | undefined {
  const { CommonAttributes } = requestOptionsOf(config);
  if (!Array.isArray(CommonAttributes) || CommonAttributes.length === 0) return undefined;
  const pairs = CommonAttributes.filter(isJsonObject).map(
    ({ AttributeName, AttributeValue }) => [String(AttributeName), AttributeValue] as const,
  );
  return JSON.stringify({ commonAttributes: Object.fromEntries(pairs) }).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function endpointOf({ EndpointConfiguration: endpoint }: JsonObject): JsonObject & { readonly Url: string } {
  assert(isJsonObject(endpoint) && typeof endpoint.Url === 'string', 'a stored HTTP endpoint has a URL');
  return { ...endpoint, Url: endpoint.Url };
}

function requestOptionsOf({ RequestConfiguration: options }: JsonObject): JsonObject {
  return isJsonObject(options) ? options : {};
}

/** An endpoint may say the key it was given in its answer. */
function without(accessKey: string | undefined, message: string): string {
  return accessKey === undefined ? message : message.replaceAll(accessKey, '***');
}
