import * as zlib from 'node:zlib';
import { openLz4 } from './lz4.ts';

/** Opens what a producer of Kafka has compressed. */
export type OpenBatch = (compressed: Buffer, mostBytes: number) => Buffer;

/** By the number that a batch gives its codec. */
export type CodecNumber = 1 | 2 | 3 | 4;

/**
 * Throws for bytes that are not what they should be and for more than `mostBytes`. Codecs that are not Node's own are
 * loaded on first use.
 */
export async function kafkaCodec(codec: CodecNumber): Promise<OpenBatch> {
  switch (codec) {
    case 1:
      return (compressed, maxOutputLength) => zlib.gunzipSync(compressed, { maxOutputLength, chunkSize: CHUNK_BYTES });
    case 2:
      return openSnappy();
    case 3:
      return openLz4;
    case 4:
      return openZstd();
  }
}

/** Larger than zlib's own, which makes it much faster on all but the smallest batches. */
const CHUNK_BYTES = 256 * 1024;

/** Before the version, which readers do not look at. */
const XERIAL_MAGIC = Buffer.from('82534e4150505900', 'hex');
const XERIAL_HEADER_BYTES = 16;

/** Java's producers write blocks, each after its length; others one block and nothing around it. */
async function openSnappy(): Promise<OpenBatch> {
  const { uncompressSync } = await import('snappy');
  const open = (block: Buffer, mostBytes: number): Buffer => {
    if (snappyLength(block) > mostBytes) throw new RangeError(`The batch holds more than ${mostBytes} bytes.`);
    return Buffer.from(uncompressSync(block));
  };
  return (compressed, mostBytes) => {
    if (!compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return open(compressed, mostBytes);
    const blocks: Buffer[] = [];
    let left = mostBytes;
    for (let at = XERIAL_HEADER_BYTES; at < compressed.length; ) {
      const end = at + 4 + compressed.readUInt32BE(at);
      if (end > compressed.length) throw new RangeError('The last block ends too early.');
      const block = open(compressed.subarray(at + 4, end), left);
      left -= block.length;
      blocks.push(block);
      at = end;
    }
    return Buffer.concat(blocks);
  };
}

/** What a block says it holds: a number in front, seven bits a byte. */
function snappyLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block.readUInt8(i);
    length += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) break;
  }
  return length;
}

/** Node's own where it has one, 22.15 and later, which its types do not know. */
async function openZstd(): Promise<OpenBatch> {
  const { zstdDecompressSync: own } = zlib as {
    zstdDecompressSync?: (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;
  };
  if (own !== undefined) return (compressed, maxOutputLength) => own(compressed, { maxOutputLength });
  const { Decompress } = await import('fzstd');
  return (compressed, mostBytes) => {
    const parts: Uint8Array[] = [];
    let left = mostBytes;
    const stream = new Decompress((part) => {
      left -= part.length;
      if (left < 0) throw new RangeError(`The batch holds more than ${mostBytes} bytes.`);
      parts.push(part);
    });
    stream.push(compressed, true);
    return Buffer.concat(parts);
  };
}
