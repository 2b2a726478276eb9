import { randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DeliveryError } from '../core/errors.ts';
import type { ObjectAddress, ObjectPut, ObjectStore, PutResult } from '../core/objects.ts';
import { checkAddress } from './address.ts';
import { isObjectName, keyOfPath, pathOfKey } from './file-names.ts';
import { growingFile } from './folder-file.ts';
import { folderTree, syncFolder } from './folder-tree.ts';

/** The functions of `node:fs/promises` that this store uses. */
export type Files = Pick<typeof nodeFiles, 'mkdir' | 'open' | 'opendir' | 'rename' | 'rm' | 'stat'>;

export interface FolderSettings {
  /** Holds one folder a bucket. Made when missing. One process at a time, unless it is said to be shared. */
  readonly folder: string;
  /** Whether other processes may be at it: then nobody removes what a crash has left unfinished. */
  readonly isShared?: boolean;
  /** The file system; a test passes one that fails. */
  readonly files?: Files;
}

export interface FolderObjects extends ObjectStore {
  /**
   * Every whole object of a bucket, in no particular order; nothing when there is no such bucket. Files that are no
   * objects are left out.
   */
  list(bucket: string): AsyncIterable<FolderObject>;
}

export interface FolderObject extends ObjectAddress {
  /** Where it lies; its bytes are the object's. */
  readonly path: string;
}

/**
 * Unfinished files, on the file system of the buckets so that they can be renamed into them. No bucket's folder has
 * this name.
 */
const UPLOADS = '.uploads';
/**
 * Buckets as folders: the object's bytes lie in `<folder>/<bucket>/<key>` (odd keys in the form that `pathOfKey` gives
 * them), buckets come into being with their first object. A folder has no place for a content type or encoding; the
 * key's extension says the same.
 *
 * An object is written to a file apart, fsynced, renamed and its folders fsynced: it appears whole or not at all, and
 * survives a power cut once `put` resolved. What a crash leaves unfinished is removed by the next start. Symbolic links
 * are followed like everywhere else: the service makes none, so they are the operator's own.
 *
 * A disk that is full, read-only or broken rejects with `Folder.<errno>` (`Folder.ENOSPC`); a repeat may succeed. An
 * aborted put rejects with the signal's reason.
 */
export async function folderObjects(settings: FolderSettings): Promise<FolderObjects> {
  const files = settings.files ?? nodeFiles;
  const root = resolve(settings.folder);
  const uploads = join(root, UPLOADS);
  const tree = folderTree(files, root);

  await makeRoot(files, root);
  if (settings.isShared !== true) await files.rm(uploads, { recursive: true, force: true });
  await files.mkdir(uploads, { recursive: true });

  /**
   * The size of a whole new file in bytes. What goes wrong with the file is a `DeliveryError`; what the body throws is
   * handed on.
   */
  async function write(path: string, object: ObjectPut, signal: AbortSignal): Promise<number> {
    const handle = await diskWork(object, files.open(path, 'wx'));
    try {
      const file = growingFile(handle);
      for await (const chunk of object.body) {
        signal.throwIfAborted();
        await diskWork(object, file.append(chunk));
      }
      signal.throwIfAborted();
      return await diskWork(object, file.finish());
    } finally {
      await diskWork(object, handle.close());
    }
  }

  async function put(object: ObjectPut, signal: AbortSignal): Promise<PutResult> {
    refuseEncryption(object);
    const path = pathOf(root, object);
    const folder = dirname(path);
    const present = await diskWork(object, sizeOf(files, path));
    if (present !== undefined) {
      // The attempt that renamed it may have died before it fsynced the folder.
      await diskWork(object, tree.settle(folder), { refused: false });
      return { outcome: 'already-there', bytes: present };
    }

    const upload = join(uploads, randomUUID());
    try {
      const bytes = await write(upload, object, signal);
      await diskWork(object, tree.make(folder));
      await diskWork(object, files.rename(upload, path));
      await diskWork(object, tree.settle(folder), { refused: false });
      return { outcome: 'stored', bytes };
    } catch (error) {
      // What cannot be removed now is removed by the next start.
      await files.rm(upload, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  return {
    encryptsWithKms: false,
    put,
    exists: async (at) => (await diskWork(at, sizeOf(files, pathOf(root, at)))) !== undefined,
    list: (bucket) => list(files, root, bucket),
  };
}

/** Durable from the topmost folder that was missing down. */
async function makeRoot(files: Files, root: string): Promise<void> {
  const topmostMade = (await files.mkdir(root, { recursive: true })) ?? root;
  const highest = dirname(topmostMade);
  for (let at = root; at.length > highest.length; at = dirname(at)) await syncFolder(files, at);
  await syncFolder(files, highest);
}

function pathOf(root: string, at: ObjectAddress): string {
  checkAddress(at);
  return join(root, bucketFolder(at.bucket), ...pathOfKey(at.key));
}

/** A stream may have been made when its bucket was in S3. */
function refuseEncryption({ bucket, kmsKeyArn }: ObjectPut): void {
  if (kmsKeyArn === undefined) return;
  throw new DeliveryError(`Bucket ${bucket} is a folder and cannot encrypt an object under the KMS key ${kmsKeyArn}.`, {
    code: 'S3.KMS.KeyNotConfigured',
    retryable: true,
    refused: true,
  });
}

/** The names that would mean another folder get a mark that no bucket's name can hold. */
function bucketFolder(bucket: string): string {
  return bucket === '.' || bucket === '..' || bucket === UPLOADS ? `${bucket}%` : bucket;
}

async function sizeOf(files: Files, path: string): Promise<number | undefined> {
  try {
    return (await files.stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function* list(files: Files, root: string, bucket: string): AsyncGenerator<FolderObject> {
  const top = join(root, bucketFolder(bucket));
  const folders: (readonly string[])[] = [[]];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of entries(files, join(top, ...folder))) {
      const names = [...folder, entry.name];
      const key = isObjectName(entry.name) ? keyOfPath(names) : undefined;
      if (entry.isDirectory()) folders.push(names);
      else if (key !== undefined) yield { bucket, key, path: join(top, ...names) };
    }
  }
}

async function* entries(files: Files, folder: string) {
  try {
    yield* await files.opendir(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = errno(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function diskWork<T>(at: ObjectAddress, work: Promise<T>, { refused } = { refused: true }): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const code = errno(cause);
    if (code === undefined) throw cause;
    const message = `The folder of bucket ${at.bucket} did not take the object ${JSON.stringify(at.key)}: ${code}.`;
    throw new DeliveryError(message, { code: `Folder.${code}`, retryable: true, refused, cause });
  }
}
