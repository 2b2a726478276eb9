import { createGzip } from 'node:zlib';
import { OUTPUT_CHUNK_BYTES, throughZlib } from './zlib-stream.ts';

/** Firehose's `CompressionFormat`, and `zstd`, an extension of ours. */
export type CompressionFormat = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY' | 'zstd';

export interface CodecOptions {
  /** The name of the one entry in a ZIP object: AWS uses a UUID. */
  readonly entryName: string;
  /** zlib's level for GZIP and ZIP, 1 (fast) to 9 (small); 6 unless given. */
  readonly level?: number;
}

/** How an object's bytes are stored. */
export interface Codec {
  /** Appended to the object key unless the stream has a FileExtension; empty when there is none. */
  readonly extension: string;
  /** The object's `Content-Encoding`, as observed on AWS. */
  readonly contentEncoding?: string;
  /**
   * The same input bytes give the same output bytes, however they are cut into chunks, so that a repeated delivery writes the
   * same object. Streams in constant memory and leaves the event loop free. To be called once per object.
   */
  compress(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

export function codec(format: CompressionFormat, options: CodecOptions): Codec {
  switch (format) {
    case 'UNCOMPRESSED':
      return { extension: '', compress: (chunks) => chunks };
    case 'GZIP':
      return {
        extension: '.gz',
        contentEncoding: 'gzip',
        // One member: curl and browsers stop silently after the first. node:zlib writes a modification time of zero.
        compress: (chunks) =>
          throughZlib(chunks, createGzip({ level: options.level ?? 6, chunkSize: OUTPUT_CHUNK_BYTES })),
      };
    default:
      throw new Error(`compression format ${format} is not available`);
  }
}
