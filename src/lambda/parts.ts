import type { BatchBlock } from '../core/buffer.ts';
import type { Ranges } from '../core/ranges.ts';
import { type FailureReason, type RecordBlock, sliceBlock } from '../core/records.ts';
import { decodeBlocks, encodeBlocks } from './blocks.ts';
import { missing } from './bodies.ts';
import type { StagedObjects } from './services.ts';

interface Counted {
  readonly records: number;
  readonly bytes: number;
  /** Of the oldest record, in ms since the epoch. */
  readonly arrivedAt: number;
}

/** Records in the staging bucket. Each object is part of one entry or one batch at a time, which removes it. */
export interface StagedPart extends Counted {
  readonly object: string;
  /** Why they are in an error lane, when that became known after the object was written. */
  readonly reason?: FailureReason;
}

/** A few records in their entry's own row, as base64. */
export interface InlinePart extends Counted {
  readonly inline: string;
}

export type Part = StagedPart | InlinePart;

export interface PartStore {
  readonly objects: StagedObjects;
  readonly newId: () => string;
}

/**
 * Up to so many bytes stay inline. As base64 they make the entry's row 3 units of 1 KB longer, and that is paid twice,
 * when it comes and when it is sealed: $3.75 a million at $0.625 a unit, where an object would be $5.40 for its put and
 * its get. At $1.25 a unit it pays for the half.
 */
const INLINE_BYTES = 2 * 1024;

export async function storePart(store: PartStore, blocks: readonly RecordBlock[]): Promise<Part> {
  const encoded = encodeBlocks(blocks);
  const counted: Counted = {
    records: blocks.reduce((sum, { lengths }) => sum + lengths.length, 0),
    bytes: blocks.reduce((sum, { data }) => sum + data.length, 0),
    arrivedAt: Math.min(...blocks.map(({ arrivedAt }) => arrivedAt)),
  };
  if (encoded.length <= INLINE_BYTES) return { inline: encoded.toString('base64'), ...counted };
  return storeEncoded(store, encoded, counted);
}

async function storeEncoded({ objects, newId }: PartStore, encoded: Buffer, counted: Counted): Promise<StagedPart> {
  const object = `records/${newId()}`;
  await objects.put(object, encoded);
  return { object, ...counted };
}

/** Objects that are put at once. */
const STORED_AT_ONCE = 25;

/** The parts of a batch: inline ones are put together, as many of them as stand side by side, in their order. */
export async function gathered(store: PartStore, parts: readonly Part[]): Promise<readonly StagedPart[]> {
  const runs: (StagedPart | InlinePart[])[] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if ('object' in part) runs.push(part);
    else if (Array.isArray(last) && sizeOf(last).bytes < COPY_BYTES) last.push(part);
    else runs.push([part]);
  }
  const staged: StagedPart[] = [];
  for (let i = 0; i < runs.length; i += STORED_AT_ONCE) {
    const some = runs.slice(i, i + STORED_AT_ONCE);
    staged.push(...(await Promise.all(some.map((run) => (Array.isArray(run) ? joined(store, run) : run)))));
  }
  return staged;
}

function joined(store: PartStore, run: readonly InlinePart[]): Promise<StagedPart> {
  const encoded = Buffer.concat(run.map(({ inline }) => Buffer.from(inline, 'base64')));
  return storeEncoded(store, encoded, {
    ...sizeOf(run),
    arrivedAt: Math.min(...run.map(({ arrivedAt }) => arrivedAt)),
  });
}

export function objectsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => ('object' in part ? [part.object] : []));
}

/** The parts' records from a place on, with one object in memory at a time. */
export async function* readParts(
  objects: StagedObjects,
  parts: readonly StagedPart[],
  from: number,
): AsyncGenerator<BatchBlock> {
  let place = 0;
  for (const { object, records, reason } of parts) {
    if (place + records <= from) {
      place += records;
      continue;
    }
    const bytes = await objects.get(object);
    if (bytes === undefined) throw missing(object);
    for (const block of decodeBlocks(bytes)) {
      const count = block.lengths.length;
      const start = Math.max(from - place, 0);
      if (start < count) yield { ...sliceBlock(block, start, count), ...(reason && { reason }), place: place + start };
      place += count;
    }
  }
}

/** As many bytes are gathered for one object. */
const COPY_BYTES = 4 * 1024 * 1024;

export interface Copying {
  readonly ranges: Ranges;
  readonly reason?: FailureReason | undefined;
}

/** The records in these ranges as parts of their own. */
export async function copyParts(
  store: PartStore,
  parts: readonly StagedPart[],
  { ranges, reason }: Copying,
): Promise<readonly Part[]> {
  const copies: Part[] = [];
  let blocks: RecordBlock[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (blocks.length > 0) copies.push(await storePart(store, blocks));
    blocks = [];
    bytes = 0;
  };
  for await (const block of readParts(store.objects, parts, ranges[0]?.[0] ?? 0)) {
    for (const picked of within(block, ranges)) {
      blocks.push(reason === undefined ? picked : { ...picked, reason });
      bytes += picked.data.length;
    }
    if (bytes >= COPY_BYTES) await flush();
  }
  await flush();
  return copies;
}

function within({ place, ...block }: BatchBlock, ranges: Ranges): RecordBlock[] {
  const end = place + block.lengths.length;
  return ranges.flatMap(([from, to]) => {
    const [start, stop] = [Math.max(from, place), Math.min(to, end)];
    return start < stop ? [sliceBlock(block, start - place, stop - place)] : [];
  });
}

/**
 * Hands the records from a place on to another owner: the objects as they are, except one that begins before it, of
 * which the rest is copied.
 */
export async function handOver(
  store: PartStore,
  parts: readonly StagedPart[],
  { from, reason }: { readonly from: number; readonly reason?: FailureReason | undefined },
): Promise<readonly Part[]> {
  const handed: Part[] = [];
  let place = 0;
  for (const part of parts) {
    const end = place + part.records;
    if (place >= from) handed.push(reason === undefined ? part : { ...part, reason });
    else if (end > from)
      handed.push(...(await copyParts(store, [part], { ranges: [[from - place, part.records]], reason })));
    place = end;
  }
  return handed;
}

export function sizeOf(parts: readonly Counted[]): { readonly records: number; readonly bytes: number } {
  return {
    records: parts.reduce((sum, { records }) => sum + records, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
