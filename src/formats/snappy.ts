import { blocks } from './blocks.ts';

/** snappy-java's default block: its readers take any size, others have been seen to assume this one. */
const XERIAL_BLOCK_BYTES = 32 * 1024;

/** Blocks compressed at once; they share the worker threads, and memory stays within a few hundred KiB. */
const XERIAL_BLOCKS_AT_ONCE = 8;

/** Magic, then version 1, readable by version 1. */
const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex');

/**
 * What snappy-java's SnappyOutputStream writes, and Firehose with it: a header, then each block's compressed length
 * (32 bits, big endian) and the block as raw Snappy. Not Snappy's own framing format.
 * https://github.com/xerial/snappy-java/blob/master/src/main/java/org/xerial/snappy/SnappyOutputStream.java
 */
export async function* xerialSnappy(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = await rawSnappy();
  yield XERIAL_HEADER;
  for await (const group of blocks(chunks, XERIAL_BLOCK_BYTES * XERIAL_BLOCKS_AT_ONCE)) {
    const compressing: Promise<Buffer>[] = [];
    for (let from = 0; from < group.length; from += XERIAL_BLOCK_BYTES) {
      compressing.push(compress(group.subarray(from, from + XERIAL_BLOCK_BYTES)));
    }
    const parts: Buffer[] = [];
    for (const block of await Promise.all(compressing)) parts.push(bigEndian(block.length), block);
    yield Buffer.concat(parts);
  }
}

/**
 * Hadoop's codecs work in buffers of 256 KiB and need both a chunk and its compressed form to fit in one, so the
 * compressor takes this much less: `size - (size / 6 + 32)`, as in org.apache.hadoop.io.compress.SnappyCodec.
 */
const HADOOP_BLOCK_BYTES = 256 * 1024 - (Math.floor((256 * 1024) / 6) + 32);

/**
 * What Hadoop's SnappyCodec writes (BlockCompressorStream): for each block its length, then its one chunk's
 * compressed length (both 32 bits, big endian) and the chunk as raw Snappy.
 */
export async function* hadoopSnappy(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = await rawSnappy();
  for await (const block of blocks(chunks, HADOOP_BLOCK_BYTES)) {
    const compressed = await compress(block);
    yield Buffer.concat([bigEndian(block.length), bigEndian(compressed.length), compressed]);
  }
}

/** The native library is loaded on first use: a service that never writes Snappy starts without it. */
async function rawSnappy(): Promise<(block: Uint8Array) => Promise<Buffer>> {
  const { compress } = await import('snappy');
  return (block) => compress(block);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
