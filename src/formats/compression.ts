import { createGzip } from 'node:zlib';
import { hadoopSnappy, xerialSnappy } from './snappy.ts';
import { zip } from './zip.ts';
import { OUTPUT_CHUNK_BYTES, throughZlib } from './zlib-stream.ts';
import { zstd } from './zstd.ts';

/** Firehose's `CompressionFormat`, and `zstd`, an extension of ours. */
export type CompressionFormat = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY' | 'zstd';

export interface CodecOptions {
  /** The name of the one entry in a ZIP object: AWS uses a UUID. */
  readonly entryName: string;
  /** zlib's level for GZIP and ZIP, 1 (fast) to 9 (small); 6 unless given. */
  readonly level?: number | undefined;
}

/** How an object's bytes are stored. */
export interface Codec {
  /** Appended to the object key unless the stream has a FileExtension; empty when there is none. */
  readonly extension: string;
  /** The object's `Content-Encoding`; absent when there is none. */
  readonly contentEncoding?: string;
  /**
   * The same input bytes give the same output bytes, however they are cut into chunks, so that a repeated delivery
   * writes the same object. Streams in constant memory and leaves the event loop free. Whoever stops reading early
   * closes `chunks`; what `chunks` throws is thrown.
   */
  compress(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

const DEFAULT_LEVEL = 6;

/**
 * The codec of a compression format. Extensions and encodings as observed on AWS: HADOOP_SNAPPY objects end in
 * `.snappy`, whatever the guide says, and `snappy-java` is the encoding of Snappy.
 */
export function codec(format: CompressionFormat, options: CodecOptions): Codec {
  const { entryName, level = DEFAULT_LEVEL } = options;
  switch (format) {
    case 'UNCOMPRESSED':
      return { extension: '', compress: (chunks) => chunks };
    case 'GZIP':
      return { extension: '.gz', contentEncoding: 'gzip', compress: (chunks) => gzip(chunks, level) };
    case 'ZIP':
      return { extension: '.zip', contentEncoding: 'zip', compress: (chunks) => zip(chunks, { entryName, level }) };
    case 'Snappy':
      return { extension: '.snappy', contentEncoding: 'snappy-java', compress: xerialSnappy };
    case 'HADOOP_SNAPPY':
      return { extension: '.snappy', contentEncoding: 'hadoop-snappy', compress: hadoopSnappy };
    case 'zstd':
      return { extension: '.zst', contentEncoding: 'zstd', compress: zstd };
  }
}

/**
 * One member, because curl and browsers stop silently after the first. node:zlib writes a modification time of zero.
 */
function gzip(chunks: AsyncIterable<Uint8Array>, level: number): AsyncIterable<Uint8Array> {
  return throughZlib(chunks, () => createGzip({ level, chunkSize: OUTPUT_CHUNK_BYTES }));
}
