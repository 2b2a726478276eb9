import { ARRIVAL_GRAIN_MS } from '../../core/arrival-blocks.ts';
import type { SourcedBlock } from '../../core/ingest.ts';
import { type FailureReason, recordBlock } from '../../core/records.ts';

export interface PackerOptions {
  readonly topic: string;
  readonly partition: number;
  /** The first offset of interest. */
  readonly from: number;
  /** Of a record: longer ones go to the error output. */
  readonly recordMostBytes: number;
  readonly now: () => number;
}

export interface KafkaRecord {
  /** Its value is these of the bytes. */
  readonly of: Buffer;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** In ms since the epoch, as its producer or the broker says. */
  readonly writtenAt: number;
}

export interface Piece {
  readonly blocks: readonly SourcedBlock[];
  /** Stands behind these: the offset to go on at. */
  readonly next: number;
  /** When the last of its records was written; absent without records. */
  readonly lastAt?: number;
}

export interface Packer {
  /**
   * Takes the record in, unless that makes the piece too large: then it has to be taken away first. `left` is about how
   * many bytes are still to come.
   */
  add(record: KafkaRecord, left: number): boolean;
  /** To the error output. */
  refuse(bytes: Buffer, batch: { readonly offset: number; readonly newestAt: number }, why: string): void;
  /** There is nothing before this offset any more. */
  skipTo(next: number): void;
  take(): Piece | undefined;
}

/** What one change of the buffer takes in. Of an answer of 8 MiB compressed records can make many times as much. */
const PIECE_BYTES = 4 * 1024 * 1024;
const PIECE_RECORDS = 65_536;
/** Producers may say any time. What no calendar has came now. */
const LATEST_TIME = Date.UTC(9999, 11, 31);

/** Packs records for the buffer: their bytes one behind the other, those of about the same time in one block. */
export function packer({ topic, partition, from, recordMostBytes, now }: PackerOptions): Packer {
  let taken = from;
  let next = from;
  let blocks: SourcedBlock[] = [];
  let arena: Buffer | undefined;
  let filled = 0;
  let records = 0;
  let lastAt: number | undefined;
  let block = emptyBlock(0, 0);

  function close(): void {
    const { arrivedAt, start, lengths, offsets, times } = block;
    if (arena !== undefined && lengths.length > 0) {
      const metadata = (i: number) => ({
        ...{ topic, partitionId: partition, offset: offsets[i] ?? 0 },
        approximateArrivalTimestamp: times[i] ?? 0,
      });
      const data = arena.subarray(start, filled);
      blocks.push({ arrivedAt, data, lengths: Uint32Array.from(lengths), metadata });
    }
    block = emptyBlock(0, filled);
  }

  function refused(bytes: Buffer, arrivedAt: number, why: Pick<FailureReason, 'code' | 'message'>): void {
    const reason = { type: 'processing-failed', ...why, attempts: 1, lastAttemptAt: now() };
    blocks.push(recordBlock(arrivedAt, [bytes], reason));
  }

  const timeOf = (writtenAt: number): number => (writtenAt > 0 && writtenAt < LATEST_TIME ? writtenAt : now());

  return {
    add({ of, start, end, offset, writtenAt }, left) {
      const bytes = end - start;
      const time = timeOf(writtenAt);
      if (bytes > recordMostBytes) {
        if (records > 0 || blocks.length > 0) return false;
        refused(of.subarray(start, end), time, tooLarge({ topic, partition, offset, bytes, recordMostBytes }));
        [next, lastAt] = [offset + 1, time];
        return true;
      }
      if (arena === undefined) arena = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(PIECE_BYTES, left)));
      else if (filled + bytes > arena.length || records === PIECE_RECORDS) return false;
      if (block.lengths.length > 0 && Math.abs(time - block.arrivedAt) > ARRIVAL_GRAIN_MS) close();
      if (block.lengths.length === 0) block = emptyBlock(time, filled);
      filled += of.copy(arena, filled, start, end);
      block.lengths.push(bytes);
      block.offsets.push(offset);
      block.times.push(time);
      records++;
      [next, lastAt] = [offset + 1, time];
      return true;
    },

    refuse(bytes, { offset, newestAt }, why) {
      const message = `The batch at offset ${offset} of partition ${partition} of ${topic} cannot be read: ${why}.`;
      refused(bytes, timeOf(newestAt), { code: 'Kafka.CorruptBatch', message });
    },

    skipTo(offset) {
      next = Math.max(next, offset);
    },

    take() {
      close();
      if (next === taken && blocks.length === 0) return undefined;
      const piece: Piece = { blocks, next, ...(lastAt !== undefined && { lastAt }) };
      taken = next;
      blocks = [];
      arena = undefined;
      [filled, records, lastAt] = [0, 0, undefined];
      block = emptyBlock(0, 0);
      return piece;
    },
  };
}

interface OpenBlock {
  readonly arrivedAt: number;
  readonly start: number;
  readonly lengths: number[];
  readonly offsets: number[];
  readonly times: number[];
}

function emptyBlock(arrivedAt: number, start: number): OpenBlock {
  return { arrivedAt, start, lengths: [], offsets: [], times: [] };
}

function tooLarge(record: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly bytes: number;
  readonly recordMostBytes: number;
}) {
  const { topic, partition, offset, bytes, recordMostBytes } = record;
  const place = `at offset ${offset} of partition ${partition} of ${topic}`;
  const message = `The record ${place} has ${bytes} bytes; at most ${recordMostBytes} are taken.`;
  return { code: 'Kafka.RecordTooLarge', message };
}
