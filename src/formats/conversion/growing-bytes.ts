/**
 * Bytes that are written at the end, in memory that doubles when it is full and is used again from the start. Not
 * readonly, unlike everything that leaves this folder: a column is written a few hundred million times a minute, and
 * what is written is handed on only by `taken`.
 */
export interface GrowingBytes {
  room: Buffer;
  length: number;
}

const FIRST_BYTES = 256;

export function growingBytes(): GrowingBytes {
  return { room: Buffer.allocUnsafe(FIRST_BYTES), length: 0 };
}

/** Makes room for `more` bytes behind what is written. */
export function reserve(bytes: GrowingBytes, more: number): void {
  const needed = bytes.length + more;
  if (needed <= bytes.room.length) return;
  const room = Buffer.allocUnsafe(Math.max(needed, bytes.room.length * 2));
  bytes.room.copy(room, 0, 0, bytes.length);
  bytes.room = room;
}

/** A view of what is written, good until the next write. */
export function written(bytes: GrowingBytes): Buffer {
  return bytes.room.subarray(0, bytes.length);
}

export function putByte(bytes: GrowingBytes, value: number): void {
  if (bytes.length === bytes.room.length) reserve(bytes, 1);
  bytes.room[bytes.length++] = value;
}

/** The low 32 bits, little endian. */
export function putInt32(bytes: GrowingBytes, value: number): void {
  reserve(bytes, 4);
  const { room, length } = bytes;
  room[length] = value;
  room[length + 1] = value >>> 8;
  room[length + 2] = value >>> 16;
  room[length + 3] = value >>> 24;
  bytes.length = length + 4;
}

/** Copies a range. Short ones byte by byte: a call into the runtime costs more than copying 32 bytes. */
export function putBytes(bytes: GrowingBytes, from: Uint8Array, start: number, end: number): void {
  const count = end - start;
  reserve(bytes, count);
  const { room, length } = bytes;
  if (count > SHORT_BYTES) room.set(from.subarray(start, end), length);
  else for (let i = 0; i < count; i++) room[length + i] = from[start + i]!; // start + i < end
  bytes.length = length + count;
}

const SHORT_BYTES = 32;

/** Unsigned, seven bits a byte, the lowest first: LEB128. Takes whole numbers up to 2^53. */
export function putVarint(bytes: GrowingBytes, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    putByte(bytes, (rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  putByte(bytes, rest);
}
