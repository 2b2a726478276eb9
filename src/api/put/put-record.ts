import type { ApiContext } from '../context.ts';
import type { Authorize } from '../operation.ts';
import { nextPutPart, recordPart } from './record-ids.ts';
import { takeIn } from './take-in.ts';

/**
 * PutRecord: answered once the record is durable.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
 */
export async function putRecord(context: ApiContext, body: Uint8Array, authorize: Authorize): Promise<string> {
  await takeIn(context, body, { kind: 'one', authorize });
  return `{"RecordId":"${nextPutPart()}${recordPart(0)}","Encrypted":false}`;
}
