import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (page: Uint8Array) => Uint8Array };

/** What hyparquet does not bring itself. */
export const compressors: Compressors = {
  GZIP: (page) => zlib.gunzipSync(page),
  ...(zstdDecompressSync && { ZSTD: zstdDecompressSync }),
};
