import type { CodecNumber, OpenBatch } from '../../formats/kafka-codecs.ts';
import { badAnswer } from './kafka-error.ts';
import { type KafkaRecord, type Packer, type PackerOptions, type Piece, packer } from './packer.ts';

/** A producer's records from this offset on, up to the marker that ends the transaction, were never committed. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface BatchesToRead extends PackerOptions {
  /** As a broker gave them; the last may be cut off. */
  readonly batches: Buffer;
  readonly aborted: readonly AbortedTransaction[];
  readonly codec: (codec: CodecNumber) => Promise<OpenBatch>;
}

/**
 * The records of a partition in order, in pieces that one change of the buffer can take. Each batch is a header of 61
 * bytes and its records, which may be compressed; numbers in records are of varying length, so that they have to be
 * walked through. Only values are kept. What cannot be read goes to the error output, whole, and does not stop what
 * comes after it.
 * https://kafka.apache.org/documentation/#messageformat
 */
export async function* piecesOf(read: BatchesToRead): AsyncGenerator<Piece> {
  const { batches } = read;
  const into = packer(read);
  const isAborted = abortedIn(read.aborted);
  let at = 0;
  for (;;) {
    const end = endOf(batches, at);
    if (end === undefined) break;
    const batch = batchAt(batches, at, end);
    at = end;
    if (batch.next <= read.from) continue;
    if (!isAborted(batch)) yield* recordsOf(batch, into, { ...read, left: batches.length - end });
    into.skipTo(batch.next);
  }
  const last = into.take();
  if (last !== undefined) yield last;
  // A broker gives the first batch whole, however large it is.
  else if (at === 0 && batches.length > 0) throw badAnswer('Fetch', 'holds no whole batch');
}

/** The offset, the length, which does not count them, the leader's epoch and the format. */
const START_BYTES = 17;
const UNCOUNTED_BYTES = 12;
const HEADER_BYTES = 61;
/** The format since Kafka 0.11. In those before it, not written since 2017, a batch has another header. */
const FORMAT = 2;

/** Undefined when it is cut off. */
function endOf(batches: Buffer, at: number): number | undefined {
  if (at + START_BYTES > batches.length) return undefined;
  const end = at + UNCOUNTED_BYTES + batches.readInt32BE(at + 8);
  return end > batches.length || end < at + START_BYTES ? undefined : end;
}

interface RecordBatch {
  readonly whole: Buffer;
  readonly offset: number;
  /** Of the record after its last. */
  readonly next: number;
  readonly isReadable: boolean;
  readonly codec: number;
  /** Of a topic that has the broker's times: the same for all records. */
  readonly isAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly producerId: number;
  readonly baseTime: number;
  readonly newestAt: number;
  readonly records: number;
}

function batchAt(batches: Buffer, at: number, end: number): RecordBatch {
  const whole = batches.subarray(at, end);
  const offset = Number(whole.readBigInt64BE(0));
  if (whole.length < HEADER_BYTES || whole.readInt8(16) !== FORMAT)
    return { ...UNREADABLE, whole, offset, next: offset + 1 };
  const attributes = whole.readInt16BE(21);
  return {
    ...{ whole, offset, isReadable: true },
    next: offset + whole.readInt32BE(23) + 1,
    codec: attributes & 0b111,
    isAppendTime: (attributes & 0b1000) !== 0,
    isTransactional: (attributes & 0b1_0000) !== 0,
    isControl: (attributes & 0b10_0000) !== 0,
    baseTime: Number(whole.readBigInt64BE(27)),
    newestAt: Number(whole.readBigInt64BE(35)),
    producerId: Number(whole.readBigInt64BE(43)),
    records: whole.readInt32BE(57),
  };
}

const UNREADABLE = {
  ...{ isReadable: false, codec: 0, isAppendTime: false, isTransactional: false, isControl: false },
  ...{ producerId: -1, baseTime: -1, newestAt: -1, records: 0 },
};

/** Asked of each batch in order: whether nothing of it is for readers. */
function abortedIn(aborted: readonly AbortedTransaction[]): (batch: RecordBatch) => boolean {
  const coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<number>();
  return ({ next, producerId, isTransactional, isControl }) => {
    for (let first = coming[0]; first !== undefined && first.firstOffset < next; first = coming[0]) {
      open.add(first.producerId);
      coming.shift();
    }
    if (isControl) open.delete(producerId);
    return isControl || (isTransactional && open.has(producerId));
  };
}

/** Far more than any batch holds; what a small one may become that was made to do harm. */
const OPENED_MOST_BYTES = 64 * 1024 * 1024;
/** What is still closed counts for so much more. */
const OPENED_TIMES = 8;

async function* recordsOf(
  batch: RecordBatch,
  into: Packer,
  read: BatchesToRead & { readonly left: number },
): AsyncGenerator<Piece> {
  const opened = await openedOf(batch, read);
  if ('why' in opened) return into.refuse(batch.whole, batch, opened.why);
  const walk: Walk = { bytes: opened.bytes, at: 0 };
  const left = read.left * (batch.codec === 0 ? 1 : OPENED_TIMES);
  for (let i = 0; i < batch.records; i++) {
    const { at } = walk;
    const record = recordAt(walk, batch);
    if (record === undefined) return into.refuse(walk.bytes.subarray(at), batch, `record ${i} of it is damaged`);
    if (record.offset < read.from) continue;
    if (into.add(record, left + walk.bytes.length - at)) continue;
    const full = into.take();
    if (full !== undefined) yield full;
    into.add(record, left + walk.bytes.length - at);
  }
}

type Opened = { readonly bytes: Buffer } | { readonly why: string };

async function openedOf({ whole, codec, isReadable }: RecordBatch, read: BatchesToRead): Promise<Opened> {
  if (!isReadable) return { why: 'its format is from before Kafka 0.11' };
  const records = whole.subarray(HEADER_BYTES);
  if (codec === 0) return { bytes: records };
  if (!isCodec(codec)) return { why: `codec ${codec} is not known` };
  const open = await read.codec(codec);
  try {
    return { bytes: open(records, OPENED_MOST_BYTES) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

function isCodec(codec: number): codec is CodecNumber {
  return codec >= 1 && codec <= 4;
}

interface Walk {
  readonly bytes: Buffer;
  at: number;
}

/** The next record; undefined where the bytes are none. */
function recordAt(walk: Walk, { offset, baseTime, newestAt, isAppendTime }: RecordBatch): KafkaRecord | undefined {
  const length = varint(walk);
  const end = walk.at + length;
  if (!(length > 0 && end <= walk.bytes.length)) return undefined;
  walk.at += 1; // attributes, of which there are none yet
  const after = varint(walk);
  const number = varint(walk);
  const keyLength = varint(walk);
  if (keyLength > 0) walk.at += keyLength;
  const valueLength = Math.max(0, varint(walk)); // -1 is null, a tombstone: a record without bytes
  const start = walk.at;
  if (!(start + valueLength <= end)) return undefined;
  walk.at = end; // headers are of no interest
  const writtenAt = isAppendTime ? newestAt : baseTime + after;
  return { of: walk.bytes, start, end: start + valueLength, offset: offset + number, writtenAt };
}

/** A number that says its sign in its lowest bit, seven bits a byte. NaN where the bytes end. */
function varint(walk: Walk): number {
  const { bytes } = walk;
  let byte = bytes[walk.at++] ?? Number.NaN;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let value = byte & 0x7f;
  for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
    byte = bytes[walk.at++] ?? Number.NaN;
    if (Number.isNaN(byte)) return byte;
    value += (byte & 0x7f) * factor;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
