import { isJsonObject, type JsonObject } from '../core/json.ts';
import { decodeBase64 } from '../formats/base64.ts';
import { malformed } from './refusals.ts';

export interface DirectRecords {
  readonly streamName: string;
  readonly records: readonly Uint8Array[];
}

/** Whether a payload is that of a program which invokes Hydrant's function itself. */
export function isDirect(value: JsonObject): boolean {
  return value.deliveryStreamName !== undefined;
}

/** `{ deliveryStreamName, records: [{ data }] }`, each data in base64. Throws an `ApiError` that names the member. */
export function directRecords({ deliveryStreamName, records }: JsonObject): DirectRecords {
  if (typeof deliveryStreamName !== 'string') throw malformed('deliveryStreamName must be a text.');
  if (!Array.isArray(records)) throw malformed('records must be a list of { data }.');
  return { streamName: deliveryStreamName, records: records.map(dataOf) };
}

function dataOf(record: unknown, i: number): Uint8Array {
  const data = isJsonObject(record) && typeof record.data === 'string' ? decodeBase64(record.data) : undefined;
  if (data === undefined) throw malformed(`records[${i}].data must be base64.`);
  return data;
}
