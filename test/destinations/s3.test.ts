import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import s3 from '../../destinations/s3.ts';
import type { PromptDestination, Slice, SliceToPlan } from '../../src/core/destination.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { ObjectPut, ObjectStore } from '../../src/core/objects.ts';
import { type RecordBlock, recordBlock } from '../../src/core/records.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import type { Tables } from '../../src/formats/conversion/stream-table.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { type FolderObjects, folderObjects } from '../../src/objects/folder.ts';
import { compressors } from '../formats/conversion/decompressors.ts';
import { noTables } from '../kit/no-tables.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-s3-destination-'));
afterAll(() => fs.rm(top, { recursive: true }));

const signal = new AbortController().signal;
const OLDEST_AT = Date.UTC(2026, 6, 13, 10, 5, 9);
const CONFIG: JsonObject = {
  RoleARN: 'arn:aws:iam::000000000000:role/firehose',
  BucketARN: 'arn:aws:s3:::lake.events',
  CompressionFormat: 'UNCOMPRESSED',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
};
const DELIMITED: JsonObject = {
  ...CONFIG,
  ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord', Parameters: [] }] },
};
const FAILED: RecordBlock = recordBlock(OLDEST_AT, [Buffer.from('poison')], {
  type: 'processing-failed',
  code: 'Lambda.FunctionError',
  message: 'It threw.',
  attempts: 4,
  lastAttemptAt: OLDEST_AT + 60_000,
});

/** The one table there is. */
const tables: Tables = async (reference) =>
  `${reference.database}.${reference.table}` === 'shop.orders' && reference.region === 'eu-west-1'
    ? { columns: [{ name: 'id', type: 'int' }] }
    : noTables(reference);

/** Every KMS key is for the store to encrypt under. */
const encryptionKeys = () => undefined;

describe('the S3 destination', () => {
  let objects: FolderObjects;
  let destination: PromptDestination;
  beforeEach(async () => {
    objects = await folderObjects({ folder: await fs.mkdtemp(join(top, 'f')) });
    destination = s3({ objects, tables, converter, encryptionKeys });
  });

  const deliver = async (slice: SliceToPlan, blocks: readonly RecordBlock[]) =>
    destination.deliver(await planned(destination, slice, blocks), signal);
  const stored = async (bucket = 'lake.events') => {
    const found: { key: string; body: Buffer }[] = [];
    for await (const { key, path } of objects.list(bucket)) found.push({ key, body: await fs.readFile(path) });
    return found;
  };

  it('writes the records back to back into one object under the key Firehose gives it', async () => {
    const { bytes } = await deliver(slice({ config: CONFIG }), [records('abc', 'abc'), records('abc')]);

    const [object] = await stored();
    expect(object?.key).toMatch(/^2026\/07\/13\/10\/orders-3-2026-07-13-10-05-09-[0-9a-f-]{36}$/);
    expect(object?.body.toString()).toBe('abcabcabc');
    expect(bytes).toBe(9);
  });

  it('puts a line feed between records, and none at the end, when the stream appends delimiters', async () => {
    await deliver(slice({ config: DELIMITED }), [records('a', 'b'), records('c')]);

    expect((await stored())[0]?.body.toString()).toBe('a\nb\nc');
  });

  it('puts nothing between records when processing is configured but switched off', async () => {
    const processing = { ...(DELIMITED.ProcessingConfiguration as JsonObject), Enabled: false };
    await deliver(slice({ config: { ...DELIMITED, ProcessingConfiguration: processing } }), [records('a', 'b')]);

    expect((await stored())[0]?.body.toString()).toBe('ab');
  });

  it('compresses as asked and names the object for it', async () => {
    const { bytes } = await deliver(slice({ config: { ...CONFIG, CompressionFormat: 'GZIP' } }), [records('abc')]);

    const [object] = await stored();
    expect(object?.key).toMatch(/\.gz$/);
    expect(gunzipSync(object?.body ?? '').toString()).toBe('abc');
    expect(bytes).toBe(object?.body.length);
  });

  it('takes a FileExtension in place of the codec\u2019s, and an empty one as none', async () => {
    const keyWith = (FileExtension: string) =>
      keyOf(destination, slice({ config: { ...CONFIG, CompressionFormat: 'GZIP', FileExtension } }));

    expect(await keyWith('.json.gzip')).toMatch(/[0-9a-f]\.json\.gzip$/);
    expect(await keyWith('')).toMatch(/[0-9a-f]\.gz$/);
  });

  it('reads prefix, time zone and bucket from the configuration', async () => {
    const Prefix = 'y=!{timestamp:yyyy}/h=!{timestamp:HH}/!{firehose:random-string}/';
    const config = { ...CONFIG, Prefix, CustomTimeZone: 'Asia/Tokyo', BucketARN: 'arn:aws-cn:s3:::b' };

    const plan = await planOf(destination, slice({ config }));

    expect(plan.bucket).toBe('b');
    expect(plan.key).toMatch(/^y=2026\/h=19\/[0-9A-Za-z]{11}\/orders-3-2026-07-13-19-05-09-/);
  });

  it('plans the same for every attempt at a slice, and another key for another slice', async () => {
    const config = { ...CONFIG, Prefix: '!{firehose:random-string}/' };

    expect(await planOf(destination, slice({ config }))).toEqual(await planOf(destination, slice({ config })));
    expect(await keyOf(destination, slice({ config }))).not.toBe(
      await keyOf(destination, slice({ config, id: 'b2/0' })),
    );
  });

  it('keeps to its plan after the stream was changed', async () => {
    const before = await planned(destination, slice({ config: { ...DELIMITED, CompressionFormat: 'GZIP' } }), [
      records('a', 'b'),
    ]);
    await destination.deliver({ ...before, config: { ...CONFIG, BucketARN: 'arn:aws:s3:::other' } }, signal);

    expect(gunzipSync((await stored())[0]?.body ?? '').toString()).toBe('a\nb');
    expect(await stored('other')).toEqual([]);
  });

  it('delivers once however often the attempt is repeated', async () => {
    const repeated = await planned(destination, slice({ config: CONFIG }), [records('once')]);

    const first = await destination.deliver(repeated, signal);
    const second = await destination.deliver(repeated, signal);

    expect(second).toEqual(first);
    expect((await stored()).map(({ body }) => body.toString())).toEqual(['once']);
  });

  it('writes error records as lines of JSON under the error prefix, plain and without an extension', async () => {
    const config = { ...DELIMITED, CompressionFormat: 'GZIP', FileExtension: '.log', ErrorOutputPrefix: 'failed/' };

    await deliver(slice({ config, errorOutputType: 'processing-failed' }), [FAILED, FAILED]);

    const [object] = await stored();
    expect(object?.key).toMatch(/^failed\/processing-failed\/2026\/07\/13\/10\/orders-3-[0-9-]{19}-[0-9a-f-]{36}$/);
    const lines = object?.body.toString().trimEnd().split('\n') ?? [];
    expect(lines.map((line) => JSON.parse(line).rawData)).toEqual(Array(2).fill(btoa('poison')));
  });

  it('names the Lambda function in the report of a failed transformation', async () => {
    const Parameters = [{ ParameterName: 'LambdaArn', ParameterValue: 'arn:aws:lambda:eu-west-1:1:function:f' }];
    const ProcessingConfiguration = { Enabled: true, Processors: [{ Type: 'Lambda', Parameters }] };

    await deliver(slice({ config: { ...CONFIG, ProcessingConfiguration }, errorOutputType: 'processing-failed' }), [
      FAILED,
    ]);

    expect((await stored())[0]?.body.toString()).toContain('arn:aws:lambda:eu-west-1:1:function:f');
  });

  it('says that a plan whose object was never stored is absent, and one that was is not', async () => {
    const delivery = await planned(destination, slice({ config: CONFIG }), [records('x')]);

    expect(await destination.isAbsent?.(delivery.plan, signal)).toBe(true);
    await destination.deliver(delivery, signal);
    expect(await destination.isAbsent?.(delivery.plan, signal)).toBe(false);
  });

  it('uses our own format where the configuration names none, and never in place of one that it names', async () => {
    const extensions = { CompressionFormat: 'GZIP' };

    expect((await planOf(destination, slice({ config: CONFIG, extensions }))).format).toBe('GZIP');
    expect(
      (await planOf(destination, slice({ config: { ...CONFIG, CompressionFormat: 'Snappy' }, extensions }))).format,
    ).toBe('Snappy');
  });
});

describe('what the S3 destination asks of its object store', () => {
  it('is the content type and encoding of AWS, and the key to encrypt with', async () => {
    const { store, puts } = recordingStore();
    const KMSEncryptionConfig = { AWSKMSKeyARN: 'arn:aws:kms:eu-west-1:000000000000:key/k' };
    const config = { ...CONFIG, CompressionFormat: 'GZIP', EncryptionConfiguration: { KMSEncryptionConfig } };
    const destination = s3({ objects: store, tables, converter, encryptionKeys });

    await destination.deliver(await planned(destination, slice({ config }), [records('x')]), signal);

    expect(puts[0]).toMatchObject({
      contentType: 'application/octet-stream',
      contentEncoding: 'gzip',
      kmsKeyArn: KMSEncryptionConfig.AWSKMSKeyARN,
    });
  });

  it('is that it gives up the upload an earlier attempt noted, and notes its own before the first part', async () => {
    const { store, puts } = recordingStore();
    const notes: JsonValue[] = [];
    const destination = s3({ objects: store, tables, converter, encryptionKeys });
    const attempt = await planned(destination, slice({ config: CONFIG }), [records('x')]);

    await destination.deliver(
      {
        ...attempt,
        plan: { ...attempt.plan, attempt: 2, note: { uploadId: 'earlier' } },
        note: async (note) => void notes.push(note),
      },
      signal,
    );
    await puts[0]?.onUpload?.('mine');

    expect(puts[0]?.abandonedUpload).toBe('earlier');
    expect(notes).toEqual([{ uploadId: 'mine' }]);
  });
});

describe('an S3 destination that converts records', () => {
  const CONVERTED = {
    ...CONFIG,
    DataFormatConversionConfiguration: {
      Enabled: true,
      SchemaConfiguration: { RoleARN: 'arn:r', DatabaseName: 'shop', TableName: 'orders' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    },
  };

  it('writes one Parquet file of those that fit the table, and refuses the others by their places', async () => {
    const { store, puts, bodies } = recordingStore();
    const destination = s3({ objects: store, tables, converter, encryptionKeys });
    const toPlan = slice({ config: CONVERTED });

    const { refused } = await destination.deliver(
      await planned(destination, toPlan, [records('{"id":1}', '{"id":"x"}'), records('no json', '{"id":2}')]),
      signal,
    );

    expect(puts[0]?.key).toMatch(/\.parquet$/);
    expect(puts[0]).not.toHaveProperty('contentEncoding');
    const file = new Uint8Array(bodies[0]!).buffer; // one put, one body
    expect(await parquetReadObjects({ file, compressors })).toEqual([{ id: 1 }, { id: 2 }]);
    expect(refused).toMatchObject([
      { index: 1, code: 'DataFormatConversion.MalformedData', retryable: false },
      { index: 2, code: 'DataFormatConversion.ParseError', retryable: false },
    ]);
  });

  it('refuses the same records when an earlier attempt has stored the file, which nobody reads then', async () => {
    const put = async () => ({ outcome: 'already-there' as const, bytes: 1 });
    const destination = s3({ objects: { ...recordingStore().store, put }, tables, converter, encryptionKeys });
    const Serializer = { ParquetSerDe: { BlockSizeBytes: 1 } };
    const conversion = { ...CONVERTED.DataFormatConversionConfiguration, OutputFormatConfiguration: { Serializer } };
    const config = { ...CONVERTED, DataFormatConversionConfiguration: conversion };

    const { refused } = await destination.deliver(
      await planned(destination, slice({ config }), [records('{"id":1}'), records('no json')]),
      signal,
    );

    expect(refused).toMatchObject([{ index: 1 }]);
  });

  it('writes no file when no record fits', async () => {
    const { store, puts } = recordingStore();
    const destination = s3({ objects: store, tables, converter, encryptionKeys });

    const delivered = await destination.deliver(
      await planned(destination, slice({ config: CONVERTED }), [records('no json')]),
      signal,
    );

    expect(puts).toEqual([]);
    expect(delivered).toMatchObject({ bytes: 0, refused: [{ index: 0 }] });
  });

  it('follows the columns of its plan, whatever became of the table since', async () => {
    const { store, bodies } = recordingStore();
    const attempt = await planned(
      s3({ objects: store, tables, converter, encryptionKeys }),
      slice({ config: CONVERTED }),
      [records('{"id":1}')],
    );

    await s3({ objects: store, tables: noTables, converter, encryptionKeys }).deliver(attempt, signal);

    const file = new Uint8Array(bodies[0]!).buffer; // one put, one body
    expect(await parquetReadObjects({ file, compressors })).toEqual([{ id: 1 }]);
  });

  it('compresses the pages with zstd where that is asked for beside the configuration', async ({ skip }) => {
    skip(!isZstdAvailable(), `${process.version} has no zstd`);
    const { store, bodies } = recordingStore();
    const destination = s3({ objects: store, tables, converter, encryptionKeys });
    const toPlan = slice({ config: CONVERTED, extensions: { ParquetCompression: 'ZSTD' } });

    await destination.deliver(await planned(destination, toPlan, [records('{"id":1}')]), signal);

    const { row_groups } = parquetMetadata(new Uint8Array(bodies[0]!).buffer); // one put, one body
    expect(row_groups[0]?.columns[0]?.meta_data?.codec).toBe('ZSTD');
  });

  it('reads no further once the attempt is aborted', async () => {
    const { store, puts } = recordingStore();
    const destination = s3({ objects: store, tables, converter, encryptionKeys });
    const stop = new AbortController();
    let read = 0;
    async function* endless() {
      for (let place = 0; ; place++) {
        if (++read === 3) stop.abort(new Error('it took too long'));
        yield { ...records('{"id":1}'), place };
      }
    }
    const attempt = { ...(await planned(destination, slice({ config: CONVERTED }), [])), read: endless };

    await expect(destination.deliver(attempt, stop.signal)).rejects.toThrow('it took too long');

    expect([read, puts]).toEqual([3, []]);
  });

  it('waits for a table that is not known', async () => {
    const destination = s3({ objects: recordingStore().store, tables: noTables, converter, encryptionKeys });

    await expect(destination.plan?.(slice({ config: CONVERTED }))).rejects.toThrow(
      expect.objectContaining({ code: 'DataFormatConversion.EntityNotFound', retryable: true, refused: true }),
    );
  });

  it('names the table in the reports of records that failed', async () => {
    const { store, bodies } = recordingStore();
    const destination = s3({ objects: store, tables, converter, encryptionKeys });
    const reason = { type: 'format-conversion-failed', code: 'c', message: 'm', attempts: 1, lastAttemptAt: 2 };
    const toPlan = slice({ config: CONVERTED, errorOutputType: 'format-conversion-failed' });

    await destination.deliver(await planned(destination, toPlan, [recordBlock(1, [Buffer.from('x')], reason)]), signal);

    expect(JSON.parse(bodies[0]!.toString())).toMatchObject({
      // one put, one body
      lastErrorCode: 'c',
      dataCatalogTable: { databaseName: 'shop', tableName: 'orders', versionId: 'LATEST', roleArn: 'arn:r' },
    });
  });
});

function slice(differs: Partial<SliceToPlan>): SliceToPlan {
  const stream = { name: 'orders', arn: 'arn:aws:firehose:eu-west-1:000000000000:deliverystream/orders', version: 3 };
  return { id: 'b1/0', stream, config: CONFIG, records: 1, bytes: 1, oldestAt: OLDEST_AT, ...differs };
}

async function planned(
  destination: PromptDestination,
  toPlan: SliceToPlan,
  blocks: readonly RecordBlock[],
): Promise<Slice> {
  return {
    ...toPlan,
    plan: { streamVersion: toPlan.stream.version, attempt: 1, output: (await destination.plan?.(toPlan)) ?? null },
    async *read() {
      let place = 0;
      for (const block of blocks) {
        yield { ...block, place };
        place += block.lengths.length;
      }
    },
    note: async () => {},
  };
}

async function planOf(destination: PromptDestination, toPlan: SliceToPlan): Promise<JsonObject> {
  return (await destination.plan?.(toPlan)) as JsonObject; // This destination plans an object.
}

async function keyOf(destination: PromptDestination, toPlan: SliceToPlan): Promise<string> {
  return String((await planOf(destination, toPlan)).key);
}

function records(...texts: readonly string[]): RecordBlock {
  return recordBlock(
    OLDEST_AT,
    texts.map((text) => Buffer.from(text)),
  );
}

/** Takes every object and remembers what was asked. */
function recordingStore() {
  const puts: ObjectPut[] = [];
  const bodies: Buffer[] = [];
  const store: ObjectStore = {
    encryptsWithKms: true,
    async put(object) {
      puts.push(object);
      const chunks: Uint8Array[] = [];
      for await (const chunk of object.body) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      bodies.push(body);
      return { outcome: 'stored', bytes: body.length };
    },
    exists: async () => false,
  };
  return { store, puts, bodies };
}
