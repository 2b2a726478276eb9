import { isAscii } from 'node:buffer';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { gunzipped } from '../formats/gunzip.ts';
import { dataIn } from './record-data.ts';
import { malformed, tooLarge } from './refusals.ts';

/**
 * Firehose's HTTP endpoint delivery protocol, 1.0, from the side of the endpoint.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */

/** The largest request, as it is sent and inflated, by the protocol. */
export const DELIVERY_MOST_BYTES = 64 * 1024 * 1024;

export interface DeliveryMessage {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface Delivery {
  /** The same in every attempt at the same records. */
  readonly requestId: string;
  readonly records: readonly Uint8Array[];
}

/** What a request delivers. Throws an `ApiError` that says what is wrong with it; then nothing of it may be taken. */
export async function deliveryIn({ headers, body }: DeliveryMessage): Promise<Delivery> {
  const requestId = requestIdIn(headers);
  // A page in a browser cannot send this header to another site unasked, whatever else it sends.
  if (requestId === '') throw malformed('The header X-Amz-Firehose-Request-Id is missing.');
  if (headers['x-amz-firehose-protocol-version'] !== '1.0') {
    throw malformed('The header X-Amz-Firehose-Protocol-Version must be 1.0.');
  }
  checkAttributes(headers['x-amz-firehose-common-attributes']);
  const { requestId: named, records } = jsonIn(await inflated(headers['content-encoding'], body));
  if (named !== requestId) throw malformed('requestId must be that of the header X-Amz-Firehose-Request-Id.');
  return { requestId, records: dataIn(records) };
}

/** How a request says it; empty where it does not. */
export function requestIdIn(headers: DeliveryMessage['headers']): string {
  const header = headers['x-amz-firehose-request-id'];
  return typeof header === 'string' ? header : '';
}

const ERROR_MESSAGE_LONGEST = 8_192;

/** The only members that an answer may have. */
export function deliveryAnswer(requestId: string, now: number, errorMessage?: string): string {
  const error = errorMessage === undefined ? {} : { errorMessage: errorMessage.slice(0, ERROR_MESSAGE_LONGEST) };
  return JSON.stringify({ requestId, timestamp: now, ...error });
}

/** They say something of all records together, for which a record has no place: checked, and no more. */
function checkAttributes(header: DeliveryMessage['headers'][string]): void {
  if (header === undefined) return;
  const { commonAttributes } = typeof header === 'string' ? (parsed(Buffer.from(header)) ?? {}) : {};
  if (isJsonObject(commonAttributes) && Object.values(commonAttributes).every((value) => typeof value === 'string')) {
    return;
  }
  throw malformed('The header X-Amz-Firehose-Common-Attributes must be {"commonAttributes":{"name":"value"}}.');
}

async function inflated(encoding: DeliveryMessage['headers'][string], body: Uint8Array): Promise<Uint8Array> {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw malformed('The Content-Encoding must be gzip, or there must be none.');
  const text = await gunzipped(body, DELIVERY_MOST_BYTES);
  if (text === 'too large') throw tooLarge(`The request's body inflates to more than ${DELIVERY_MOST_BYTES} bytes.`);
  if (text === 'not gzip') throw malformed('The body is not gzip, though its Content-Encoding says so.');
  return text;
}

function jsonIn(body: Uint8Array): JsonObject {
  const value = parsed(body);
  if (value === undefined)
    throw malformed('The body must be a JSON object: {"requestId":"…","timestamp":0,"records":[]}.');
  return value;
}

function parsed(bytes: Uint8Array): JsonObject | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    // All base64 is ASCII, which is read much faster.
    const value: unknown = JSON.parse(text.toString(isAscii(text) ? 'latin1' : 'utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // no JSON
  }
}
