import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { KEY_BYTES, type SecretJson, sealedJson } from '../host/sealed-json.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeWhole } from './whole-file.ts';

/** Under the data folder's key, in `<folder>/key`, made at the first start and readable by its owner alone. */
export async function secretJson(disk: Disk, folder: string): Promise<SecretJson> {
  const path = join(folder, 'key');
  const stored = await readWhole(disk, path);
  const key = stored ?? randomBytes(KEY_BYTES);
  if (stored === undefined) await writeWhole(disk, path, key);
  if (key.length !== KEY_BYTES)
    throw new ConfigError(path, `is not a key of ${KEY_BYTES} bytes; restore it from a backup.`);
  return sealedJson(key);
}
