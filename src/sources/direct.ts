import type { JsonObject } from '../core/json.ts';
import { dataIn } from './record-data.ts';
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
  return { streamName: deliveryStreamName, records: dataIn(records) };
}
