import { type GrowingBytes, putByte, putVarint } from './growing-bytes.ts';

/** A run shorter than this is packed with its neighbours: eight values are the least that can be packed. */
const GROUP = 8;

/**
 * Parquet's hybrid of run lengths and bit packing, for levels and for places in a dictionary: each value in `width`
 * bits, at most 24.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3
 */
export function putRunLengths(
  into: GrowingBytes,
  values: ArrayLike<number>,
  { count, width }: { readonly count: number; readonly width: number },
): void {
  let at = 0;
  while (at < count) {
    const run = runLength(values, at, count);
    if (run >= GROUP) {
      putVarint(into, run * 2);
      for (let bits = 0; bits < width; bits += 8) putByte(into, values[at]! >>> bits); // at < count
      at += run;
    } else {
      const start = at;
      do at += GROUP;
      while (at < count && !isRun(values, at, count));
      putPacked(into, values, { start, end: Math.min(at, count), width });
    }
  }
}

function runLength(values: ArrayLike<number>, at: number, count: number): number {
  let next = at + 1;
  while (next < count && values[next] === values[at]) next++;
  return next - at;
}

function isRun(values: ArrayLike<number>, at: number, count: number): boolean {
  if (at + GROUP > count) return false;
  for (let i = 1; i < GROUP; i++) if (values[at + i] !== values[at]) return false;
  return true;
}

/** Whole groups of eight; the last is filled with zeros. */
function putPacked(
  into: GrowingBytes,
  values: ArrayLike<number>,
  { start, end, width }: { readonly start: number; readonly end: number; readonly width: number },
): void {
  const groups = Math.ceil((end - start) / GROUP);
  putVarint(into, groups * 2 + 1);
  let bits = 0;
  let held = 0;
  for (let i = start; i < start + groups * GROUP; i++) {
    if (i < end) held |= values[i]! << bits; // At most 7 bits are held, so 24 more fit.
    bits += width;
    while (bits >= 8) {
      putByte(into, held);
      held >>>= 8;
      bits -= 8;
    }
  }
}

/** The bits that numbers up to `most` take. */
export function widthOf(most: number): number {
  return 32 - Math.clz32(most);
}
