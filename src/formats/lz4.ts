/**
 * Opens LZ4 frames, which is how Kafka's producers write LZ4. Checksums are not looked at: what carries a frame has its
 * own. Throws a `RangeError` for bytes that are no frame, and for more than `mostBytes`.
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function openLz4(frame: Buffer, mostBytes: number): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('This is no LZ4 frame.');
  const flags = frame.readUInt8(4);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (hasDictionary) throw new RangeError('The LZ4 frame needs a dictionary.');
  // Magic, flags, block size and the header's checksum; the content's size may stand before that.
  let at = hasContentSize ? 15 : 7;
  let out = Buffer.allocUnsafe(Math.min(mostBytes, Math.max(frame.length * 4, LEAST_BYTES)));
  let filled = 0;

  const withRoomFor = (bytes: number): Buffer => {
    if (filled + bytes <= out.length) return out;
    if (filled + bytes > mostBytes) throw new RangeError(`The LZ4 frame holds more than ${mostBytes} bytes.`);
    const larger = Buffer.allocUnsafe(Math.min(mostBytes, Math.max(out.length * 2, filled + bytes)));
    out.copy(larger, 0, 0, filled);
    out = larger;
    return out;
  };

  for (;;) {
    const size = frame.readUInt32LE(at);
    at += 4;
    if (size === END) return out.subarray(0, filled);
    const end = at + (size & 0x7fffffff);
    if (end > frame.length) throw new RangeError('The LZ4 frame ends too early.');
    if (size >= UNCOMPRESSED) filled += frame.copy(withRoomFor(end - at), filled, at, end);
    else filled = openBlock(frame.subarray(at, end), filled, withRoomFor);
    at = hasBlockChecksums ? end + 4 : end;
  }

  /** Each sequence is literals, and a copy of what came before. Blocks may copy from those before them. */
  function openBlock(block: Buffer, from: number, roomFor: (bytes: number) => Buffer): number {
    let read = 0;
    filled = from;
    const length = (first: number): number => {
      let sum = first;
      if (first !== 15) return sum;
      for (;;) {
        const more = block.readUInt8(read++);
        sum += more;
        if (more !== 255) return sum;
      }
    };
    while (read < block.length) {
      const token = block.readUInt8(read++);
      const literals = length(token >> 4);
      if (read + literals > block.length) throw new RangeError('The LZ4 block ends too early.');
      block.copy(roomFor(literals), filled, read, read + literals);
      read += literals;
      filled += literals;
      if (read === block.length) break; // the last sequence has nothing to copy
      const distance = block.readUInt16LE(read);
      read += 2;
      const matched = length(token & 0x0f) + LEAST_MATCH;
      if (distance === 0 || distance > filled) throw new RangeError('The LZ4 block copies from before its start.');
      repeat(roomFor(matched), { at: filled, distance, bytes: matched });
      filled += matched;
    }
    return filled;
  }
}

const MAGIC = 0x184d2204;
const END = 0;
const UNCOMPRESSED = 0x80000000;
const LEAST_MATCH = 4;
const LEAST_BYTES = 64 * 1024;

/** Copies from `distance` bytes before; where that is less than there is to copy, the copy repeats itself. */
function repeat(
  out: Buffer,
  { at, distance, bytes }: { readonly at: number; readonly distance: number; readonly bytes: number },
): void {
  if (distance >= bytes && bytes > SHORT_BYTES) out.copyWithin(at, at - distance, at - distance + bytes);
  else for (let i = at; i < at + bytes; i++) out[i] = out[i - distance]!; // within what is filled
}

/** Up to here a loop is faster than the call. */
const SHORT_BYTES = 32;
