import type { Line } from '../formats/lines.ts';

export interface Batch {
  readonly records: readonly Buffer[];
  readonly bytes: number;
  /** Lines before or within the batch that were too long to be sent. */
  readonly tooLong: number;
}

export interface BatchLimits {
  readonly records: number;
  /** Of all records together, before base64. */
  readonly bytes: number;
}

/** Gathers lines into batches of one PutRecordBatch each, in order. No record may be larger than a batch. */
export async function* batches(source: AsyncIterable<Line>, limits: BatchLimits): AsyncGenerator<Batch> {
  let records: Buffer[] = [];
  let bytes = 0;
  let tooLong = 0;
  const cut = (): Batch => {
    const batch = { records, bytes, tooLong };
    records = [];
    bytes = 0;
    tooLong = 0;
    return batch;
  };

  for await (const line of source) {
    if ('tooLongBytes' in line) {
      tooLong++;
      continue;
    }
    if (records.length === limits.records || bytes + line.record.length > limits.bytes) yield cut();
    records.push(line.record);
    bytes += line.record.length;
  }
  if (records.length > 0 || tooLong > 0) yield cut();
}
