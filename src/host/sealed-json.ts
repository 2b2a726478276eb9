import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Members of a stream's configuration, and of a key, that are stored encrypted, wherever they stand. */
const SECRET_MEMBERS = new Set([
  'Password',
  'AccessKey',
  'HECToken',
  'PrivateKey',
  'KeyPassphrase',
  'SecretAccessKey',
  'SessionToken',
]);

/** Of the key that secrets are sealed under. */
export const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * JSON whose secret members are AES-256-GCM sealed under one key, so that a copied definition or a backup of it gives
 * none away.
 */
export interface SecretJson {
  write(value: unknown): string;
  /** Rejects text that was sealed under another key. */
  read(text: string): unknown;
}

export function sealedJson(key: Uint8Array): SecretJson {
  return {
    write: (value) =>
      JSON.stringify(value, (name, member) =>
        SECRET_MEMBERS.has(name) && typeof member === 'string' ? { sealed: seal(key, member) } : member,
      ),
    read: (text) =>
      JSON.parse(text, (name, member) =>
        SECRET_MEMBERS.has(name) && typeof member?.sealed === 'string' ? unseal(key, member.sealed) : member,
      ),
  };
}

function seal(key: Uint8Array, secret: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

function unseal(key: Uint8Array, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}
