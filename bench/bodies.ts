import { randomBytes } from 'node:crypto';

export interface Putting {
  readonly operation: 'PutRecord' | 'PutRecordBatch';
  /** Records in a put; 1 for PutRecord. */
  readonly records: number;
  /** Bytes of each, before base64. */
  readonly recordBytes: number;
}

/** Bodies as an SDK sends them, each with other random records. */
export function putBodies({ operation, records, recordBytes }: Putting, stream: string, count: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const Records = Array.from({ length: records }, () => ({ Data: randomBytes(recordBytes).toString('base64') }));
    const input =
      operation === 'PutRecord'
        ? { DeliveryStreamName: stream, Record: Records[0] }
        : { DeliveryStreamName: stream, Records };
    return Buffer.from(JSON.stringify(input));
  });
}
