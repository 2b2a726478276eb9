import { randomUUID } from 'node:crypto';
import * as files from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { DeliveryError } from '../../core/errors.ts';
import { keyOfPath, pathOfKey } from '../../objects/file-names.ts';
import { folderTree } from '../../objects/folder-tree.ts';
import type { StagedObjects } from '../services.ts';

/** In the names of files that are being written: a `%` of that kind is in no key's path. */
const UNFINISHED = '%writing-';

/**
 * A staging bucket for a laptop, as a folder that any number of processes may share. An object is written to a file
 * beside it and renamed, so it is there whole or not at all; what a crash leaves unfinished is not listed.
 */
export function stagedFolder({ folder }: { readonly folder: string }): StagedObjects {
  const root = resolve(folder);
  const tree = folderTree(files, root);
  const pathOf = (key: string): string => join(root, ...pathOfKey(key));

  return {
    put: (key, bytes) =>
      diskWork(async () => {
        const path = pathOf(key);
        const unfinished = `${path}${UNFINISHED}${randomUUID()}`;
        await tree.make(dirname(path));
        try {
          await files.writeFile(unfinished, bytes, { flag: 'wx', flush: true });
          await files.rename(unfinished, path);
        } catch (error) {
          await files.rm(unfinished, { force: true }).catch(() => undefined); // as after a crash, it is only in the way
          throw error;
        }
        await tree.settle(dirname(path));
      }),

    get: (key) => diskWork(() => unlessMissing(files.readFile(pathOf(key)))),

    remove: (keys) =>
      diskWork(async () => {
        for (const key of keys) await files.rm(pathOf(key), { force: true });
      }),

    async *list() {
      const entries = (await unlessMissing(files.readdir(root, { recursive: true, withFileTypes: true }))) ?? [];
      for (const entry of entries) {
        const path = join(entry.parentPath, entry.name);
        const key = entry.isFile() ? keyOfPath(relative(root, path).split(sep)) : undefined;
        const stat = key === undefined ? undefined : await unlessMissing(files.stat(path));
        if (key !== undefined && stat !== undefined) yield { key, storedAt: stat.mtimeMs };
      }
    },
  };
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function diskWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UnknownError';
    const message = `The folder of the staging bucket answered ${code}.`;
    throw new DeliveryError(message, { code: `Folder.${code}`, retryable: true, cause });
  }
}
