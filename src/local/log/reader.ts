import type { BatchBlock } from '../../core/buffer.ts';
import { type RecordBlock, sliceBlock } from '../../core/records.ts';
import { isWhole, storedBytes } from './format.ts';
import type { Report } from './report.ts';
import { overlap, placeIn, type Run, rangesBetween } from './runs.ts';
import { readAt } from './scan.ts';
import type { OpenSegment, Segments } from './segments.ts';
import type { Ledger, Place, StoredBlock } from './state.ts';

/** Blocks that lie near each other are read at once, up to this many bytes. A single block may be larger. */
const READ_BYTES = 1024 * 1024;
/** Other lanes' bytes that are read along rather than read around. */
const GAP_BYTES = 64 * 1024;

export interface Located extends StoredBlock {
  readonly segment: number;
}

export interface ReaderContext {
  readonly ledger: Ledger;
  readonly segments: Segments;
  readonly report: Report;
}

/**
 * The run's records from place `first` to before place `last`, block by block, with their places in the run. Damaged
 * blocks are left out and reported.
 */
export async function* readRun(
  context: ReaderContext,
  run: Run,
  first: number,
  last: number,
): AsyncGenerator<BatchBlock> {
  const ranges = rangesBetween(run, first, last);
  const end = ranges.at(-1) ?? 0;
  let position = ranges[0] ?? 0;
  while (position < end) {
    const places = context.ledger.origins.get(run.origin)?.places;
    if (places === undefined) return;
    const blocks = await locate(context, places, run, { from: position, to: end });
    const isStale = (): boolean => context.ledger.origins.get(run.origin)?.places !== places;
    const needed = blocks.filter((block) => wanted(block, ranges, position).length > 0);
    for await (const { block, records } of readBlocks(context, needed, isStale)) {
      const picked = wanted(block, ranges, position);
      position = Math.max(position, block.from + block.count);
      const [number] = picked;
      if (records === undefined || number === undefined) continue;
      const taken = withReason(pick(records, block.from, picked), run);
      yield { ...taken, place: placeIn(run, number) };
    }
    if (!isStale()) return;
  }
}

/**
 * The blocks' records, undefined where damaged. Ends early when, after a pause, the blocks may no longer be where they
 * were.
 */
export async function* readBlocks(
  context: ReaderContext,
  blocks: readonly Located[],
  isStale: () => boolean,
): AsyncGenerator<{ readonly block: Located; readonly records: RecordBlock | undefined }> {
  for (const chunk of chunked(blocks)) {
    if (isStale()) return;
    const records = await readChunk(context, chunk);
    for (const [at, block] of chunk.entries()) yield { block, records: records?.[at] };
  }
}

/** The blocks that hold the run's records, in order, wherever they lie now. */
export async function locate(
  { segments, ledger, report }: ReaderContext,
  places: readonly Place[],
  { origin, name, records }: Pick<Run, 'origin' | 'name' | 'records'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Located[]> {
  const blocks: Located[] = [];
  for (const { segment } of places) {
    const found = await segments.use(segment, async ({ index }) => index.find(origin, name, from, to));
    for (const block of found ?? []) blocks.push({ ...block, segment });
    // The segment was there when the ledger said so, unless its file was taken away.
    const isMissing = found === undefined && ledger.origins.get(origin)?.places === places;
    if (isMissing) await report.damage({ segment, offset: 0, end: 0, records });
  }
  return blocks.sort((a, b) => a.from - b.from);
}

/** The record numbers to take of the block: those in the ranges that no earlier block gave. */
function wanted(block: StoredBlock, ranges: readonly number[], position: number): number[] {
  return overlap(ranges, [Math.max(block.from, position), block.from + block.count]);
}

function* chunked(blocks: readonly Located[]): Generator<Located[]> {
  let chunk: Located[] = [];
  for (const block of blocks) {
    const [first, last] = [chunk[0], chunk.at(-1)];
    if (first && last && !isNear(first, last, block)) {
      yield chunk;
      chunk = [];
    }
    chunk.push(block);
  }
  if (chunk.length > 0) yield chunk;
}

function isNear(first: Located, last: Located, block: Located): boolean {
  const gap = block.offset - (last.offset + storedBytes(last));
  const length = block.offset + storedBytes(block) - first.offset;
  return block.segment === last.segment && gap >= 0 && gap <= GAP_BYTES && length <= READ_BYTES;
}

/** The chunk's blocks, undefined where one is damaged; all undefined when the segment was freed a moment ago. */
async function readChunk(
  { segments, report }: ReaderContext,
  chunk: readonly Located[],
): Promise<(RecordBlock | undefined)[] | undefined> {
  const [first, last] = [chunk[0]!, chunk.at(-1)!]; // chunked() makes no empty ones
  return segments.use(first.segment, async (open) => {
    const bytes = await readAt(open.file, first.offset, last.offset + storedBytes(last) - first.offset);
    const blocks: (RecordBlock | undefined)[] = [];
    for (const block of chunk) {
      const start = block.offset - first.offset;
      const own = bytes.subarray(start, start + storedBytes(block));
      blocks.push(isWhole(own, block, open.salt) ? unpack(own, block) : await broken(report, open, block));
    }
    return blocks;
  });
}

async function broken(report: Report, { file }: OpenSegment, block: Located): Promise<undefined> {
  const { segment, offset, count } = block;
  await report.damage({ segment, offset, end: offset + storedBytes(block), records: count, file });
}

function unpack(bytes: Uint8Array, { count, arrivedAt, reason }: StoredBlock): RecordBlock {
  // Copied, because the table may start at any byte and a Uint32Array cannot.
  const lengths = new Uint32Array(Uint8Array.from(bytes.subarray(0, count * 4)).buffer);
  return { arrivedAt, lengths, data: bytes.subarray(count * 4), ...(reason && { reason }) };
}

/** The records of these numbers, of a block whose first is number `from`. */
function pick(block: RecordBlock, from: number, ranges: readonly number[]): RecordBlock {
  if (ranges.length === 2) {
    const [start, end] = [ranges[0]! - from, ranges[1]! - from]; // a pair
    return start === 0 && end === block.lengths.length ? block : sliceBlock(block, start, end);
  }
  const lengths: number[] = [];
  const data: Uint8Array[] = [];
  let [number, offset, next] = [from, 0, 0];
  for (const length of block.lengths) {
    while (next < ranges.length && number >= ranges[next + 1]!) next += 2; // ranges come in pairs
    if (next < ranges.length && number >= ranges[next]!) {
      lengths.push(length);
      data.push(block.data.subarray(offset, offset + length));
    }
    number += 1;
    offset += length;
  }
  return { ...block, lengths: Uint32Array.from(lengths), data: Buffer.concat(data) };
}

function withReason(block: RecordBlock, { reason }: Run): RecordBlock {
  return reason === undefined ? block : { ...block, reason };
}
