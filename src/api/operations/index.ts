import type { Operation, RawOperation } from '../operation.ts';
import { putRecord } from '../put/put-record.ts';
import { putRecordBatch } from '../put/put-record-batch.ts';
import { createDeliveryStream } from './create-delivery-stream.ts';
import { deleteDeliveryStream } from './delete-delivery-stream.ts';
import { describeDeliveryStream } from './describe-delivery-stream.ts';
import { listDeliveryStreams } from './list-delivery-streams.ts';
import { listTagsForDeliveryStream } from './list-tags-for-delivery-stream.ts';
import { startDeliveryStreamEncryption } from './start-delivery-stream-encryption.ts';
import { stopDeliveryStreamEncryption } from './stop-delivery-stream-encryption.ts';
import { tagDeliveryStream } from './tag-delivery-stream.ts';
import { untagDeliveryStream } from './untag-delivery-stream.ts';
import { updateDestination } from './update-destination.ts';

export type TableEntry =
  | { readonly reads: 'json'; readonly run: Operation }
  | { readonly reads: 'bytes'; readonly run: RawOperation };

/** All of Firehose's operations by their names in X-Amz-Target. */
export const OPERATIONS: ReadonlyMap<string, TableEntry> = new Map<string, TableEntry>([
  ['CreateDeliveryStream', { reads: 'json', run: createDeliveryStream }],
  ['DeleteDeliveryStream', { reads: 'json', run: deleteDeliveryStream }],
  ['DescribeDeliveryStream', { reads: 'json', run: describeDeliveryStream }],
  ['ListDeliveryStreams', { reads: 'json', run: listDeliveryStreams }],
  ['ListTagsForDeliveryStream', { reads: 'json', run: listTagsForDeliveryStream }],
  ['PutRecord', { reads: 'bytes', run: putRecord }],
  ['PutRecordBatch', { reads: 'bytes', run: putRecordBatch }],
  ['StartDeliveryStreamEncryption', { reads: 'json', run: startDeliveryStreamEncryption }],
  ['StopDeliveryStreamEncryption', { reads: 'json', run: stopDeliveryStreamEncryption }],
  ['TagDeliveryStream', { reads: 'json', run: tagDeliveryStream }],
  ['UntagDeliveryStream', { reads: 'json', run: untagDeliveryStream }],
  ['UpdateDestination', { reads: 'json', run: updateDestination }],
]);
