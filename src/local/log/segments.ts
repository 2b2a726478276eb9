import assert from 'node:assert';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { type BlockIndex, decodeIndex, emptyIndex, INDEX_PREFIX_BYTES, indexBytes } from './block-index.ts';
import { aligned, FIRST_GROUP } from './format.ts';
import type { SegmentState } from './ledger.ts';
import type { Report } from './report.ts';
import { readAt, scan } from './scan.ts';

/** The segment files: the next one made ready ahead of time, the closed ones opened for readers, the freed ones used again. */
export interface Segments {
  /**
   * A file for the next segment, its name durable: one filled with zeros beforehand if it is ready (writes into it need no
   * change of the file system's own records, which is four times as fast), else an empty one.
   */
  take(): Promise<FreshFile>;
  /** Starts to make the next file ready, unless that is done or under way. */
  prepare(): void;
  /** Whether `take` would give a file filled beforehand. */
  isPrepared(): boolean;
  /** The segment is the active one now: readers share its file and the index that grows with it. */
  activate(number: number, file: DiskFile, index: BlockIndex): void;
  /** The segment takes no more groups: writes its index behind them and lets its file go, all in the background. */
  retire(number: number): void;
  /**
   * Writes what is in the segment once more, and waits for the disk. After a failed fsync the system shows bytes that are not on
   * the disk and counts them as written; whoever found them there must not build on them before.
   */
  rewrite(number: number): Promise<void>;
  /** Runs `work` on the segment, which is neither freed nor closed meanwhile. Resolves with undefined when there is no such file. */
  use<T>(number: number, work: (segment: OpenSegment) => Promise<T>): Promise<T | undefined>;
  /** The segment's index if it is in memory. */
  indexOf(number: number): BlockIndex | undefined;
  /** Nothing in the segment is needed any more. */
  free(number: number): void;
  /** The file could not be opened as a segment. Removed once another one says where the log goes on. */
  abandon(fresh: FreshFile): void;
  /** The numbers of all segments there are. */
  numbers(): IterableIterator<number>;
  /** Resolves when nothing goes on in the background. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface FreshFile {
  readonly number: number;
  readonly file: DiskFile;
  /** Bytes it holds already; 0 for an empty one. */
  readonly preparedBytes: number;
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
  readonly spares: readonly string[];
  readonly nextNumber: number;
  readonly stateOf: (number: number) => SegmentState | undefined;
  readonly report: Report;
}

/** Closed segments whose file and index stay open for the next reader. */
const OPEN_SEGMENTS = 8;
/** Freed files kept to be used again. */
const SPARE_FILES = 4;
/** A retired file with more room left than this share of a segment is cut: it was closed early, by a restart or a failed write. */
const SHARE_LEFT_UNCUT = 1 / 8;
/** Memory for the indexes of closed segments; a single one may exceed it. */
const INDEX_MEMORY_BYTES = 64 * 1024 * 1024;
const ZEROS = new Uint8Array(1024 * 1024);

export const segmentName = (number: number): string => `segment-${number}`;

export function openSegments(options: SegmentsOptions): Segments {
  const { disk, folder, segmentBytes, stateOf, report } = options;
  const entries = new Map<number, Entry>([...options.existing].map((number) => [number, closedEntry()]));
  const spares = [...options.spares];
  const background = new Set<Promise<void>>();
  let nextNumber = options.nextNumber;
  let nextSpare = options.nextNumber;
  let ready: FreshFile | undefined;
  let isPreparing = false;
  let recycling = 0;
  let clock = 0;
  let isClosed = false;

  const path = (name: string): string => join(folder, name);

  /** Work nobody waits for. It only ever makes things faster or smaller, so a failure is reported and no more. */
  function inBackground(what: string, work: () => Promise<unknown>): void {
    const task: Promise<void> = work()
      .then(() => {})
      .catch((error: unknown) => report.warn(`${what} failed; the log goes on without it.`, { error: String(error) }))
      .finally(() => background.delete(task));
    background.add(task);
  }

  async function prepareNext(): Promise<void> {
    let name = spares.pop() ?? (await zeroFilled());
    const file = await disk.open(path(name), 'existing');
    for (;;) {
      const number = nextNumber++;
      await disk.rename(path(name), path(segmentName(number)));
      name = segmentName(number);
      await disk.syncFolder(folder);
      // Numbers rise with time: when an empty file was taken meanwhile, this one needs a later number.
      if (number !== nextNumber - 1) continue;
      ready = { number, file, preparedBytes: segmentBytes };
      return;
    }
  }

  async function zeroFilled(): Promise<string> {
    const name = `spare-${nextSpare++}`;
    const file = await disk.open(path(name), 'create');
    try {
      for (let at = 0; at < segmentBytes; at += ZEROS.length) {
        await file.write([ZEROS.subarray(0, Math.min(ZEROS.length, segmentBytes - at))], at);
      }
      await file.sync();
    } catch (error) {
      // What there is of it takes space that a full disk needs.
      await disk.remove(path(name));
      throw error;
    } finally {
      await file.close();
    }
    return name;
  }

  async function emptyFile(): Promise<FreshFile> {
    const number = nextNumber++;
    const file = await disk.open(path(segmentName(number)), 'create');
    await disk.syncFolder(folder);
    return { number, file, preparedBytes: 0 };
  }

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
    if (file) inBackground('Closing a segment', () => file.close());
  }

  /** Keeps a freed file for later if it is of the right size and few are kept, otherwise removes it. */
  async function recycle(number: number): Promise<void> {
    const name = segmentName(number);
    if (spares.length + recycling < SPARE_FILES && !isClosed) {
      recycling += 1;
      try {
        if (await isFullSize(name)) {
          const spare = `spare-${nextSpare++}`;
          await disk.rename(path(name), path(spare));
          spares.push(spare);
          return;
        }
      } finally {
        recycling -= 1;
      }
    }
    await disk.remove(path(name));
  }

  async function isFullSize(name: string): Promise<boolean> {
    const file = await disk.open(path(name), 'existing');
    const size = await file.size();
    await file.close();
    return size >= segmentBytes;
  }

  function dispose(number: number, entry: Entry): void {
    closeFile(entry);
    inBackground('Freeing a segment', () => recycle(number));
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
    async take() {
      const fresh = ready;
      ready = undefined;
      return fresh ?? emptyFile();
    },

    prepare() {
      if (ready || isPreparing || isClosed) return;
      isPreparing = true;
      inBackground('Making the next segment ready', () =>
        prepareNext().finally(() => {
          isPreparing = false;
        }),
      );
    },

    isPrepared: () => ready !== undefined,

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
      inBackground('Storing the index of a full segment', () =>
        storeIndex(file, index, state).finally(() => {
          entry.isActive = false;
          leave(number, entry);
        }),
      );
    },

    async rewrite(number) {
      const end = stateOf(number)?.end ?? 0;
      await use(number, async ({ file }) => {
        for (let at = 0; at < end; at += ZEROS.length) {
          await file.write([await readAt(file, at, Math.min(ZEROS.length, end - at))], at);
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

    abandon(fresh) {
      inBackground('Removing a segment that could not be opened', async () => {
        await fresh.file.close();
        await disk.remove(path(segmentName(fresh.number)));
      });
    },

    numbers: () => entries.keys(),

    async settled() {
      while (background.size > 0) await Promise.all(background);
    },

    async close() {
      isClosed = true;
      while (background.size > 0) await Promise.all(background);
      await ready?.file.close();
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
