import { randomBytes } from 'node:crypto';
import type { AccessKey } from '../api/authentication/keys.ts';
import { ConfigError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { SecretJson } from './sealed-json.ts';

/** The keys that `hydrant keys` gives out, as every host makes, stores and finds them. */

/** Raised when what the members of a stored key mean changes. */
const FORMAT = 1;

/** For how long a running service uses a key that was taken back. */
const FRESH_MS = 1_000;

/** A key's id, which is part of a path, or of a table's key. */
const ID = /^[A-Z0-9]{16,128}$/;
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A key as it is listed: without its secrets. */
export interface KeyDescription extends Omit<AccessKey, 'secretAccessKey' | 'sessionToken'> {
  /** Ms since the epoch. */
  readonly createdAt: number;
}

export type KeyToCreate = Pick<AccessKey, 'actions' | 'streams'> & {
  /** By default the key's id. */
  readonly userName?: string;
  readonly expiresAt?: number;
  /** Whether it has a session token, as AWS's temporary credentials do. */
  readonly hasSessionToken: boolean;
};

/** Whether a key that was given out may have this id. */
export const isKeyId = (accessKeyId: string): boolean => ID.test(accessKeyId);

export function newKey({ hasSessionToken, ...wanted }: KeyToCreate): AccessKey {
  const accessKeyId = newKeyId(hasSessionToken ? 'HSIA' : 'HKIA');
  return {
    userName: accessKeyId,
    ...wanted,
    accessKeyId,
    secretAccessKey: randomBytes(30).toString('base64url'),
    ...(hasSessionToken && { sessionToken: randomBytes(60).toString('base64url') }),
  };
}

/** Twenty letters and digits, as AWS's are. */
function newKeyId(prefix: string): string {
  return prefix + Array.from(randomBytes(16), (byte) => ID_LETTERS[byte % ID_LETTERS.length]).join('');
}

/** The key as it is stored, its secrets sealed. */
export function textOfKey(json: SecretJson, key: AccessKey, createdAt: number): string {
  const { secretAccessKey: SecretAccessKey, sessionToken: SessionToken, ...open } = key;
  return json.write({ format: FORMAT, key: { ...open, createdAt }, SecretAccessKey, SessionToken });
}

/** What a stored text says that can be read without the key it is sealed under. `place` is for errors. */
export function describedKey(place: string, text: string): KeyDescription {
  return storedIn(place, JSON.parse(text)).key;
}

export interface StoredAt {
  /** For errors. */
  readonly place: string;
  /** What may be done when it cannot be read, as a sentence. */
  readonly remedy: string;
}

export function keyOfText(json: SecretJson, text: string, { place, remedy }: StoredAt): AccessKey & KeyDescription {
  let stored: unknown;
  try {
    stored = json.read(text);
  } catch (error) {
    throw new ConfigError(place, `cannot be read (${String(error)}). ${remedy}`);
  }
  const { key, secrets } = storedIn(place, stored);
  return { ...key, ...secrets };
}

interface Stored {
  readonly key: KeyDescription;
  readonly secrets: Pick<AccessKey, 'secretAccessKey' | 'sessionToken'>;
}

function storedIn(place: string, stored: unknown): Stored {
  if (!isJsonObject(stored) || !isJsonObject(stored.key)) throw new ConfigError(place, 'is not a key.');
  if (stored.format !== FORMAT)
    throw new ConfigError(place, `was written by a newer Hydrant (format ${stored.format}).`);
  const { SecretAccessKey, SessionToken } = stored;
  return {
    // Written by `textOfKey` and by nothing else.
    key: stored.key as unknown as KeyDescription,
    secrets: {
      secretAccessKey: String(SecretAccessKey),
      ...(typeof SessionToken === 'string' && { sessionToken: SessionToken }),
    },
  };
}

/** Finds keys by `read`, which is asked for one key once a second at most. */
export function freshKeys(
  read: (accessKeyId: string) => Promise<AccessKey | undefined>,
  now: () => number,
): (accessKeyId: string) => Promise<AccessKey | undefined> {
  const found = new Map<string, { readonly at: number; readonly key: AccessKey }>();
  const reading = new Map<string, Promise<AccessKey | undefined>>();

  /** Nothing is kept for ids that are no key's, of which there is no end. */
  function look(accessKeyId: string): Promise<AccessKey | undefined> {
    const at = now();
    const key = read(accessKeyId)
      .then((each) => {
        if (each === undefined) found.delete(accessKeyId);
        else found.set(accessKeyId, { at, key: each });
        return each;
      })
      .finally(() => reading.delete(accessKeyId));
    reading.set(accessKeyId, key);
    return key;
  }

  return async (accessKeyId) => {
    if (!isKeyId(accessKeyId)) return undefined;
    const known = found.get(accessKeyId);
    const isFresh = known !== undefined && Math.abs(now() - known.at) < FRESH_MS;
    return isFresh ? known.key : (reading.get(accessKeyId) ?? look(accessKeyId));
  };
}
