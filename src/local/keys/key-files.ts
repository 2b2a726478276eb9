import assert from 'node:assert';
import { join } from 'node:path';
import type { AccessKey, KeyStore } from '../../api/authentication/keys.ts';
import { ConfigError } from '../../core/errors.ts';
import {
  describedKey,
  freshKeys,
  isKeyId,
  type KeyDescription,
  type KeyToCreate,
  keyOfText,
  newKey,
  textOfKey,
} from '../../host/issued-keys.ts';
import type { Disk } from '../disk.ts';
import { secretJson } from '../secrets.ts';
import { readWhole, removeIfThere, writeWhole } from '../whole-file.ts';

/**
 * The keys that `hydrant keys` gives out, in the folder `keys` of the data folder: one file each, named by its id,
 * whose secrets are sealed under the folder's own key. A file is written by rename and never changed, and taking a key
 * back removes it, so a service that runs beside the command reads whole keys or none, without a lock: it looks at the
 * file of a key that is used once a second. Two commands keep each other out, so that only one makes the folder's key.
 */

/** For how long a running service believes that no key was ever given out. */
const FRESH_MS = 1_000;

export interface KeysPlace {
  /** The data folder. */
  readonly dataFolder: string;
  readonly disk: Disk;
  readonly now: () => number;
}

const folderIn = (dataFolder: string): string => join(dataFolder, 'keys');

/** The keys for a service that runs: those there are now, whatever is done to them while it runs. */
export function keyFiles({ dataFolder, disk, now }: KeysPlace): KeyStore {
  const folder = folderIn(dataFolder);
  let looked: { readonly at: number; readonly hasKeys: Promise<boolean> } | undefined;
  let isRequired = false;
  const isFresh = (at: number): boolean => Math.abs(now() - at) < FRESH_MS;

  async function look(): Promise<boolean> {
    isRequired ||= await hasIssuedKeys(disk, dataFolder);
    return isRequired;
  }

  return {
    async isRequired() {
      if (isRequired) return true;
      if (looked === undefined || !isFresh(looked.at)) looked = { at: now(), hasKeys: look() };
      return looked.hasKeys;
    },

    find: freshKeys((accessKeyId) => readKey({ disk, folder }, accessKeyId), now),
  };
}

/** Whether any key was ever given out here. */
export async function hasIssuedKeys(disk: Disk, dataFolder: string): Promise<boolean> {
  return (await disk.list(folderIn(dataFolder))).some((name) => name === 'key' || name.endsWith('.json'));
}

/** Gives out a new key, which a running service takes within a second. */
export async function createKey({ dataFolder, disk, now }: KeysPlace, wanted: KeyToCreate): Promise<AccessKey> {
  const key = newKey(wanted);
  const folder = folderIn(dataFolder);
  await disk.makeFolder(folder);
  const unlock = await disk.lock(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error;
    throw new ConfigError(folder, 'another hydrant keys create is at work there. Try again.');
  });
  try {
    const text = textOfKey(await secretJson(disk, folder), key, now());
    await writeWhole(disk, join(folder, `${key.accessKeyId}.json`), Buffer.from(text));
  } finally {
    await unlock();
  }
  return key;
}

/** All keys that are given out, the oldest first. */
export async function listKeys({ dataFolder, disk }: Omit<KeysPlace, 'now'>): Promise<readonly KeyDescription[]> {
  const folder = folderIn(dataFolder);
  const keys: KeyDescription[] = [];
  for (const name of await disk.list(folder)) {
    if (!name.endsWith('.json')) continue;
    // It may have been taken back a moment ago.
    const text = await readWhole(disk, join(folder, name));
    if (text !== undefined) keys.push(describedKey(join(folder, name), text.toString('utf8')));
  }
  return keys.sort((a, b) => a.createdAt - b.createdAt);
}

/** Takes a key back; a running service refuses it within a second. Resolves with false when there is none. */
export async function revokeKey({ dataFolder, disk }: Omit<KeysPlace, 'now'>, accessKeyId: string): Promise<boolean> {
  const folder = folderIn(dataFolder);
  const name = `${accessKeyId}.json`;
  if (!isKeyId(accessKeyId) || !(await disk.list(folder)).includes(name)) return false;
  await removeIfThere(disk, join(folder, name));
  await disk.syncFolder(folder);
  return true;
}

async function readKey(
  { disk, folder }: { readonly disk: Disk; readonly folder: string },
  accessKeyId: string,
): Promise<AccessKey | undefined> {
  const path = join(folder, `${accessKeyId}.json`);
  const text = await readWhole(disk, path);
  if (text === undefined) return undefined;
  const remedy = "Restore it and the file 'key' beside it from a backup, or make a new key and take this one back.";
  const key = keyOfText(await secretJson(disk, folder), text.toString('utf8'), { place: path, remedy });
  assert(key.accessKeyId === accessKeyId, `${path} holds the key that it is named for`);
  return key;
}
