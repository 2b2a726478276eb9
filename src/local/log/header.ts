import { crc32 } from 'node:zlib';
import { ALIGNMENT } from './format.ts';
import type { SegmentHeader } from './state.ts';

const HEADER_MAGIC = 0x30475948; // "HYG0"

/** The second copy lies in another sector than the first, so that no torn write and no bad sector takes both. */
const HEADER_COPIES = [0, 2_048] as const;
const HEADER_BYTES = 512;

export function encodeHeader(header: SegmentHeader): Buffer {
  const page = Buffer.alloc(ALIGNMENT);
  const json = Buffer.from(JSON.stringify(header));
  for (const at of HEADER_COPIES) {
    page.writeUInt32LE(HEADER_MAGIC, at);
    page.writeUInt32LE(json.length, at + 8);
    json.copy(page, at + 12);
    page.writeUInt32LE(crc32(page.subarray(at + 8, at + HEADER_BYTES)), at + 4);
  }
  return page;
}

/** `blank` for a file that never held a segment, `damaged` when neither copy of the header is whole. */
export function decodeHeader(page: Uint8Array): SegmentHeader | 'blank' | 'damaged' {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  for (const at of HEADER_COPIES) {
    if (bytes.length < at + HEADER_BYTES || bytes.readUInt32LE(at) !== HEADER_MAGIC) continue;
    if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, at + HEADER_BYTES))) continue;
    const length = bytes.readUInt32LE(at + 8);
    return JSON.parse(bytes.toString('utf8', at + 12, at + 12 + length)) as SegmentHeader; // encodeHeader wrote it: the CRC says so
  }
  return bytes.every((byte) => byte === 0) ? 'blank' : 'damaged';
}
