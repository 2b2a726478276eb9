import { type GrowingBytes, growingBytes, putByte, putBytes, written } from './growing-bytes.ts';

const BACKSLASH = 0x5c;
const LETTERS: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9 };

/**
 * The text of a JSON string as UTF-8 without escapes. The string was scanned: its escapes are whole. Half a surrogate
 * pair becomes U+FFFD, for UTF-8 has no form of it. A view that is good until the next call.
 */
export function unescaper(): (bytes: Uint8Array, start: number, end: number) => Buffer {
  const plain = growingBytes();
  return (bytes, start, end) => {
    plain.length = 0;
    let at = start;
    while (at < end) {
      let next = at;
      while (next < end && bytes[next] !== BACKSLASH) next++;
      putBytes(plain, bytes, at, next);
      at = next < end ? afterEscape(plain, bytes, next + 1, end) : end;
    }
    return written(plain);
  };
}

/** Puts what the escape at the letter behind its backslash means; gives where the text goes on. */
function afterEscape(plain: GrowingBytes, bytes: Uint8Array, letter: number, end: number): number {
  const kind = bytes[letter]!; // The scan has seen it.
  if (kind !== 0x75) {
    putByte(plain, LETTERS[kind] ?? kind);
    return letter + 1;
  }
  const unit = hex(bytes, letter + 1);
  const after = letter + 5;
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  if (isHigh && after + 6 <= end && bytes[after] === BACKSLASH && bytes[after + 1] === 0x75) {
    const low = hex(bytes, after + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      putCodePoint(plain, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
      return after + 6;
    }
  }
  putCodePoint(plain, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
  return after;
}

function hex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!; // Four digits, which the scan has seen.
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}

/** The code point's first byte holds what the bytes behind it, six bits each, have no room for. */
function putCodePoint(plain: GrowingBytes, point: number): void {
  if (point < 0x80) putByte(plain, point);
  else if (point < 0x800) {
    putByte(plain, 0xc0 | (point >> 6));
    putSixBits(plain, point);
  } else if (point < 0x10000) {
    putByte(plain, 0xe0 | (point >> 12));
    putSixBits(plain, point >> 6);
    putSixBits(plain, point);
  } else {
    putByte(plain, 0xf0 | (point >> 18));
    putSixBits(plain, point >> 12);
    putSixBits(plain, point >> 6);
    putSixBits(plain, point);
  }
}

function putSixBits(plain: GrowingBytes, bits: number): void {
  putByte(plain, 0x80 | (bits & 0x3f));
}
