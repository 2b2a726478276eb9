import type { Transform } from 'node:stream';
import { blocks } from './blocks.ts';

/** 16 KiB halves zlib's rate, because every chunk costs a trip to a worker thread; beyond 256 KiB nothing is gained. */
const BLOCK_BYTES = 256 * 1024;

/** For the `chunkSize` of zlib's streams: what a block of text compresses to fits in one output chunk. */
export const OUTPUT_CHUNK_BYTES = 128 * 1024;

/**
 * Runs chunks through one of node:zlib's compression streams. The work is done on a worker thread, so the event loop
 * stays free; one block is under way at a time, so memory stays flat however slowly the result is taken.
 *
 * Whoever stops early closes both the source and the native stream; an error of the source reaches the reader. The
 * stream is made when the first byte is asked for, so that a result nobody reads holds no native memory.
 */
export async function* throughZlib(
  chunks: AsyncIterable<Uint8Array>,
  makeStream: () => Transform,
): AsyncGenerator<Uint8Array> {
  const stream = makeStream();
  let output: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => output.push(chunk));
  const taken = (): Uint8Array[] => {
    const ready = output;
    output = [];
    return ready;
  };

  try {
    for await (const block of blocks(chunks, BLOCK_BYTES)) {
      await settled(stream, (done) => stream.write(block, done));
      yield* taken();
    }
    await settled(stream, (done) => stream.once('end', done).end());
    yield* taken();
  } finally {
    stream.destroy();
  }
}

/** Resolves when `act` calls back, rejects when it does with an error or the stream reports one. */
function settled(stream: Transform, act: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    act((error) => {
      if (error) return reject(error);
      stream.off('error', reject);
      resolve();
    });
  });
}
