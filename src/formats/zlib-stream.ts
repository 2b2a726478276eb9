import type { Transform } from 'node:stream';
import { blocks } from './blocks.ts';

/** 16 KiB halves zlib's rate, because every chunk costs a trip to a worker thread; beyond 256 KiB nothing is gained. */
const BLOCK_BYTES = 256 * 1024;

/** For the `chunkSize` of zlib's streams: what a block of text compresses to fits in one output chunk. */
export const OUTPUT_CHUNK_BYTES = 128 * 1024;

/**
 * Runs chunks through one of node:zlib's compression streams. The work is done on a worker thread, so the event loop stays
 * free; one block is under way at a time, so memory stays flat however slowly the result is taken.
 *
 * Whoever stops early closes both the source and the native stream; an error of the source reaches the reader.
 */
export async function* throughZlib(chunks: AsyncIterable<Uint8Array>, stream: Transform): AsyncGenerator<Uint8Array> {
  let output: Uint8Array[] = [];
  let failure: Error | undefined;
  stream.on('data', (chunk: Uint8Array) => output.push(chunk));
  // Without a listener an error would end the process; the write or the end under way reports it as well.
  stream.on('error', (error) => {
    failure = error;
  });

  const taken = (): Uint8Array[] => {
    const ready = output;
    output = [];
    return ready;
  };

  try {
    for await (const block of blocks(chunks, BLOCK_BYTES)) {
      await written(stream, block);
      yield* taken();
    }
    await ended(stream);
    if (failure !== undefined) throw failure;
    yield* taken();
  } finally {
    stream.destroy();
  }
}

function written(stream: Transform, block: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(block, (error) => (error ? reject(error) : resolve()));
  });
}

function ended(stream: Transform): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
    stream.end();
  });
}
