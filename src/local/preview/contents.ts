import { decompressed } from '../../formats/decompression.ts';
import type { KeptObject } from './kept-objects.ts';
import { isParquet, parquetRows } from './parquet-rows.ts';

/** What is in an object, row by row, or why that cannot be shown. */
export type Contents = Rows | { readonly unreadable: string };

export interface Rows {
  /** The first ones. */
  readonly rows: readonly string[];
  readonly rowCount: number;
  /** Lines without anything on them; they are no rows. */
  readonly blankLines: number;
}

export async function contentsOf({ body, contentEncoding }: KeptObject, rowsMost: number): Promise<Contents> {
  try {
    const plain = await decompressed(body, contentEncoding);
    return isParquet(plain) ? { ...(await parquetRows(plain, rowsMost)), blankLines: 0 } : linesOf(plain, rowsMost);
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

/** The lines of a text. */
function linesOf(text: Buffer, rowsMost: number): Rows {
  const rows: string[] = [];
  let rowCount = 0;
  let blankLines = 0;
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found;
    if (end === from) blankLines++;
    else if (++rowCount <= rowsMost) rows.push(text.toString('utf8', from, end));
    from = end + 1;
  }
  return { rows, rowCount, blankLines };
}
