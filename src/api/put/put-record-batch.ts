import type { ApiContext } from '../context.ts';
import type { Authorize } from '../operation.ts';
import { BATCH_RECORDS_MOST } from './limits.ts';
import { nextPutPart, recordPart } from './record-ids.ts';
import { takeIn } from './take-in.ts';

/**
 * PutRecordBatch: answered once all records are durable. They are taken in together, so `FailedPutCount` is always 0:
 * when there is no room the whole call is refused, and clients send the whole batch again.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export async function putRecordBatch(context: ApiContext, body: Uint8Array, authorize: Authorize): Promise<string> {
  const records = await takeIn(context, body, { kind: 'many', authorize });
  return answer(records);
}

const HEAD = '{"FailedPutCount":0,"Encrypted":false,"RequestResponses":[{"RecordId":"';
const BETWEEN = Array.from({ length: BATCH_RECORDS_MOST }, (_, record) => `${recordPart(record)}"},{"RecordId":"`);
const TAIL = '"}]}';

/**
 * The ids of a put differ only in their last part, so the answer is fixed text joined by the first; no object is made
 * for a record.
 */
function answer(records: number): string {
  const putPart = nextPutPart();
  const between = BETWEEN.slice(0, records - 1);
  return `${[HEAD, ...between, ''].join(putPart)}${recordPart(records - 1)}${TAIL}`;
}
