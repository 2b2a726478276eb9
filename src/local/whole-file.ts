import { dirname } from 'node:path';
import type { Disk } from './disk.ts';

/** Ends the names of files that are being written; what a crash leaves of them is to be ignored and removed. */
export const UNFINISHED = '.unfinished';

/**
 * Replaces a file's content: a crash leaves the old or the new, and once resolved it is the new. One writer a path at a
 * time.
 */
export async function writeWhole(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}${UNFINISHED}`;
  await removeIfThere(disk, unfinished);
  const file = await disk.open(unfinished, 'create');
  try {
    await file.write([bytes], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, path);
  await disk.syncFolder(dirname(path));
}

/** A file's content, or undefined when there is no such file. */
export async function readWhole(disk: Disk, path: string): Promise<Buffer | undefined> {
  const file = await unlessMissing(disk.open(path, 'existing'));
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

/** Removes the file unless it is gone already. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  await unlessMissing(disk.remove(path));
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
