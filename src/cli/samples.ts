import { lines, RECORD_MOST_BYTES } from '../formats/lines.ts';
import type { Source } from './source.ts';

export interface Sample {
  readonly record: Buffer;
  /** Counted from 1. */
  readonly line: number;
}

export interface Samples {
  readonly records: readonly Sample[];
  readonly bytes: number;
  /** Lines that are longer than a record may be. */
  readonly tooLong: number;
  /** Whether the source has more than is looked at. */
  readonly hasMore: boolean;
}

/** Samples are held in memory, and what is made of them too. */
const RECORDS_MOST = 10_000;
const BYTES_MOST = 64 * 1024 * 1024;

/** The first lines of the source, as records. */
export async function readSamples(
  { bytes: source }: Source,
  { keepsNewline }: { readonly keepsNewline: boolean },
): Promise<Samples> {
  const records: Sample[] = [];
  let bytes = 0;
  let tooLong = 0;
  let line = 0;
  for await (const cut of lines(source, { recordBytes: RECORD_MOST_BYTES, keepsNewline })) {
    line++;
    if ('tooLongBytes' in cut) {
      tooLong++;
      continue;
    }
    const { record } = cut;
    if (records.length === RECORDS_MOST || bytes + record.length > BYTES_MOST) {
      return { records, bytes, tooLong, hasMore: true };
    }
    records.push({ record, line });
    bytes += record.length;
  }
  return { records, bytes, tooLong, hasMore: false };
}

/** A part is searched for in every record: so often, and no longer. */
const SEARCHES_MOST = 1_000;

/** Finds the line that a failed record was, or was part of; the first one, where several are alike. */
export function lineFinder({ records }: Samples): (failed: Buffer) => number | undefined {
  const lineOf = new Map<string, number>();
  for (const { record, line } of records) {
    const text = record.toString('latin1'); // a character for each byte, whatever they mean
    if (!lineOf.has(text)) lineOf.set(text, line);
  }
  let searches = 0;
  return (failed) => {
    const line = lineOf.get(failed.toString('latin1'));
    if (line !== undefined || failed.length === 0 || ++searches > SEARCHES_MOST) return line;
    return records.find(({ record }) => record.includes(failed))?.line;
  };
}
