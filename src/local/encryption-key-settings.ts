import { ConfigError } from '../core/errors.ts';
import type { KeyHolding } from '../host/encryption-keys.ts';
import { httpUrl, members, type Setting, text } from './setting.ts';

/** How a configuration file says where a key is that objects are encrypted under. */
export type EncryptionKeyConfig = { readonly file: string } | { readonly kms: true | { readonly endpoint?: string } };

const kmsMembers = members({ endpoint: httpUrl("the URL of what speaks KMS's API, such as http://127.0.0.1:5000") });
const kms: Setting<{ readonly endpoint?: string }> = (given, path) => {
  const { endpoint } = given === true ? {} : kmsMembers(given, path);
  return endpoint === undefined ? {} : { endpoint };
};

const keyMembers = members({ file: text, kms });

export const encryptionKey: Setting<KeyHolding> = (given, path) => {
  const { file, kms } = keyMembers(given, path);
  if (file !== undefined && kms === undefined) return { file };
  if (kms !== undefined && file === undefined) return { kms };
  throw new ConfigError(path, 'must have one of two members: file, the path of a key of 256 bits, or kms.');
};

export const kmsKeyArns = {
  pattern: /^arn:[^:\s]+:kms:[a-zA-Z0-9-]+:\d{12}:(key|alias)\/\S+$/,
  described: "a KMS key's ARN, as streams name it",
};

/** The holding with its path made absolute. */
export function holdingWithin(holding: KeyHolding, within: (path: string) => string): KeyHolding {
  return 'file' in holding ? { file: within(holding.file) } : holding;
}
