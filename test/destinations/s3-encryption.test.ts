import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import s3 from '../../destinations/s3.ts';
import type { Slice, SliceToPlan } from '../../src/core/destination.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type RecordBlock, recordBlock } from '../../src/core/records.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import type { EncryptionKeys } from '../../src/formats/encryption.ts';
import { type FolderObjects, folderObjects } from '../../src/objects/folder.ts';
import { compressors } from '../formats/conversion/decompressors.ts';
import { decrypted, rawKeyring } from '../formats/decrypted.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-s3-encryption-'));
afterAll(() => fs.rm(top, { recursive: true }));

const HELD = 'arn:aws:kms:eu-west-1:000000000000:key/held';
const OTHER = 'arn:aws:kms:eu-west-1:000000000000:alias/held';
const KEYRING = rawKeyring(HELD, 7);
const held: EncryptionKeys = (arn) => (arn === HELD ? async () => KEYRING : undefined);
const under = (AWSKMSKeyARN: string): JsonObject => ({
  RoleARN: 'arn:r',
  BucketARN: 'arn:aws:s3:::lake',
  CompressionFormat: 'GZIP',
  EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN } },
});
const stream = { name: 'orders', arn: 'arn:aws:firehose:eu-west-1:000000000000:deliverystream/orders', version: 1 };
const slice = (differs: Partial<SliceToPlan>): SliceToPlan => ({
  ...{ id: 'b1/0', stream, config: under(HELD), records: 1, bytes: 1, oldestAt: 0 },
  ...differs,
});
const never = new AbortController().signal;

describe('an object under a key that is held here', () => {
  let objects: FolderObjects;
  beforeEach(async () => {
    objects = await folderObjects({ folder: await fs.mkdtemp(join(top, 'f')) });
  });

  async function planned(toPlan: SliceToPlan, block: RecordBlock): Promise<Slice> {
    const output = (await s3({ objects, tables, converter, encryptionKeys: held }).plan?.(toPlan)) ?? null;
    return {
      ...toPlan,
      plan: { streamVersion: 1, attempt: 1, output },
      async *read() {
        yield { ...block, place: 0 };
      },
      note: async () => {},
    };
  }
  const deliver = (attempt: Slice, encryptionKeys = held) =>
    s3({ objects, tables, converter, encryptionKeys }).deliver(attempt, never);
  async function stored() {
    const found: { key: string; body: Buffer }[] = [];
    for await (const { key, path } of objects.list('lake')) found.push({ key, body: await fs.readFile(path) });
    return found;
  }

  it('is compressed, then encrypted, and bound to its address', async () => {
    const { bytes } = await deliver(await planned(slice({}), records('secret')));

    const [object] = await stored();
    const { plaintext, encryptionContext } = await decrypted(object?.body ?? Buffer.alloc(0), KEYRING);
    expect(gunzipSync(plaintext).toString()).toBe('secret');
    expect(object?.key).toMatch(/^1970\/.*\.gz\.encrypted$/);
    expect(encryptionContext).toEqual({ stream: stream.arn, bucket: 'lake', key: object?.key });
    expect(bytes).toBe(object?.body.length);
  });

  it('of error records is encrypted as well', async () => {
    const reason = { type: 'processing-failed', code: 'c', message: 'm', attempts: 1, lastAttemptAt: 1 };
    const failed = recordBlock(1, [Buffer.from('secret')], reason);

    await deliver(await planned(slice({ errorOutputType: 'processing-failed' }), failed));

    const [object] = await stored();
    expect(object?.key).toMatch(/^processing-failed\/.*[0-9a-f]\.encrypted$/);
    expect(object?.body.includes(btoa('secret'))).toBe(false);
    const { plaintext } = await decrypted(object?.body ?? Buffer.alloc(0), KEYRING);
    expect(JSON.parse(plaintext.toString())).toMatchObject({ rawData: btoa('secret') });
  });

  it('of converted records is a Parquet file when it is decrypted', async () => {
    const config = { ...under(HELD), CompressionFormat: 'UNCOMPRESSED', DataFormatConversionConfiguration: TO_ORDERS };

    await deliver(await planned(slice({ config }), records('{"id":1}', '{"id":2}')));

    const [object] = await stored();
    expect(object?.key).toMatch(/\.parquet\.encrypted$/);
    const { plaintext } = await decrypted(object?.body ?? Buffer.alloc(0), KEYRING);
    const file = new Uint8Array(plaintext).buffer;
    expect(await parquetReadObjects({ file, compressors })).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('has the extension that the stream asks for', async () => {
    await deliver(await planned(slice({ config: { ...under(HELD), FileExtension: '.esdk' } }), records('x')));

    expect((await stored())[0]?.key).toMatch(/[0-9a-f]\.esdk$/);
  });

  it('is delivered once however often the attempt is repeated', async () => {
    const attempt = await planned(slice({}), records('once'));

    expect(await deliver(attempt)).toEqual(await deliver(attempt));
    expect(await stored()).toHaveLength(1);
  });

  it('waits for its key when that is no longer in the configuration', async () => {
    const attempt = await planned(slice({}), records('secret'));

    const delivery = deliver(attempt, () => undefined);

    await expect(delivery).rejects.toMatchObject({
      code: 'S3.KMS.KeyNotConfigured',
      message: expect.stringContaining(`under ${HELD}, which is no longer in the configuration.`),
      retryable: true,
    });
    expect(await stored()).toEqual([]);
    await deliver(attempt);
    expect(await stored()).toHaveLength(1);
  });

  it('is not stored under any other key, which would be for the store', async () => {
    const delivery = deliver(await planned(slice({ config: under(OTHER) }), records('secret')));

    await expect(delivery).rejects.toMatchObject({ code: 'S3.KMS.KeyNotConfigured' });
    expect(await stored()).toEqual([]);
  });

  it('asks its store for neither a content encoding nor another encryption', async () => {
    const puts: object[] = [];
    const store = {
      encryptsWithKms: true,
      exists: async () => false,
      async put({ body, onUpload, ...asked }: Parameters<typeof objects.put>[0]) {
        for await (const chunk of body) expect(chunk.length).toBeGreaterThan(0);
        puts.push(asked);
        return { outcome: 'stored' as const, bytes: 1 };
      },
    };

    await s3({ objects: store, tables, converter, encryptionKeys: held }).deliver(
      await planned(slice({}), records('x')),
      never,
    );

    expect(puts).toEqual([{ bucket: 'lake', key: expect.any(String), contentType: 'application/octet-stream' }]);
  });
});

const TO_ORDERS = {
  Enabled: true,
  SchemaConfiguration: { RoleARN: 'arn:r', DatabaseName: 'shop', TableName: 'orders' },
  InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
  OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
};

async function tables() {
  return { columns: [{ name: 'id', type: 'int' }] };
}

function records(...texts: readonly string[]): RecordBlock {
  return recordBlock(
    0,
    texts.map((text) => Buffer.from(text)),
  );
}
