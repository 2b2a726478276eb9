import type { SourcedRecord } from '../../core/ingest.ts';
import { fromKinesis } from '../../sources/kinesis.ts';
import type { ReadRecords, Start } from './kinesis-api.ts';

/**
 * How far a shard has been read: behind a record, before a part of a packed one, or to the shard's end. It is stored in
 * one step with the records before it.
 */
export type Cursor =
  | { readonly after: string }
  | { readonly at: string; readonly part: number }
  | { readonly ended: true };

export function cursorIn(value: string | undefined): Cursor | undefined {
  // Only `Piece.cursor` is ever stored under these names.
  return value === undefined ? undefined : (JSON.parse(value) as Cursor);
}

export function hasEnded(cursor: Cursor | undefined): boolean {
  return cursor !== undefined && 'ended' in cursor;
}

/** Where reading goes on; `otherwise` when nothing of the shard has been read. */
export function startAt(cursor: Cursor | undefined, otherwise: Start): Start {
  if (cursor === undefined || 'ended' in cursor) return otherwise;
  if ('after' in cursor) return { at: 'afterSequenceNumber', sequenceNumber: cursor.after };
  return { at: 'sequenceNumber', sequenceNumber: cursor.at };
}

export interface Piece {
  readonly records: readonly SourcedRecord[];
  /** Stands behind these. */
  readonly cursor: Cursor;
}

/** What one change of the buffer takes in. Of an answer of 10 MiB packed records can make a hundred times as much. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** What a record takes beside its bytes: its metadata, and the object that holds both. */
const RECORD_BYTES = 512;

/**
 * An answer's records in order, from the cursor on, made as they are taken. Nothing when it neither holds any nor ends
 * the shard.
 */
export function* piecesOf({ records: read, next }: ReadRecords, from: Cursor | undefined): Generator<Piece> {
  let records: SourcedRecord[] = [];
  let bytes = 0;
  for (const record of read) {
    const { sequenceNumber } = record;
    const first = from !== undefined && 'at' in from && from.at === sequenceNumber ? from.part : 0;
    let part = 0;
    for (const one of fromKinesis(record)) {
      if (part++ < first) continue;
      const size = one.data.length + RECORD_BYTES;
      if (records.length > 0 && bytes + size > PIECE_BYTES) {
        yield { records, cursor: { at: sequenceNumber, part: part - 1 } };
        records = [];
        bytes = 0;
      }
      records.push(one);
      bytes += size;
    }
  }
  const last = read.at(-1);
  if (next === undefined) yield { records, cursor: { ended: true } };
  else if (last !== undefined) yield { records, cursor: { after: last.sequenceNumber } };
}
