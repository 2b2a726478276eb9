import { gunzipping, isGzip } from '../formats/gunzip.ts';
import { lines, RECORD_MOST_BYTES } from '../formats/lines.ts';
import { malformed } from './refusals.ts';

/**
 * An object's lines, each a record with its line feed, which the last one gets if it has none. An object that begins as
 * gzip is inflated. Whatever its size, a few hundred KiB of it are in memory. Throws an `ApiError` for an object that
 * has no such lines: one is longer than a record, or it is not whole.
 */
export async function* objectLines(object: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let number = 0;
  for await (const line of lines(inflated(object), { recordBytes: RECORD_MOST_BYTES, keepsNewline: true })) {
    number++;
    if ('record' in line) yield line.record;
    else throw malformed(`Line ${number} of the object has ${line.tooLongBytes} bytes, which no record may have.`);
  }
}

async function* inflated(object: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { head, all } = await beginning(object);
  if (!isGzip(head)) return yield* all;
  try {
    yield* gunzipping(all);
  } catch (error) {
    // What the reading of the object throws is for its reader to know.
    const isOfGzip = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isOfGzip ? malformed(`The object begins as gzip and is not whole: ${error.message}.`) : error;
  }
}

/** The first two bytes, and the object with them. */
async function beginning(object: AsyncIterable<Uint8Array>) {
  const chunks = object[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      yield head;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield asBuffer(next.value);
    } finally {
      await chunks.return?.();
    }
  }
  return { head, all: all() };
}

/** The same memory. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
