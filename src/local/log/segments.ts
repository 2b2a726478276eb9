import assert from 'node:assert';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import type { Background } from './background.ts';
import { type BlockIndex, decodeIndex, emptyIndex, INDEX_PREFIX_BYTES, indexBytes } from './block-index.ts';
import { aligned, FIRST_GROUP } from './format.ts';
import { type FreshFile, type FreshFiles, segmentName } from './fresh-files.ts';
import type { Report } from './report.ts';
import { readAt, scan } from './scan.ts';
import type { SegmentState } from './state.ts';

/** The segments there are: the active one, and closed ones, opened for whoever reads them. */
export interface Segments {
  /** The segment is the active one now: readers share its file and the index that grows with it. */
  activate(number: number, file: DiskFile, index: BlockIndex): void;
  /** The segment takes no more groups: writes its index behind them and lets its file go, all in the background. */
  retire(number: number): void;
  /**
   * Writes what is in the segment once more, and waits for the disk. After a failed fsync the system shows bytes that
   * are not on the disk and counts them as written; whoever found them there must not build on them before.
   */
  rewrite(number: number): Promise<void>;
  /**
   * Runs `work` on the segment, which is neither freed nor closed meanwhile. Resolves with undefined when there is no
   * such file.
   */
  use<T>(number: number, work: (segment: OpenSegment) => Promise<T>): Promise<T | undefined>;
  /** The segment's index if it is in memory. */
  indexOf(number: number): BlockIndex | undefined;
  /** Nothing in the segment is needed any more. */
  free(number: number): void;
  /** The file could not be opened as a segment. Removed once another one says where the log goes on. */
  abandon(fresh: FreshFile): void;
  /** The numbers of all segments there are. */
  numbers(): IterableIterator<number>;
  close(): Promise<void>;
}

export interface OpenSegment {
  readonly file: DiskFile;
  readonly index: BlockIndex;
  readonly salt: number;
}

interface Entry {
  file?: DiskFile;
  index?: BlockIndex;
  opening?: Promise<void>;
  isActive: boolean;
  isFreed: boolean;
  users: number;
  usedAt: number;
}

export interface SegmentsOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly existing: Iterable<number>;
  readonly stateOf: (number: number) => SegmentState | undefined;
  readonly fresh: FreshFiles;
  readonly background: Background;
  readonly report: Report;
}

/** Closed segments whose file and index stay open for the next reader. */
const OPEN_SEGMENTS = 8;
/**
 * A retired file with more room left than this share of a segment is cut: it was closed early, by a restart or a failed
 * write.
 */
const SHARE_LEFT_UNCUT = 1 / 8;
/** Memory for the indexes of closed segments; a single one may exceed it. */
const INDEX_MEMORY_BYTES = 64 * 1024 * 1024;
/** Bytes that are written once more at a time. */
const REWRITE_BYTES = 1024 * 1024;

export function openSegments(options: SegmentsOptions): Segments {
  const { disk, folder, segmentBytes, stateOf, fresh, background, report } = options;
  const entries = new Map<number, Entry>([...options.existing].map((number) => [number, closedEntry()]));
  let clock = 0;

  const path = (name: string): string => join(folder, name);

  async function openClosed(number: number, entry: Entry, state: SegmentState): Promise<void> {
    const file = await disk.open(path(segmentName(number)), 'existing');
    try {
      entry.index = (await storedIndex(file, state)) ?? (await rebuiltIndex(file, number, state));
    } catch (error) {
      await file.close();
      throw error;
    }
    entry.file = file;
  }

  function known(number: number): SegmentState {
    const state = stateOf(number);
    assert(state, 'The ledger knows every segment that is used.');
    return state;
  }

  async function rebuiltIndex(file: DiskFile, segment: number, { salt, end }: SegmentState): Promise<BlockIndex> {
    const index = emptyIndex();
    for await (const found of scan(file, { segment, salt, from: FIRST_GROUP, end, checkBlocks: false })) {
      if (found.kind === 'group') for (const block of found.group.blocks) index.add(block);
      // The first group is the snapshot, which holds no blocks.
      else if (found.offset !== FIRST_GROUP)
        await report.damage({ segment, offset: found.offset, end: found.end, records: 0, file });
    }
    // Readers have it now; that the next one after a restart finds it too is not worth failing for.
    await storeIndex(file, index, { salt, end }).catch((error: unknown) => {
      report.warn('The index of a segment could not be stored.', { segment, error: String(error) });
    });
    return index;
  }

  /** Also cuts off what the segment will not use. The index may be lost in a crash: it is then made again. */
  async function storeIndex(file: DiskFile, index: BlockIndex, { salt, end }: SegmentState): Promise<void> {
    const offset = aligned(end);
    const bytes = index.encode({ salt, offset });
    await file.write([bytes], offset);
    const left = (await file.size()) - offset - bytes.length;
    if (left > segmentBytes * SHARE_LEFT_UNCUT) await file.truncate(offset + bytes.length);
  }

  /** Closes what no reader used for longest, while there are too many or their indexes take too much memory. */
  function closeUnused(): void {
    const open = [...entries.values()].filter((entry) => entry.file && !entry.isActive);
    let bytes = open.reduce((sum, entry) => sum + (entry.index?.sizeBytes() ?? 0), 0);
    let count = open.length;
    for (const entry of open.filter(({ users }) => users === 0).sort((a, b) => a.usedAt - b.usedAt)) {
      if (count <= OPEN_SEGMENTS && bytes <= INDEX_MEMORY_BYTES) return;
      count -= 1;
      bytes -= entry.index?.sizeBytes() ?? 0;
      closeFile(entry);
    }
  }

  function closeFile(entry: Entry): void {
    const { file } = entry;
    delete entry.file;
    delete entry.index;
    delete entry.opening;
    if (file) background.start('Closing a segment', () => file.close());
  }

  function dispose(number: number, entry: Entry): void {
    closeFile(entry);
    background.start('Freeing a segment', () => fresh.recycle(number));
  }

  function leave(number: number, entry: Entry): void {
    entry.users -= 1;
    if (entry.isFreed && entry.users === 0) dispose(number, entry);
    else closeUnused();
  }

  async function use<T>(number: number, work: (segment: OpenSegment) => Promise<T>): Promise<T | undefined> {
    const entry = entries.get(number);
    if (entry === undefined) return undefined;
    entry.users += 1;
    entry.usedAt = clock++;
    // Once freed it is unknown to the ledger, though it is still there for those who use it.
    const state = known(number);
    try {
      entry.opening ??= entry.file ? Promise.resolve() : openClosed(number, entry, state);
      await entry.opening;
      const { file, index } = entry;
      assert(file && index, 'An open segment has a file and an index.');
      return await work({ file, index, salt: state.salt });
    } finally {
      if (entry.file === undefined) delete entry.opening;
      leave(number, entry);
    }
  }

  return {
    activate(number, file, index) {
      entries.set(number, { file, index, isActive: true, isFreed: false, users: 0, usedAt: clock++ });
    },

    retire(number) {
      const entry = entries.get(number);
      if (entry === undefined || !entry.isActive) return;
      const { file, index } = entry;
      assert(file && index, 'The active segment is open.');
      const state = known(number);
      entry.users += 1;
      background.start('Storing the index of a full segment', () =>
        storeIndex(file, index, state).finally(() => {
          entry.isActive = false;
          leave(number, entry);
        }),
      );
    },

    async rewrite(number) {
      const end = stateOf(number)?.end ?? 0;
      await use(number, async ({ file }) => {
        for (let at = 0; at < end; at += REWRITE_BYTES) {
          await file.write([await readAt(file, at, Math.min(REWRITE_BYTES, end - at))], at);
        }
        await file.sync();
      });
    },

    use,

    indexOf: (number) => entries.get(number)?.index,

    free(number) {
      const entry = entries.get(number);
      if (entry === undefined) return;
      entries.delete(number);
      entry.isFreed = true;
      if (entry.users === 0) dispose(number, entry);
    },

    abandon({ number, file }) {
      background.start('Removing a segment that could not be opened', async () => {
        await file.close();
        await disk.remove(path(segmentName(number)));
      });
    },

    numbers: () => entries.keys(),

    async close() {
      await background.settled();
      for (const entry of entries.values()) await entry.file?.close();
    },
  };
}

async function storedIndex(file: DiskFile, { salt, end }: SegmentState): Promise<BlockIndex | undefined> {
  const offset = aligned(end);
  const bytes = indexBytes(await readAt(file, offset, INDEX_PREFIX_BYTES));
  if (bytes === undefined) return undefined;
  const encoded = await readAt(file, offset, bytes);
  return encoded.length === bytes ? decodeIndex(encoded, { salt, offset }) : undefined;
}

const closedEntry = (): Entry => ({ isActive: false, isFreed: false, users: 0, usedAt: 0 });
