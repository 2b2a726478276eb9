import * as zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';

const MAGIC = 'PAR1';

export function isParquet(object: Buffer): boolean {
  return object.toString('latin1', 0, 4) === MAGIC && object.toString('latin1', object.length - 4) === MAGIC;
}

/** The first rows of a Parquet file, each as JSON. */
export async function parquetRows(
  object: Buffer,
  rowsMost: number,
): Promise<{ readonly rows: readonly string[]; readonly rowCount: number }> {
  const { parquetMetadata, parquetReadObjects } = await import('hyparquet');
  const file = Uint8Array.from(object).buffer;
  const metadata = parquetMetadata(file);
  const rowCount = Number(metadata.num_rows);
  const rowEnd = Math.min(rowsMost, rowCount);
  const rows = rowEnd === 0 ? [] : await parquetReadObjects({ file, metadata, compressors, rowEnd, utf8: false });
  return { rows: rows.map((row) => JSON.stringify(row, shown)), rowCount };
}

/** Node has zstd from 22.15 on, its types from another version on. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (page: Uint8Array) => Uint8Array };

/** What hyparquet does not bring itself. */
const compressors: Compressors = {
  GZIP: (page) => zlib.gunzipSync(page),
  ...(zstdDecompressSync && { ZSTD: zstdDecompressSync }),
};

/** Values that JSON does not know. */
function shown(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
