import { isJsonObject, type JsonValue } from '../core/json.ts';
import { decodeBase64 } from '../formats/base64.ts';
import { malformed } from './refusals.ts';

/** The data of `records`, a list of `{ data }` with each in base64. Throws an `ApiError` that names the member. */
export function dataIn(records: JsonValue | undefined): readonly Uint8Array[] {
  if (!Array.isArray(records)) throw malformed('records must be a list of { data }.');
  return records.map(dataOf);
}

function dataOf(record: JsonValue, i: number): Uint8Array {
  const data = isJsonObject(record) && typeof record.data === 'string' ? decodeBase64(record.data) : undefined;
  if (data === undefined) throw malformed(`records[${i}].data must be base64.`);
  return data;
}
