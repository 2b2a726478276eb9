import { ApiError } from '../../core/errors.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { base64Fault } from './base64.ts';
import { BATCH_BYTES_MOST } from './limits.ts';
import type { Put, PutKind } from './read-put.ts';

/** Reads a put's body by way of JSON.parse, and says what is wrong with it. */
export function parsePut(body: Uint8Array, kind: PutKind): Put {
  const { DeliveryStreamName: streamName, Record: record, Records: records } = parse(body);
  const texts = (kind === 'one' ? [record] : Array.isArray(records) ? records : []).map(dataOf);
  if (typeof streamName !== 'string')
    throw new ApiError('SerializationException', 'DeliveryStreamName is not a string.');
  const decoded = texts.map((text) => Buffer.from(text, 'base64'));
  const data = Buffer.concat(decoded);
  if (kind === 'many' && data.length > BATCH_BYTES_MOST) {
    throw new ApiError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  }
  return { streamName, data, lengths: Uint32Array.from(decoded, ({ length }) => length) };
}

function parse(body: Uint8Array) {
  try {
    const value: JsonValue = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new ApiError('SerializationException', 'The request body is not a JSON object.');
}

function dataOf(record: JsonValue | undefined): string {
  const text = isJsonObject(record) ? record.Data : undefined;
  if (typeof text !== 'string') throw new ApiError('SerializationException', 'Data is not a string.');
  const fault = base64Fault(text);
  if (fault !== undefined)
    throw new ApiError('SerializationException', `Data can not be converted to a Blob: ${fault}`);
  return text;
}
