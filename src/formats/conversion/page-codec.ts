import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { DeliveryError } from '../../core/errors.ts';

/** Firehose's `ParquetSerDe.Compression`, and ZSTD, an extension of ours. */
export type PageCompression = 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP' | 'ZSTD';

export interface PageCodec {
  /** Parquet's `CompressionCodec`. */
  readonly number: number;
  /** The same bytes for the same page. The work is done on a worker thread, except for UNCOMPRESSED. */
  readonly compress: (page: Buffer) => Promise<Buffer>;
}

/** The native library is loaded on first use: a service that converts nothing starts without it. */
export async function pageCodec(compression: PageCompression): Promise<PageCodec> {
  switch (compression) {
    case 'UNCOMPRESSED':
      return { number: 0, compress: async (page) => page };
    case 'SNAPPY': {
      const { compress } = await import('snappy');
      // Otherwise a compressed page lies in memory for an incompressible one until the row group is written: 100 MiB
      // for each file under way.
      return { number: 1, compress: (page) => compress(page, { copyOutputData: true }) };
    }
    case 'GZIP':
      return { number: 2, compress: promisify<Buffer, Buffer>(zlib.gzip) };
    case 'ZSTD':
      return { number: 6, compress: zstd() };
  }
}

/** node:zlib has had zstd since Node 22.15, and the types of Node 20 do not know it. */
type ZstdCompress = (page: Buffer, done: (error: Error | null, compressed: Buffer) => void) => void;

function zstd(): (page: Buffer) => Promise<Buffer> {
  const { zstdCompress } = zlib as { zstdCompress?: ZstdCompress };
  if (zstdCompress !== undefined) return promisify<Buffer, Buffer>(zstdCompress);
  throw new DeliveryError(`zstd needs Node 22.15 or newer; this is ${process.version}. The records stay buffered.`, {
    code: 'Hydrant.ZstdUnavailable',
    retryable: true,
    refused: true,
  });
}
