/** `one` is PutRecord, `many` is PutRecordBatch. */
export type PutKind = 'one' | 'many';

/** What a put asks for: these records, into this stream. */
export interface Put {
  readonly streamName: string;
  /** All records' bytes in order. */
  readonly data: Uint8Array;
  /** The length of each. */
  readonly lengths: Uint32Array;
}
