import * as files from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { growingFile } from '../../src/objects/folder-file.ts';
import { folderTree } from '../../src/objects/folder-tree.ts';

/** Where in a file something was about to be appended. */
export interface Place {
  readonly file: string;
  readonly at: number;
}

export interface ToAppend {
  /** The bytes; may be called again. */
  readonly content: () => AsyncIterable<Uint8Array>;
  /** Roughly, for whether the file is full. */
  readonly bytes: number;
  /** Makes durable where the bytes will be, before the first of them is written. */
  readonly note: (place: Place) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Series {
  /** Appends to the newest file, durably; one after the other. Resolves with how many bytes there were. */
  append(what: ToAppend): Promise<number>;
}

export interface SeriesOptions {
  /** Of the files; a time follows it. */
  readonly name: string;
  readonly folder: string;
  /** Above the folder, or itself. */
  readonly top: string;
  readonly rotateBytes: number;
  readonly rotateMs: number;
  /** Ms since the epoch. */
  readonly now: () => number;
}

interface Newest {
  readonly path: string;
  readonly openedAt: number;
}

/**
 * Files that follow each other: `<name>-<time>.ndjson`, in an order that is that of their names. A process appends only
 * to files of its own, and after a failure to a new one, so that what an append leaves behind when it is cut off is the
 * end of its file: the next attempt finds it there by its note, and takes it away.
 */
export function fileSeries({ name, folder, top, rotateBytes, rotateMs, now }: SeriesOptions): Series {
  const tree = folderTree(files, dirname(top));
  let newest: Newest | undefined;
  let lastAt = 0;
  let before: Promise<unknown> = Promise.resolve();

  async function started(): Promise<Newest> {
    await tree.make(folder);
    for (;;) {
      const openedAt = Math.max(now(), lastAt + 1);
      lastAt = openedAt;
      const path = join(folder, `${name}-${new Date(openedAt).toISOString().replace(/[-:.]/g, '')}.ndjson`);
      // Another process may write here as well.
      const handle = await files.open(path, 'ax').catch(unlessThere);
      if (handle === undefined) continue;
      await handle.close();
      await tree.settle(folder);
      return { path, openedAt };
    }
  }

  async function append({ content, bytes, note, signal }: ToAppend): Promise<number> {
    if (newest !== undefined && now() - newest.openedAt >= rotateMs) newest = undefined;
    if (newest !== undefined && (await sizeOf(newest.path)) + bytes > rotateBytes) newest = undefined;
    newest ??= await started();
    const { path } = newest;
    const handle = await files.open(path, 'a');
    try {
      const { size: at } = await handle.stat();
      await note({ file: path, at });
      try {
        const file = growingFile(handle);
        for await (const chunk of content()) {
          signal.throwIfAborted();
          await file.append(chunk);
        }
        return await file.finish();
      } catch (error) {
        newest = undefined;
        // A disk that stays full is not to get an empty file each time. What cannot be taken away now, the next attempt
        // takes.
        await (at === 0 ? files.rm(path) : handle.truncate(at)).catch(() => undefined);
        throw error;
      }
    } finally {
      await handle.close();
    }
  }

  return {
    append(what) {
      const appended = before.then(() => append(what));
      before = appended.catch(() => undefined); // whoever waits for it is told
      return appended;
    },
  };
}

/**
 * Whether an earlier attempt has written all of the content at its place; how many bytes, or undefined. What it left
 * when it was cut off is taken away. Bytes that are not the content's are somebody else's, and left alone.
 */
export async function written(
  { file, at }: Place,
  content: () => AsyncIterable<Uint8Array>,
): Promise<number | undefined> {
  const handle = await files.open(file, 'r+').catch(unlessMissing);
  if (handle === undefined) return undefined;
  try {
    let position = at;
    for await (const chunk of content()) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunk.length), 0, chunk.length, position);
      if (!buffer.subarray(0, bytesRead).equals(chunk.subarray(0, bytesRead))) return undefined;
      position += bytesRead;
      if (bytesRead === chunk.length) continue;
      if (position > at && position === (await handle.stat()).size) await handle.truncate(at);
      return undefined;
    }
    await handle.datasync();
    return position - at;
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await files.stat(path).catch(unlessMissing);
  return found?.size ?? 0; // moved away: it is made anew
}

const unlessThere = unlessCode('EEXIST');
const unlessMissing = unlessCode('ENOENT');

function unlessCode(expected: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === expected)) throw error;
  };
}
