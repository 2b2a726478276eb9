import * as zlib from 'node:zlib';

export interface BatchToMake {
  /** Of its first record. */
  readonly offset: number;
  /** Null is a tombstone. */
  readonly values: readonly (string | Uint8Array | null)[];
  /** When the first was written; each further one a millisecond later. */
  readonly writtenAt: number;
  readonly codec?: number;
  readonly compress?: (records: Buffer) => Buffer;
  /** The broker's time, which counts instead of the producer's. */
  readonly appendedAt?: number;
  readonly transaction?: { readonly producerId: number; readonly isMarker?: boolean };
  /** How far the offsets of its records are apart, where some have been compacted away. */
  readonly step?: number;
}

/** A batch as brokers keep it. https://kafka.apache.org/documentation/#recordbatch */
export function batchOf(batch: BatchToMake): Buffer {
  const { offset, values, writtenAt, codec = 0, appendedAt, transaction, step = 1 } = batch;
  const compress = batch.compress ?? (codec === 1 ? zlib.gzipSync : (records: Buffer) => records);
  const records = compress(Buffer.concat(values.map((value, i) => recordOf(value, i, i * step))));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(offset), 0);
  head.writeInt32BE(head.length - 12 + records.length, 8);
  head.writeInt8(2, 16);
  const control = transaction?.isMarker ? 0b10_0000 : 0;
  head.writeInt16BE(codec | (appendedAt === undefined ? 0 : 0b1000) | (transaction ? 0b1_0000 : 0) | control, 21);
  head.writeInt32BE((values.length - 1) * step, 23);
  head.writeBigInt64BE(BigInt(writtenAt), 27);
  head.writeBigInt64BE(BigInt(appendedAt ?? writtenAt + values.length - 1), 35);
  head.writeBigInt64BE(BigInt(transaction?.producerId ?? -1), 43);
  head.writeInt32BE(values.length, 57);
  return Buffer.concat([head, records]);
}

/** With a key and a header, which nobody is told of. */
function recordOf(value: string | Uint8Array | null, after: number, number: number): Buffer {
  const key = Buffer.from('key');
  const bytes = Buffer.from(value ?? '');
  const record = Buffer.concat([
    Buffer.from([0]),
    varint(after),
    varint(number),
    ...[varint(key.length), key],
    ...[varint(value === null ? -1 : bytes.length), bytes],
    ...[varint(1), varint(1), Buffer.from('h'), varint(1), Buffer.from('v')],
  ]);
  return Buffer.concat([varint(record.length), record]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
