import type { DiskFile } from '../disk.ts';
import { ALIGNMENT, aligned, decodeHead, type Group, groupSizes, isWhole, storedBytes } from './format.ts';
import type { StoredBlock } from './state.ts';

/** What stands in a segment from some offset on: a group, or bytes that are none though a group follows them. */
export type Found =
  | {
      readonly kind: 'group';
      readonly group: Group;
      readonly offset: number;
      readonly end: number;
      readonly broken: readonly StoredBlock[];
    }
  | { readonly kind: 'damage'; readonly offset: number; readonly end: number };

export interface ScanOptions {
  readonly segment: number;
  readonly salt: number;
  readonly from: number;
  /** Where the groups are known to end; absent in the segment that was written to last. */
  readonly end?: number;
  /** Without it only heads are read, a few hundred bytes a group. */
  readonly checkBlocks: boolean;
}

/**
 * The groups of a segment in order. Where the end is not known, an invalid group is the torn tail, never acknowledged,
 * unless a valid one follows it: then it is damage. So is a group with a broken block, whose head still tells what it
 * did.
 */
export async function* scan(file: DiskFile, options: ScanOptions): AsyncGenerator<Found> {
  const size = await file.size();
  const limit = Math.min(options.end ?? size, size);
  let held: Found | undefined;
  let offset = options.from;
  while (offset < limit) {
    const found = await groupAt(file, options, offset, size);
    if (found === undefined) {
      const next = await nextGroup(file, options, offset + ALIGNMENT, limit);
      if (next === undefined && options.end === undefined) break;
      if (held) yield held;
      held = undefined;
      yield { kind: 'damage', offset, end: next ?? limit };
      offset = next ?? limit;
      continue;
    }
    if (held) yield held;
    held = undefined;
    // A broken block in the very last group: the write was torn, unless a group follows.
    if (found.broken.length > 0 && options.end === undefined) held = found;
    else yield found;
    offset = found.end;
  }
  // The file was cut short, and not only by the padding of its last group.
  if (options.end !== undefined && offset < options.end) yield { kind: 'damage', offset, end: options.end };
}

/** The group whose head is whole at this offset. */
async function groupAt(file: DiskFile, options: ScanOptions, offset: number, size: number) {
  const page = await readAt(file, offset, ALIGNMENT);
  const sizes = groupSizes(page);
  if (sizes === undefined || offset + sizes.headBytes + sizes.blocksBytes > size) return undefined;
  const head =
    sizes.headBytes <= ALIGNMENT ? page.subarray(0, sizes.headBytes) : await readAt(file, offset, sizes.headBytes);
  const group = decodeHead(head, { segment: options.segment, salt: options.salt, offset });
  if (group === undefined) return undefined;
  const end = aligned(offset + sizes.headBytes + sizes.blocksBytes);
  const broken = options.checkBlocks ? await brokenBlocks(file, group.blocks, options.salt) : [];
  return { kind: 'group', group, offset, end, broken } as const;
}

async function brokenBlocks(file: DiskFile, blocks: readonly StoredBlock[], salt: number): Promise<StoredBlock[]> {
  const broken: StoredBlock[] = [];
  for (const block of blocks) {
    const bytes = await readAt(file, block.offset, storedBytes(block));
    if (!isWhole(bytes, block, salt)) broken.push(block);
  }
  return broken;
}

async function nextGroup(
  file: DiskFile,
  options: ScanOptions,
  from: number,
  limit: number,
): Promise<number | undefined> {
  const size = await file.size();
  for (let start = from; start < limit; start += LOOK_AHEAD_BYTES) {
    const chunk = await readAt(file, start, LOOK_AHEAD_BYTES);
    for (let at = 0; at < chunk.length && start + at < limit; at += ALIGNMENT) {
      // Most pages are ruled out by their first bytes; only what looks like a group is read again.
      if (groupSizes(chunk.subarray(at)) && (await groupAt(file, options, start + at, size))) return start + at;
    }
  }
  return undefined;
}

/** A multiple of the alignment. */
const LOOK_AHEAD_BYTES = 1024 * 1024;

/**
 * The file's bytes from `offset` on, fewer only at its end. Where the disk cannot read a page, it is zeros: damage like
 * any other.
 */
export async function readAt(file: DiskFile, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  try {
    return bytes.subarray(0, await file.read(bytes, offset));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error; // Node's file errors are ErrnoExceptions
    return await readPages(file, offset, bytes);
  }
}

async function readPages(file: DiskFile, offset: number, into: Buffer): Promise<Buffer> {
  const size = Math.min(into.length, Math.max((await file.size()) - offset, 0));
  for (let at = 0; at < size; at += ALIGNMENT) {
    const page = into.subarray(at, Math.min(at + ALIGNMENT, size));
    await file.read(page, offset + at).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error; // Node's file errors are ErrnoExceptions
      page.fill(0);
    });
  }
  return into.subarray(0, size);
}
