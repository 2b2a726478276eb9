import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { KMS } from '@aws-crypto/client-node';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, objectsIn, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { ACCESS_KEY, moto, SECRET_KEY } from './s3-servers.ts';
import { itWith, run, tool } from './tools.ts';

const sdk = tool("Python's aws-encryption-sdk", "pip install 'aws-encryption-sdk[MPL]'", [
  'python3',
  '-c',
  'import aws_encryption_sdk, aws_cryptographic_material_providers, boto3',
]);

/** The programs of docs/encryption.md: one for a key in a file, and the line that makes it one for KMS. */
const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'encryption.md'), 'utf8');
const [program = '', kmsKeyring = ''] = [...guide.matchAll(/```python\n(.*?)```/gs)].map(([, text]) => text);
const RAW_KEY = program;
const KMS_KEY = program.replace(/^keyring = .*?^client/ms, `${kmsKeyring}client`);

const LINES = Array.from({ length: 200_000 }, (_, i) => `{"id":${i},"text":"event number ${i * 7919}"}\n`).join('');
const ARN = 'arn:aws:kms:eu-central-1:000000000000:key/lake';

describe('what Hydrant has encrypted', () => {
  beforeAll(() => {
    process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
    process.env.AWS_DEFAULT_REGION = 'us-east-1';
    build();
  });

  itWith([sdk], "Python's SDK decrypts with the key of a file, and with no other, at no other address", async () => {
    const { newFolder, start, clear } = await sandbox();
    try {
      const folder = await newFolder();
      const key = Buffer.alloc(32, 'a key of 256 bits');
      await fs.writeFile(join(folder, 'lake.key'), key.toString('base64'), { mode: 0o600 });
      await configure(folder, ARN, { encryptionKeys: { [ARN]: { file: 'lake.key' } } }, { CompressionFormat: 'GZIP' });
      const { url } = await start(folder);
      await deliver(url);

      const stored: [string, Buffer][] = [];
      for await (const [name, bytes] of objectsIn(folder, 'lake')) stored.push([name, bytes]);

      const [[name, bytes] = ['', Buffer.alloc(0)]] = stored;
      expect(stored.map(([each]) => each)).toEqual([expect.stringMatching(/\.gz\.encrypted$/)]);
      const decrypt = (at: string, message: Uint8Array) => decrypted(folder, RAW_KEY, [ARN, 'lake', at], message);
      expect(gunzipSync(await decrypt(name, bytes)).toString() === LINES).toBe(true);
      await expect(decrypt('elsewhere', bytes)).rejects.toThrow('another object');
      await expect(decrypt(name, bytes.subarray(0, -1))).rejects.toThrow();
      await fs.writeFile(join(folder, 'lake.key'), Buffer.alloc(32).toString('base64'));
      await expect(decrypt(name, bytes)).rejects.toThrow();
    } finally {
      await clear();
    }
  });

  itWith([sdk, moto.tool], "Python's SDK decrypts with a key of KMS, from a store, in parts", async () => {
    const { newFolder, start, clear } = await sandbox();
    const server = await moto.start();
    const at = { endpoint: server.endpoint, region: 'us-east-1' };
    try {
      const { KeyMetadata } = await new KMS(at).createKey({});
      const arn = KeyMetadata?.Arn ?? '';
      const s3 = new S3Client({ ...at, forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: 'lake' }));
      const folder = await newFolder();
      const kms = { endpoint: server.endpoint };
      await configure(folder, arn, { encryptionKeys: { [arn]: { kms } }, s3: { endpoint: server.endpoint } });
      const { url } = await start(folder);
      await deliver(url);

      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lake' }));

      const Key = Contents[0]?.Key ?? '';
      const stored = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key }));
      // An object of more than one part has their number in its tag.
      expect(stored).toMatchObject({ ETag: expect.stringMatching(/-2"$/) });
      expect(stored.ContentEncoding).toBeUndefined();
      expect(stored.ServerSideEncryption).not.toBe('aws:kms');
      const message = await stored.Body?.transformToByteArray();
      process.env.AWS_ENDPOINT_URL_KMS = server.endpoint;
      const plain = await decrypted(folder, KMS_KEY, [arn, 'lake', Key], message ?? Buffer.alloc(0));
      expect(plain.toString() === LINES).toBe(true);
    } finally {
      delete process.env.AWS_ENDPOINT_URL_KMS;
      await clear();
      await server.stop();
    }
  });
});

async function configure(folder: string, AWSKMSKeyARN: string, settings: object, changes: object = {}) {
  const ExtendedS3DestinationConfiguration = s3Destination('lake', [128, 900], {
    ...changes,
    EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN } },
  });
  const streams = [{ DeliveryStreamName: 'orders', ExtendedS3DestinationConfiguration }];
  await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ ...settings, streams }));
}

async function deliver(url: string): Promise<void> {
  expect((await hydrant(['put', 'orders', '--endpoint', url], { input: LINES })).status).toBe(0);
  expect(await hydrant(['flush', '--endpoint', url])).toMatchObject({ status: 0, stderr: '' });
}

/** Runs a program of the guide where the key is. Throws with what it says when it fails. */
async function decrypted(folder: string, program: string, args: readonly string[], message: Uint8Array) {
  const [code, file] = [join(folder, 'decrypt.py'), join(folder, 'message')];
  await fs.writeFile(code, program);
  await fs.writeFile(file, message);
  return run('sh', ['-c', 'cd "$0" && exec python3 -W ignore decrypt.py "$@"', folder, ...args, file]);
}
