import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';

/**
 * What is in gzip, in memory, if that is no more than so many bytes; else why not. On a worker thread. Several gzip
 * members are one text, as in any gzip. A kilobyte may hold a megabyte, so nobody else's bytes are inflated without a
 * limit.
 */
export async function gunzipped(data: Uint8Array, bytesMost: number): Promise<Buffer | 'not gzip' | 'too large'> {
  try {
    return await promisify(gunzip)(data, { maxOutputLength: bytesMost });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge ? 'too large' : 'not gzip';
  }
}

/** Whether bytes begin as gzip does. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/**
 * What is in gzip, piece by piece and no faster than it is taken, so that little of it is in memory, whatever it
 * inflates to. Throws zlib's error when it is not gzip, or not whole.
 */
export async function* gunzipping(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const inflating = createGunzip();
  // Whatever goes wrong on either side is thrown by the stream that is read below.
  pipeline(Readable.from(chunks), inflating, () => {});
  yield* inflating;
}
