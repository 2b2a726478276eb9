import { basename, dirname } from 'node:path';
import type { Disk, DiskFile } from '../../src/local/disk.ts';
import type { RandomNumbers } from './random.ts';

/** A disk in memory that loses power, fails and fills up at the moments a seed picks, and never by a clock. */
export interface SimulatedDisk extends Disk {
  /** Resolves when the power fails; whatever was under way on the disk never ends. */
  readonly died: Promise<void>;
  /** The power fails at this operation from now on. */
  dieAfter(operations: number): void;
  /** This operation from now on, if it changes the disk, fails; what it wrote is anybody's guess. */
  failAfter(operations: number): void;
  /** Bytes that all files together may take. */
  setCapacity(bytes: number): void;
  usedBytes(): number;
  /**
   * What is found when the power is back: of what was not synced, any sectors, and a beginning of the changes of names.
   */
  restart(survival?: Survival): SimulatedDisk;
  /** For tests that damage it by hand: the file's bytes, to be read and changed. */
  bytesOf(path: string): Buffer | undefined;
  resize(path: string, sizeBytes: number): void;
}

/** Of the unsynced sectors: none (`lost`), all (`kept`: the process died, not the machine), or as the seed has it. */
export type Survival = 'lost' | 'kept' | 'torn';

const SECTOR_BYTES = 512;

interface Content {
  /** What a reader sees. */
  cached: Buffer;
  /** What is on the disk. */
  stored: Buffer;
  /** Cached sectors that may or may not be stored. */
  dirty: Set<number>;
}

type Names = Map<string, Content>;
type NameChange = (names: Names) => void;

export function simulatedDisk(random: RandomNumbers, start: Names = new Map()): SimulatedDisk {
  const names: Names = new Map(start);
  let durableNames: Names = new Map(start);
  let unsyncedChanges: { readonly folder: string; readonly change: NameChange }[] = [];
  let operations = 0;
  let deathAt = Number.POSITIVE_INFINITY;
  let failureAt = Number.POSITIVE_INFINITY;
  let capacity = Number.POSITIVE_INFINITY;
  let isDead = false;
  let die = (): void => {};
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });

  /** Every operation passes here: it takes a while, and may be the one at which the power fails. */
  async function step(onDeath: () => void = () => {}): Promise<void> {
    for (let turns = Math.floor(random() * 4); turns >= 0; turns--) await undefined;
    operations += 1;
    if (!isDead && operations >= deathAt) {
      isDead = true;
      onDeath();
      die();
    }
    if (isDead) await new Promise<never>(() => {});
  }

  function isFailing(): boolean {
    if (operations < failureAt) return false;
    failureAt = Number.POSITIVE_INFINITY;
    return true;
  }

  function rename(change: NameChange, path: string): void {
    change(names);
    unsyncedChanges.push({ folder: dirname(path), change });
  }

  const usedBytes = (): number => [...new Set(names.values())].reduce((sum, { cached }) => sum + cached.length, 0);

  function existing(path: string): Content {
    const content = names.get(path);
    if (content === undefined) throw failure('ENOENT', path);
    return content;
  }

  function fileOf(content: Content, path: string): DiskFile {
    async function put(pieces: readonly Uint8Array[], position: number): Promise<void> {
      // Copied at once, so that a caller who reuses its bytes too early is found out.
      const bytes = Buffer.concat(pieces);
      await step(() => write(content, bytes, position));
      const growth = position + bytes.length - content.cached.length;
      if (growth > 0 && usedBytes() + growth > capacity) throw failure('ENOSPC', path);
      write(content, bytes, position);
    }
    return {
      async size() {
        await step();
        return content.cached.length;
      },
      async read(buffer, position) {
        await step();
        return content.cached.subarray(position, position + buffer.length).copy(buffer);
      },
      async write(pieces, position) {
        await put(pieces, position);
        if (isFailing()) throw failure('EIO', path);
      },
      async writeDurably(pieces, position) {
        await put(pieces, position);
        await step();
        if (isFailing()) {
          forgetSome(content, random);
          throw failure('EIO', path);
        }
        store(content);
      },
      async sync() {
        await step();
        if (isFailing()) {
          forgetSome(content, random);
          throw failure('EIO', path);
        }
        store(content);
      },
      async truncate(sizeBytes) {
        await step();
        if (isFailing()) throw failure('EIO', path);
        content.cached = resized(content.cached, sizeBytes);
        for (const sector of content.dirty) if (sector * SECTOR_BYTES >= sizeBytes) content.dirty.delete(sector);
      },
      close: () => step(),
    };
  }

  return {
    died,
    dieAfter(count) {
      deathAt = operations + count;
    },
    failAfter(count) {
      failureAt = operations + count;
    },
    setCapacity(bytes) {
      capacity = bytes;
    },
    usedBytes,
    restart(survival = 'torn') {
      const survivors: Names = new Map(durableNames);
      const kept = survival === 'kept' ? 1 : survival === 'lost' ? 0 : random();
      for (const { change } of unsyncedChanges.slice(0, Math.round(kept * unsyncedChanges.length))) change(survivors);
      const after: Names = new Map();
      for (const [path, content] of survivors) after.set(path, survivor(content, survival, random));
      return simulatedDisk(random, after);
    },
    bytesOf: (path) => names.get(path)?.cached,
    resize(path, sizeBytes) {
      const content = existing(path);
      content.cached = resized(content.cached, sizeBytes);
      content.stored = Buffer.from(content.cached);
    },

    makeFolder: () => step(),
    async list(folder) {
      await step();
      return [...names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
    },
    async open(path, how) {
      await step();
      if (how === 'existing') return fileOf(existing(path), path);
      if (names.has(path)) throw failure('EEXIST', path);
      if (isFailing()) throw failure('EIO', path);
      const content: Content = { cached: Buffer.alloc(0), stored: Buffer.alloc(0), dirty: new Set() };
      rename((into) => into.set(path, content), path);
      return fileOf(content, path);
    },
    async rename(from, to) {
      await step();
      if (isFailing()) throw failure('EIO', from);
      const content = existing(from);
      rename((into) => {
        into.delete(from);
        into.set(to, content);
      }, to);
    },
    async remove(path) {
      await step();
      if (isFailing()) throw failure('EIO', path);
      existing(path);
      rename((into) => into.delete(path), path);
    },
    async syncFolder(folder) {
      await step();
      if (isFailing()) throw failure('EIO', folder);
      durableNames = new Map(names);
      unsyncedChanges = [];
    },
    lock: async () => async () => {},
    freeBytes: async () => capacity - usedBytes(),
  };
}

function write(content: Content, bytes: Buffer, position: number): void {
  const end = position + bytes.length;
  if (end > content.cached.length) content.cached = resized(content.cached, end);
  bytes.copy(content.cached, position);
  for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++)
    content.dirty.add(sector);
}

function store(content: Content): void {
  if (content.stored.length !== content.cached.length) content.stored = resized(content.stored, content.cached.length);
  for (const sector of content.dirty) storeSector(content, content.stored, sector);
  content.dirty.clear();
}

/** As Linux has it after a failed fsync: what is in the cache counts as clean, whether it reached the disk or not. */
function forgetSome(content: Content, random: RandomNumbers): void {
  for (const sector of content.dirty) {
    if (random() < 0.5) continue;
    if (content.stored.length < content.cached.length) content.stored = resized(content.stored, content.cached.length);
    storeSector(content, content.stored, sector);
  }
  content.dirty.clear();
}

function storeSector(content: Content, into: Buffer, sector: number): void {
  content.cached.copy(into, sector * SECTOR_BYTES, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
}

function survivor(content: Content, survival: Survival, random: RandomNumbers): Content {
  if (survival === 'kept') return { cached: content.cached, stored: content.stored, dirty: content.dirty };
  let bytes: Buffer = Buffer.from(content.stored);
  const likelihood = survival === 'lost' ? 0 : (PATCHY[Math.floor(random() * PATCHY.length)] ?? 0);
  for (const sector of content.dirty) {
    if (random() >= likelihood) continue;
    const end = Math.min((sector + 1) * SECTOR_BYTES, content.cached.length);
    if (bytes.length < end) bytes = resized(bytes, end);
    storeSector(content, bytes, sector);
  }
  const isCut = content.cached.length < bytes.length && random() < likelihood;
  if (isCut) bytes = resized(bytes, content.cached.length);
  return { cached: bytes, stored: Buffer.from(bytes), dirty: new Set() };
}

/** Shares of unsynced sectors that survive: most often all but a few, or few. */
const PATCHY = [0, 0.1, 0.5, 0.9, 0.99, 1] as const;

function resized(buffer: Buffer, sizeBytes: number): Buffer {
  const other = Buffer.alloc(sizeBytes);
  buffer.copy(other);
  return other;
}

function failure(code: string, path: string): Error {
  const error: NodeJS.ErrnoException = new Error(`${code}: simulated, ${path}`);
  error.code = code;
  return error;
}
