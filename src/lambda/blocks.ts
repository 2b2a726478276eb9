import assert from 'node:assert';
import type { FailureReason, RecordBlock } from '../core/records.ts';

/**
 * Record blocks as one staged object. Each block is the length of its head (4 bytes, big-endian), the head in JSON, the
 * length of each record (4 bytes, big-endian), and the records back to back.
 */
interface Head {
  readonly arrivedAt: number;
  readonly records: number;
  readonly reason?: FailureReason;
}

export function encodeBlocks(blocks: readonly RecordBlock[]): Buffer {
  return Buffer.concat(blocks.flatMap(encodeBlock));
}

function encodeBlock({ arrivedAt, data, lengths, reason }: RecordBlock): Uint8Array[] {
  const head: Head = { arrivedAt, records: lengths.length, ...(reason && { reason }) };
  const text = Buffer.from(JSON.stringify(head));
  const numbers = Buffer.alloc(4 + lengths.length * 4);
  numbers.writeUInt32BE(text.length, 0);
  for (const [i, length] of lengths.entries()) numbers.writeUInt32BE(length, 4 + i * 4);
  return [numbers.subarray(0, 4), text, numbers.subarray(4), data];
}

export function* decodeBlocks(bytes: Uint8Array): Generator<RecordBlock> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; ) {
    const headEnd = at + 4 + buffer.readUInt32BE(at);
    // Written by encodeBlock: the service gives back what it was given.
    const { arrivedAt, records, reason } = JSON.parse(buffer.toString('utf8', at + 4, headEnd)) as Head;
    const lengths = Uint32Array.from({ length: records }, (_, i) => buffer.readUInt32BE(headEnd + i * 4));
    const start = headEnd + records * 4;
    const end = lengths.reduce((sum, length) => sum + length, start);
    assert(end <= buffer.length, 'a staged object holds its blocks whole');
    yield { arrivedAt, lengths, data: buffer.subarray(start, end), ...(reason && { reason }) };
    at = end;
  }
}
