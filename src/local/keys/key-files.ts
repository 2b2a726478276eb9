import assert from 'node:assert';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AccessKey, KeyStore } from '../../api/authentication/keys.ts';
import { ConfigError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { Disk } from '../disk.ts';
import { type SecretJson, secretJson } from '../secrets.ts';
import { readWhole, removeIfThere, writeWhole } from '../whole-file.ts';

/**
 * The keys that `hydrant keys` gives out, in the folder `keys` of the data folder: one file each, named by its id,
 * whose secrets are sealed under the folder's own key. A file is written by rename and never changed, and taking a key
 * back removes it, so a service that runs beside the command reads whole keys or none, without a lock: it looks at the
 * file of a key that is used once a second. Two commands keep each other out, so that only one makes the folder's key.
 */

/** Raised when what the members of a file mean changes. */
const FORMAT = 1;

/** For how long a running service uses a key that was taken back. */
const FRESH_MS = 1_000;

/** A key's id, which is part of a path. */
const ID = /^[A-Z0-9]{16,128}$/;

/** A key as it is listed: without its secrets. */
export interface KeyDescription extends Omit<AccessKey, 'secretAccessKey' | 'sessionToken'> {
  /** Ms since the epoch. */
  readonly createdAt: number;
}

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
  const found = new Map<string, { readonly at: number; readonly key: AccessKey }>();
  const reading = new Map<string, Promise<AccessKey | undefined>>();
  let looked: { readonly at: number; readonly hasKeys: Promise<boolean> } | undefined;
  let isRequired = false;
  const isFresh = (at: number): boolean => Math.abs(now() - at) < FRESH_MS;

  async function look(): Promise<boolean> {
    isRequired ||= await hasIssuedKeys(disk, dataFolder);
    return isRequired;
  }

  /** Nothing is kept for ids that are no key's, of which there is no end. */
  function read(accessKeyId: string): Promise<AccessKey | undefined> {
    const at = now();
    const key = readKey({ disk, folder }, accessKeyId)
      .then((each) => {
        if (each === undefined) found.delete(accessKeyId);
        else found.set(accessKeyId, { at, key: each });
        return each;
      })
      .finally(() => reading.delete(accessKeyId));
    reading.set(accessKeyId, key);
    return key;
  }

  return {
    async isRequired() {
      if (isRequired) return true;
      if (looked === undefined || !isFresh(looked.at)) looked = { at: now(), hasKeys: look() };
      return looked.hasKeys;
    },

    async find(accessKeyId) {
      const known = found.get(accessKeyId);
      return known !== undefined && isFresh(known.at) ? known.key : (reading.get(accessKeyId) ?? read(accessKeyId));
    },
  };
}

/** Whether any key was ever given out here. */
export async function hasIssuedKeys(disk: Disk, dataFolder: string): Promise<boolean> {
  return (await disk.list(folderIn(dataFolder))).some((name) => name === 'key' || name.endsWith('.json'));
}

export type KeyToCreate = Pick<AccessKey, 'actions' | 'streams'> & {
  /** By default the key's id. */
  readonly userName?: string;
  readonly expiresAt?: number;
  /** Whether it has a session token, as AWS's temporary credentials do. */
  readonly hasSessionToken: boolean;
};

/** Gives out a new key, which a running service takes within a second. */
export async function createKey({ dataFolder, disk, now }: KeysPlace, wanted: KeyToCreate): Promise<AccessKey> {
  const { hasSessionToken, ...rest } = wanted;
  const accessKeyId = newKeyId(hasSessionToken ? 'HSIA' : 'HKIA');
  const key: AccessKey = {
    userName: accessKeyId,
    ...rest,
    accessKeyId,
    secretAccessKey: randomBytes(30).toString('base64url'),
    ...(hasSessionToken && { sessionToken: randomBytes(60).toString('base64url') }),
  };
  const { secretAccessKey: SecretAccessKey, sessionToken: SessionToken, ...open } = key;
  const stored = { format: FORMAT, key: { ...open, createdAt: now() }, SecretAccessKey, SessionToken };
  const folder = folderIn(dataFolder);
  await disk.makeFolder(folder);
  const unlock = await disk.lock(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error;
    throw new ConfigError(folder, 'another hydrant keys create is at work there. Try again.');
  });
  try {
    const text = (await secretJson(disk, folder)).write(stored);
    await writeWhole(disk, join(folder, `${accessKeyId}.json`), Buffer.from(text));
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
    if (text !== undefined) keys.push(storedIn(join(folder, name), JSON.parse(text.toString('utf8'))).key);
  }
  return keys.sort((a, b) => a.createdAt - b.createdAt);
}

/** Takes a key back; a running service refuses it within a second. Resolves with false when there is none. */
export async function revokeKey({ dataFolder, disk }: Omit<KeysPlace, 'now'>, accessKeyId: string): Promise<boolean> {
  const folder = folderIn(dataFolder);
  const name = `${accessKeyId}.json`;
  if (!ID.test(accessKeyId) || !(await disk.list(folder)).includes(name)) return false;
  await removeIfThere(disk, join(folder, name));
  await disk.syncFolder(folder);
  return true;
}

async function readKey(
  { disk, folder }: { readonly disk: Disk; readonly folder: string },
  accessKeyId: string,
): Promise<AccessKey | undefined> {
  if (!ID.test(accessKeyId)) return undefined;
  const path = join(folder, `${accessKeyId}.json`);
  const text = await readWhole(disk, path);
  if (text === undefined) return undefined;
  const { key, secrets } = storedIn(path, unsealed(path, await secretJson(disk, folder), text.toString('utf8')));
  assert(key.accessKeyId === accessKeyId, `${path} holds the key that it is named for`);
  return { ...key, ...secrets };
}

function unsealed(path: string, json: SecretJson, text: string): unknown {
  try {
    return json.read(text);
  } catch (error) {
    throw new ConfigError(
      path,
      `cannot be read (${String(error)}). Restore it and the file 'key' beside it from a backup, or make a new key and take this one back.`,
    );
  }
}

interface Stored {
  readonly key: KeyDescription;
  readonly secrets: Pick<AccessKey, 'secretAccessKey' | 'sessionToken'>;
}

function storedIn(path: string, stored: unknown): Stored {
  if (!isJsonObject(stored) || !isJsonObject(stored.key)) throw new ConfigError(path, 'is not a key.');
  if (stored.format !== FORMAT)
    throw new ConfigError(path, `was written by a newer Hydrant (format ${stored.format}).`);
  const { SecretAccessKey, SessionToken } = stored;
  return {
    // Written by `createKey` and by nothing else.
    key: stored.key as unknown as KeyDescription,
    secrets: {
      secretAccessKey: String(SecretAccessKey),
      ...(typeof SessionToken === 'string' && { sessionToken: SessionToken }),
    },
  };
}

const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Twenty letters and digits, as AWS's are. */
function newKeyId(prefix: string): string {
  return prefix + Array.from(randomBytes(16), (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('');
}
