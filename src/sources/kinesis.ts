import type { SourcedRecord } from '../core/ingest.ts';
import { userRecordsIn } from './kpl.ts';

/** A record of a Kinesis stream, as GetRecords and Lambda's event source mappings give it. */
export interface KinesisRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** In ms since the epoch. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
}

/**
 * What a record of Kinesis gives to its delivery stream: itself, or the records that its producer has packed into it,
 * numbered from 0. Their metadata is what Firehose tells functions as `kinesisRecordMetadata`. Made one at a time: a
 * megabyte may hold a hundred thousand of them.
 */
export function* fromKinesis({ data, partitionKey, ...record }: KinesisRecord): Generator<SourcedRecord> {
  let number = 0;
  for (const user of userRecordsIn(data) ?? [{ data, partitionKey }]) {
    const metadata = {
      shardId: record.shardId,
      partitionKey: user.partitionKey,
      approximateArrivalTimestamp: record.arrivedAt,
      sequenceNumber: record.sequenceNumber,
      subsequenceNumber: number++,
    };
    yield { arrivedAt: record.arrivedAt, data: user.data, metadata };
  }
}
