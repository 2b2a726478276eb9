import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import type { Secrets } from '../../core/secrets.ts';
import { KEY_BYTES, type SecretJson, sealedJson } from '../../host/sealed-json.ts';

/**
 * The key that a deployment's secrets are sealed under, those of streams and those of the keys that requests are signed
 * with: one secret of AWS Secrets Manager, made at random with the stack, for 0.40 USD a month. Whoever can read the
 * tables alone gets no secret, and no function has to be allowed to make a key or to write it down, as it would with a
 * key of KMS. It is asked for once by each container. What it has sealed cannot be read under another, so it is not to
 * be rotated.
 */
export interface DataKeySettings {
  /** The secret's ARN; or, for functions on a laptop, `file:` and the path of a key file, made when it is not there. */
  readonly place: string;
  readonly secrets: Secrets;
}

/** The member of the secret that CloudFormation fills with random letters and digits (`GenerateStringKey`). */
const DATA_KEY_MEMBER = 'dataKey';
/** Of those: more than a key holds. */
const LETTERS_LEAST = 43;
const FILE = 'file:';

/** Resolves with the JSON whose secrets are sealed under the deployment's key. What fails is tried anew. */
export function deploymentJson(settings: DataKeySettings): () => Promise<SecretJson> {
  let json: Promise<SecretJson> | undefined;
  return () => {
    json ??= dataKey(settings)
      .then(sealedJson)
      .catch((error: unknown) => {
        json = undefined;
        throw error;
      });
    return json;
  };
}

async function dataKey({ place, secrets }: DataKeySettings): Promise<Uint8Array> {
  if (place.startsWith(FILE)) return keyFile(place.slice(FILE.length));
  const { [DATA_KEY_MEMBER]: letters } = await secrets(place);
  if (typeof letters !== 'string' || letters.length < LETTERS_LEAST) {
    throw new ConfigError(place, `has no member ${DATA_KEY_MEMBER} of at least ${LETTERS_LEAST} letters and digits.`);
  }
  return createHash('sha256').update(letters).digest();
}

async function keyFile(path: string): Promise<Uint8Array> {
  const key = (await contentOf(path)) ?? (await newKeyFile(path));
  if (key.length === KEY_BYTES) return key;
  throw new ConfigError(path, `is not a key of ${KEY_BYTES} bytes; restore it from a backup.`);
}

/** Whole or not at all: functions in other processes may be at it too, and all must get the same key. */
async function newKeyFile(path: string): Promise<Uint8Array> {
  const unfinished = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx', flush: true });
  await link(unfinished, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another was first
  });
  await rm(unfinished);
  return readFile(path);
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
