/**
 * Cuts a stream of chunks of any size into blocks of exactly `sizeBytes`; only the last may be shorter, and none is
 * empty. What a codec makes of its input then depends on the bytes alone, not on how a retry happens to read them.
 *
 * Blocks inside one chunk are views of it; only bytes at chunk borders are copied. Holds at most one chunk and one
 * block. Whoever stops reading early closes `chunks`.
 */
export async function* blocks(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let partial: Buffer | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    let offset = 0;
    while (offset < chunk.length) {
      if (partial === undefined && chunk.length - offset >= sizeBytes) {
        yield chunk.subarray(offset, offset + sizeBytes);
        offset += sizeBytes;
        continue;
      }
      partial ??= Buffer.allocUnsafe(sizeBytes);
      const taken = Math.min(sizeBytes - filled, chunk.length - offset);
      partial.set(chunk.subarray(offset, offset + taken), filled);
      filled += taken;
      offset += taken;
      if (filled === sizeBytes) {
        yield partial;
        partial = undefined;
        filled = 0;
      }
    }
  }
  if (partial !== undefined) yield partial.subarray(0, filled);
}
