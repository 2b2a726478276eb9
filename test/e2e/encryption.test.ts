import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { decrypted, rawKeyring } from '../formats/decrypted.ts';
import build from './build.ts';
import { hydrant, objectsIn, s3Destination, sandbox } from './hydrant.ts';

const HELD = 'arn:aws:kms:us-east-1:000000000000:key/held';
const OTHER = 'arn:aws:kms:us-east-1:000000000000:key/other';

const { newFolder, start, clear } = await sandbox();
beforeAll(build);
afterAll(clear);

const stream = (AWSKMSKeyARN: string) => ({
  DeliveryStreamName: 'orders',
  ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900], {
    EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN } },
  }),
});

it('a folder holds what a stream delivers under a key of the configuration, never in the clear', async () => {
  const folder = await newFolder();
  await fs.writeFile(join(folder, 'held.key'), Buffer.alloc(32, 7), { mode: 0o600 });
  const encryptionKeys = { [HELD]: { file: 'held.key' } };
  await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ encryptionKeys }));
  const { url, end } = await start(folder);
  const { call } = client(url);

  await expect(call('CreateDeliveryStream', stream(OTHER))).rejects.toThrow('Name the key under encryptionKeys');
  await call('CreateDeliveryStream', stream(HELD));
  await hydrant(['put', 'orders', '--endpoint', url], { input: 'a secret\n' });
  await hydrant(['flush', '--endpoint', url]);

  const stored: Buffer[] = [];
  for await (const [, bytes] of objectsIn(folder, 'lake')) stored.push(bytes);
  expect(stored).toHaveLength(1);
  const [message = Buffer.alloc(0)] = stored;
  expect(message.includes('secret')).toBe(false);
  expect((await decrypted(message, rawKeyring(HELD, 7))).plaintext.toString()).toBe('a secret\n');
  expect(await end('SIGTERM')).toBe(0);
});

it('a key file that cannot be used keeps the service from starting', async () => {
  const folder = await newFolder();
  const encryptionKeys = { [HELD]: { file: 'held.key' } };
  await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ encryptionKeys }));

  const { status, stderr } = await hydrant(['serve', '--port', '0'], { folder });

  expect([status, stderr]).toEqual([2, expect.stringMatching(/^hydrant: encryptionKeys\.arn:.*\.file: .*ENOENT/)]);
});
