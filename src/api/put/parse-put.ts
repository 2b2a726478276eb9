import { ApiError } from '../../core/errors.ts';
import { jsonObjectIn } from '../json-body.ts';
import { blob, list, string, structure, validate } from '../shapes/index.ts';
import { BATCH_BYTES_MOST, BATCH_RECORDS_MOST, RECORD_BYTES_MOST } from './limits.ts';
import type { Put, PutKind } from './put.ts';

const streamName = string({ min: 1, max: 64, pattern: '[a-zA-Z0-9_.-]+' });
const record = structure({ Data: blob({ max: RECORD_BYTES_MOST }) }, ['Data']);

const putRecordInput = structure({ DeliveryStreamName: streamName, Record: record }, ['DeliveryStreamName', 'Record']);

const putRecordBatchInput = structure(
  { DeliveryStreamName: streamName, Records: list(record, { min: 1, max: BATCH_RECORDS_MOST }) },
  ['DeliveryStreamName', 'Records'],
);

/** Reads a put's body by way of JSON.parse, whatever its form, and says what is wrong with it. */
export function parsePut(body: Uint8Array, kind: PutKind): Put {
  const input = jsonObjectIn(body);
  if (kind === 'one') {
    const { DeliveryStreamName, Record } = validate(putRecordInput, input, '');
    return packed(DeliveryStreamName, [Record.Data]);
  }
  const { DeliveryStreamName, Records } = validate(putRecordBatchInput, input, '');
  const put = packed(
    DeliveryStreamName,
    Records.map(({ Data }) => Data),
  );
  // The service model has no such limit, so this is not one of the shape's faults. The wording is AWS's.
  if (put.data.length > BATCH_BYTES_MOST) {
    throw new ApiError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  }
  return put;
}

function packed(name: string, records: readonly Uint8Array[]): Put {
  return {
    streamName: name,
    data: Buffer.concat(records),
    lengths: Uint32Array.from(records, ({ length }) => length),
  };
}
