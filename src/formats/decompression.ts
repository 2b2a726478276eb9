import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/**
 * What `codec` compressed, by the `Content-Encoding` that it gave the object. Whole and in memory: for looking into
 * objects, not for moving them. Rejects bytes that are not what the encoding says.
 */
export async function decompressed(object: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
  switch (contentEncoding) {
    case undefined:
      return object;
    case 'gzip':
      return promisify(zlib.gunzip)(object);
    case 'zip':
      return promisify(zlib.inflateRaw)(object.subarray(firstEntryAt(object)));
    case 'snappy-java':
      return Buffer.concat(await uncompressed(xerialBlocks(object)));
    case 'hadoop-snappy':
      return Buffer.concat(await uncompressed(hadoopChunks(object)));
    case 'zstd':
      return unzstd(object);
    default:
      throw new Error(`The encoding ${contentEncoding} is not known.`);
  }
}

/** The data of a ZIP archive's first entry follow its header of 30 bytes, its name and its extra fields. */
function firstEntryAt(archive: Buffer): number {
  return 30 + archive.readUInt16LE(26) + archive.readUInt16LE(28);
}

/** After a header of 16 bytes each block has its length before it. */
function* xerialBlocks(object: Buffer): Generator<Buffer> {
  let at = 16;
  while (at < object.length) {
    const length = object.readUInt32BE(at);
    yield object.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

/** Each block is one chunk, as our own writer makes it: before it stand its length and the chunk's. */
function* hadoopChunks(object: Buffer): Generator<Buffer> {
  let at = 0;
  while (at < object.length) {
    const length = object.readUInt32BE(at + 4);
    yield object.subarray(at + 8, at + 8 + length);
    at += 8 + length;
  }
}

async function uncompressed(blocks: Iterable<Buffer>): Promise<Buffer[]> {
  const { uncompress } = await import('snappy');
  return Promise.all(Array.from(blocks, async (block) => Buffer.from(await uncompress(block))));
}

function unzstd(object: Buffer): Buffer {
  // Node has it from 22.15 on, its types from another version on.
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
  if (zstdDecompressSync === undefined) throw new Error('This version of Node has no zstd.');
  return zstdDecompressSync(object);
}
