import type * as fs from 'node:fs/promises';
import { dirname } from 'node:path';

/** Folders remembered as durable; when there are more the memory starts afresh, which costs an fsync each. */
const SETTLED_LIMIT = 10_000;

export interface FolderTree {
  /** Makes the folder and those above it, where missing. They are durable only after `settle`. */
  make(folder: string): Promise<void>;
  /** Makes durable what was last done in the folder, and that it is reachable from the root. */
  settle(folder: string): Promise<void>;
}

/**
 * Folders below `root` (an absolute path, itself durable). A file that was renamed into a folder survives a power cut
 * only when that folder and every one above it that is new was fsynced. An earlier process may have died between making
 * a folder and that, so a folder counts as durable only once this process has fsynced it.
 */
export function folderTree(files: Pick<typeof fs, 'mkdir' | 'open'>, root: string): FolderTree {
  const settled = new Set<string>();

  return {
    async make(folder) {
      const topmostMade = await files.mkdir(folder, { recursive: true });
      if (topmostMade === undefined) return;
      // Somebody may have removed folders known as durable; the ones made now are others.
      for (let made = folder; made.length >= topmostMade.length; made = dirname(made)) settled.delete(made);
    },

    async settle(folder) {
      const unsettled: string[] = [];
      let at = folder;
      for (; !settled.has(at) && at !== root; at = dirname(at)) unsettled.push(at);
      for (const each of unsettled) await syncFolder(files, each);
      await syncFolder(files, at);
      if (settled.size > SETTLED_LIMIT) settled.clear();
      for (const each of unsettled) settled.add(each);
    },
  };
}

export async function syncFolder(files: Pick<typeof fs, 'open'>, folder: string): Promise<void> {
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
