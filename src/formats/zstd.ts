import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { DeliveryError } from '../core/errors.ts';
import { throughZlib } from './zlib-stream.ts';

/** node:zlib has had zstd since Node 22.15, and the types of Node 20 do not know it. */
type MakeZstd = () => Transform;
const createZstdCompress = (zlib as { createZstdCompress?: MakeZstd }).createZstdCompress;

/** Whether this Node can write zstd. A stream that asks for it where it cannot be done is refused at create. */
export function isZstdAvailable(): boolean {
  return createZstdCompress !== undefined;
}

/** One zstd frame at the library's default level. */
export function zstd(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (createZstdCompress === undefined) {
    throw new DeliveryError(`zstd needs Node 22.15 or newer; this is ${process.version}. The records stay buffered.`, {
      code: 'Hydrant.ZstdUnavailable',
      retryable: true,
      refused: true,
    });
  }
  return throughZlib(chunks, createZstdCompress);
}
