import { isUtf8 } from 'node:buffer';
import { fromCodePoint } from './strings.ts';

/**
 * Text of bytes as jq reads them. It replaces what is no UTF-8 by U+FFFD, like Node, but counts differently what
 * belongs together: one for a character that is overlong or a surrogate, and one for an unfinished one with all bytes
 * up to the end.
 */
export function fromUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = characterAt(bytes, at);
    text += fromCodePoint(point);
    at += length;
  }
  return text;
}

const INVALID = -1;
/** By the number of bytes, the least character that needs them. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000];

function characterAt(bytes: Buffer, at: number): { readonly point: number; readonly length: number } {
  const first = bytes[at]!; // at < bytes.length
  if (first < 0x80) return { point: first, length: 1 };
  const length = lengthBy(first);
  if (length === 0) return { point: INVALID, length: 1 };
  if (at + length > bytes.length) return { point: INVALID, length: bytes.length - at };
  let point = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i]!; // at + length <= bytes.length
    if ((next & 0xc0) !== 0x80) return { point: INVALID, length: i };
    point = (point << 6) | (next & 0x3f);
  }
  return { point: point < LEAST[length]! ? INVALID : point, length }; // length is 2 to 4
}

/** How many bytes a character has that begins with this one; 0 when none does. */
function lengthBy(first: number): number {
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}
