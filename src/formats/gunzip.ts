import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

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
