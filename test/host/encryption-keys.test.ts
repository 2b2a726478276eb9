import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { encrypted } from '../../src/formats/encryption.ts';
import { encryptionKeys } from '../../src/host/encryption-keys.ts';
import { collected, streamOf } from '../formats/chunks.ts';
import { decrypted, rawKeyring } from '../formats/decrypted.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-encryption-keys-'));
afterAll(() => fs.rm(top, { recursive: true }));

const ARN = 'arn:aws:kms:eu-west-1:000000000000:key/lake';
const KEY = Buffer.alloc(32, 7);
const never = new AbortController().signal;

async function keysIn(content: string | Uint8Array, mode = 0o600) {
  const file = join(await fs.mkdtemp(join(top, 'f')), 'lake.key');
  await fs.writeFile(file, content);
  await fs.chmod(file, mode);
  return encryptionKeys({ [ARN]: { file } });
}

it.each<[string, string | Uint8Array, number?]>([
  ['as its bytes', KEY],
  ['in base64', KEY.toString('base64')],
  ['in base64, with a line feed', `${KEY.toString('base64')}\n`],
  ['in hexadecimal digits', `${KEY.toString('hex').toUpperCase()}\r\n`],
  ['for the group to read', KEY, 0o640],
])('a file that holds the key %s is taken', async (_, content, mode) => {
  const key = (await keysIn(content, mode))(ARN);
  if (key === undefined) throw new Error('the key was just given');

  const message = await collected(
    encrypted(streamOf([Buffer.from('x')]), { kmsKeyArn: ARN, key, context: { a: 'b' } }, never),
  );

  expect((await decrypted(message, rawKeyring(ARN, 7))).plaintext.toString()).toBe('x');
});

it.each<[string, string | Uint8Array, string, number?]>([
  ['is too short', KEY.subarray(1), 'holds 31 bytes that are no key of 256 bits'],
  ['is too long', Buffer.alloc(4096), 'holds 4096 bytes that are no key of 256 bits'],
  ['holds too short a key in base64', KEY.subarray(1).toString('base64'), 'that are no key of 256 bits'],
  ['is a passphrase', 'correct horse battery staple', 'Make one with: openssl rand -base64 -out '],
  ['is empty', '', 'holds 0 bytes'],
  ['everyone can read', KEY, 'is open to every user of this machine (mode 644): chmod 600 it.', 0o644],
  ['everyone can write', KEY, 'is open to every user of this machine (mode 602): chmod 600 it.', 0o602],
])('a file that %s is refused', async (_, content, message, mode) => {
  await expect(keysIn(content, mode)).rejects.toMatchObject({
    name: 'ConfigError',
    field: `encryptionKeys.${ARN}.file`,
    message: expect.stringContaining(message),
  });
});

it('a file that is not there is refused', async () => {
  const keys = encryptionKeys({ [ARN]: { file: join(top, 'nowhere') } });

  await expect(keys).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('ENOENT') });
});

it('an ARN is compared as it is written', async () => {
  const keys = await keysIn(KEY);

  expect(keys(ARN.replace('key/', 'alias/'))).toBeUndefined();
  expect(keys(ARN.toUpperCase())).toBeUndefined();
});

it('KMS that cannot be reached is no key, and the delivery can be tried again', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'any';
  process.env.AWS_SECRET_ACCESS_KEY = 'any';
  const keys = await encryptionKeys({ [ARN]: { kms: { endpoint: 'http://127.0.0.1:1' } } });
  const key = keys(ARN);
  if (key === undefined) throw new Error('the key was just given');

  const message = collected(encrypted(streamOf([]), { kmsKeyArn: ARN, key, context: { a: 'b' } }, never));

  await expect(message).rejects.toMatchObject({ code: 'S3.KMS.ECONNREFUSED', retryable: true, refused: true });
});
