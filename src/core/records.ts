/**
 * Records that travel together, packed: their bytes back to back and, apart, the length of each. Joining records into
 * an object (Firehose puts nothing between them) is then handing on `data` as it is; no object exists per record.
 */
export interface RecordBlock {
  /** When the service accepted them, in ms since the epoch: Firehose's approximate arrival time. */
  readonly arrivedAt: number;
  /** All records' bytes in order. Its length is the sum of `lengths`. */
  readonly data: Uint8Array;
  /** One entry a record, in bytes; zero is a legal length. */
  readonly lengths: Uint32Array;
  /** Why these records are in an error lane; absent elsewhere. */
  readonly reason?: FailureReason;
}

/** Why records did not go where they should have. Becomes the members of each error record. */
export interface FailureReason {
  /** Firehose's error-output-type: `processing-failed`, `splunk-failed`, … */
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  /** End of the last attempt, in ms since the epoch. */
  readonly lastAttemptAt: number;
}

export function recordBlock(arrivedAt: number, records: readonly Uint8Array[], reason?: FailureReason): RecordBlock {
  const data = Buffer.concat(records);
  const lengths = Uint32Array.from(records, (record) => record.length);
  return reason === undefined ? { arrivedAt, data, lengths } : { arrivedAt, data, lengths, reason };
}

/** The block's records as views of its bytes. Not for hot paths. */
export function* eachRecord(block: RecordBlock): Generator<Uint8Array> {
  let offset = 0;
  for (const length of block.lengths) {
    yield block.data.subarray(offset, offset + length);
    offset += length;
  }
}

/** Records `from` (inclusive) to `to` (exclusive) of the block, sharing its bytes. */
export function sliceBlock(block: RecordBlock, from: number, to: number): RecordBlock {
  let start = 0;
  for (let i = 0; i < from; i++) start += block.lengths[i]!; // i < from <= lengths.length
  let end = start;
  for (let i = from; i < to; i++) end += block.lengths[i]!;
  return { ...block, data: block.data.subarray(start, end), lengths: block.lengths.subarray(from, to) };
}
