import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import type { Background } from './background.ts';

/**
 * Files for the segments to come. Writes into a file that was filled with zeros beforehand need no change of the file
 * system's own records, which makes them four times as fast; so the next one is made ready while the current one fills,
 * and files of freed segments are used again. The salt keeps what they held from coming back.
 */
export interface FreshFiles {
  /**
   * A file with its name durable: the one made ready, or a spare, or an empty one rather than have anybody wait.
   */
  take(): Promise<FreshFile>;
  /** Starts to make the next file ready, unless that is done or under way. */
  prepare(): void;
  /** Whether `take` would give a file filled beforehand. */
  isPrepared(): boolean;
  /** Removes a segment's file, or keeps it for later. Nobody has it open. */
  recycle(number: number): Promise<void>;
  close(): Promise<void>;
}

export interface FreshFile {
  readonly number: number;
  readonly file: DiskFile;
  /** Bytes it holds already; 0 for an empty one. */
  readonly preparedBytes: number;
}

/** So many files of freed segments are kept for ever, and may be kept at all where the budget is small. */
const SPARES_LEAST = 4;
/** What was not needed for so long is given back to the file system, a part at a time. */
const SPARES_REVIEW_MS = 60_000;
const SHARE_GIVEN_BACK = 1 / 8;
const ZEROS = new Uint8Array(1024 * 1024);

export const segmentName = (number: number): string => `segment-${number}`;

/** The number that the name of a segment or of a spare bears; undefined for files of others. */
export function fileNumber(name: string): number | undefined {
  const digits = /^(?:segment|spare)-(\d{1,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function openFreshFiles(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly segmentBytes: number;
  /**
   * Bytes that files kept to be used again may take. A busy log frees segments as fast as it fills others, and blocks
   * that a disk has seen before are written several times as fast as new ones.
   */
  readonly sparesBytes: number;
  /** Names of files that can become segments. */
  readonly spares: readonly string[];
  /** Larger than every number that a segment or a spare bears. */
  readonly nextNumber: number;
  readonly background: Background;
}): FreshFiles {
  const { disk, folder, segmentBytes, background } = options;
  const sparesMost = Math.max(SPARES_LEAST, Math.floor(options.sparesBytes / segmentBytes));
  const spares = [...options.spares];
  /** The fewest spares there were since the last review: so many were not needed. */
  let idleSpares = 0;
  const reviewing = setInterval(() => background.start('Removing spare files', giveBack), SPARES_REVIEW_MS).unref();
  let nextNumber = options.nextNumber;
  let nextSpare = options.nextNumber;
  let ready: FreshFile | undefined;
  let isPreparing = false;
  let isClosed = false;
  let recycling = 0;

  const path = (name: string): string => join(folder, name);

  async function giveBack(): Promise<void> {
    const count = Math.min(Math.ceil(idleSpares * SHARE_GIVEN_BACK), spares.length - SPARES_LEAST);
    for (const name of count > 0 ? spares.splice(0, count) : []) await disk.remove(path(name));
    idleSpares = spares.length;
  }

  function takeSpare(): string | undefined {
    const name = spares.pop();
    idleSpares = Math.min(idleSpares, spares.length);
    return name;
  }

  async function prepareNext(): Promise<void> {
    let next = await numbered(takeSpare() ?? (await zeroFilled()));
    // Numbers rise with time: when another file was taken meanwhile, this one needs a later number.
    while (next.number !== nextNumber - 1) {
      await next.file.close();
      next = await numbered(segmentName(next.number));
    }
    ready = next;
  }

  /** The file under the next number. Should that fail, it is a spare again, by whichever name it has. */
  async function numbered(name: string): Promise<FreshFile> {
    const number = nextNumber++;
    const file = await disk.open(path(name), 'existing');
    let current = name;
    try {
      await disk.rename(path(name), path(segmentName(number)));
      current = segmentName(number);
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close();
      spares.unshift(current);
      throw error;
    }
    return { number, file, preparedBytes: segmentBytes };
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
    try {
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close();
      // It is tried again every second for as long as the disk fails.
      await disk.remove(path(segmentName(number)));
      throw error;
    }
    return { number, file, preparedBytes: 0 };
  }

  async function isFullSize(name: string): Promise<boolean> {
    const file = await disk.open(path(name), 'existing');
    try {
      return (await file.size()) >= segmentBytes;
    } finally {
      await file.close();
    }
  }

  /** Whether the file was kept as a spare. */
  async function keep(name: string): Promise<boolean> {
    if (isClosed || spares.length + recycling >= sparesMost) return false;
    recycling += 1;
    try {
      if (!(await isFullSize(name))) return false;
      const spare = `spare-${nextSpare++}`;
      await disk.rename(path(name), path(spare));
      spares.push(spare);
      return true;
    } finally {
      recycling -= 1;
    }
  }

  return {
    async take() {
      const fresh = ready;
      ready = undefined;
      if (fresh) return fresh;
      // As quick as an empty file, and on a full disk there is no room for one.
      const spare = takeSpare();
      return spare === undefined ? emptyFile() : numbered(spare);
    },
    prepare() {
      if (ready || isPreparing || isClosed) return;
      isPreparing = true;
      background.start('Making the next segment ready', () =>
        prepareNext().finally(() => {
          isPreparing = false;
        }),
      );
    },
    isPrepared: () => ready !== undefined,
    async recycle(number) {
      const name = segmentName(number);
      if (!(await keep(name))) await disk.remove(path(name));
    },
    async close() {
      isClosed = true;
      clearInterval(reviewing);
      await background.settled();
      await ready?.file.close();
    },
  };
}
