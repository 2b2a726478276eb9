import assert from 'node:assert';
import type { BatchBlock } from '../src/core/buffer.ts';
import type { Delivered, PromptDestination, Slice, SliceToPlan } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import type { ObjectPut, ObjectStore } from '../src/core/objects.ts';
import type { RefusedRecord } from '../src/core/refusals.ts';
import { type CompressionFormat, codec } from '../src/formats/compression.ts';
import type { ConversionFailure, converter, TableSchema } from '../src/formats/conversion/converter.ts';
import { conversionOf } from '../src/formats/conversion/format-options.ts';
import { catalogTableIn, conversionIn, type Tables, tableNamed } from '../src/formats/conversion/stream-table.ts';
import { derivedRandomStrings, derivedUuid } from '../src/formats/derived-names.ts';
import { ENCRYPTED_EXTENSION, type EncryptionKeys, encrypted } from '../src/formats/encryption.ts';
import { errorReport } from '../src/formats/error-report.ts';
import { isRotation, rotatedIndex } from '../src/formats/index-names.ts';
import { joinRecords, type LineFeeds } from '../src/formats/join.ts';
import { kmsKeyIn } from '../src/formats/kms-key.ts';
import { objectKey } from '../src/formats/object-names.ts';
import { partitionKeysIn } from '../src/formats/partition-names.ts';

/**
 * One object a slice, in a bucket: the S3 destination of a stream, the backup of its source records, and its error
 * output; their configurations share their members. Key, format and encryption are settled by the plan, so that every
 * attempt makes the same object under the same key, whatever became of the stream since; a repeat finds it there or
 * overwrites it with the same bytes (where they are encrypted here, with others that hold the same).
 *
 * An object of error records holds one JSON document a line and is never compressed. What is encrypted here is
 * compressed or converted first.
 */
export default function s3({ objects, tables, converter, encryptionKeys }: S3Ports): PromptDestination {
  return {
    plan: async (slice) => ({ ...(await planOf(slice, { tables, encryptionKeys })) }),

    async deliver(slice, signal) {
      const plan = readPlan(slice.plan.output);
      const seal = sealOf(slice, plan, encryptionKeys, signal);
      const { conversion } = plan;
      if (conversion !== undefined)
        return deliverConverted({ objects, converter, seal }, slice, { ...plan, conversion }, signal);
      const { compress, contentEncoding } = codecOf(slice, plan.format);
      const isEncoded = contentEncoding !== undefined && plan.encryptionKeyArn === undefined;
      const object = { ...objectOf(slice, plan), ...(isEncoded && { contentEncoding }) };
      const { bytes } = await objects.put({ ...object, body: seal(compress(contentOf(slice, plan))) }, signal);
      return { bytes };
    },

    isAbsent: async (plan, signal) => !(await objects.exists(readPlan(plan.output), signal)),
  };
}

export interface S3Ports {
  readonly objects: ObjectStore;
  readonly tables: Tables;
  /** Where conversion runs is the host's choice; what it makes is the same. */
  readonly converter: typeof converter;
  readonly encryptionKeys: EncryptionKeys;
}

/** Observed on AWS for every object, compressed or not. */
const CONTENT_TYPE = 'application/octet-stream';
/** Observed on AWS. */
const PARQUET_EXTENSION = '.parquet';
const FORMATS: readonly string[] = [
  'UNCOMPRESSED',
  'GZIP',
  'ZIP',
  'Snappy',
  'HADOOP_SNAPPY',
  'zstd',
] satisfies CompressionFormat[];

interface S3Plan {
  readonly bucket: string;
  readonly key: string;
  readonly format: CompressionFormat;
  readonly lineFeeds: LineFeeds;
  /** The key under which the store encrypts the object. */
  readonly kmsKeyArn?: string;
  /** The key under which it is encrypted here, before it leaves. Stays so when the key is no longer there. */
  readonly encryptionKeyArn?: string;
  /** What data is converted to; absent without conversion. */
  readonly conversion?: PlannedConversion;
}

async function planOf(
  slice: SliceToPlan,
  { tables, encryptionKeys }: Pick<S3Ports, 'tables' | 'encryptionKeys'>,
): Promise<S3Plan> {
  const { config, extensions, errorOutputType } = slice;
  const isData = errorOutputType === undefined;
  const format = isData ? formatOf(slice) : 'UNCOMPRESSED';
  // A backup's configuration has no conversion: what is backed up is what was put.
  const asked = isData ? conversionIn(config, extensions) : undefined;
  const conversion = asked && { config: asked, columns: await columnsFor(asked, slice, tables) };
  const extension = conversion === undefined ? codecOf(slice, format).extension : PARQUET_EXTENSION;
  const keyArn = kmsKeyIn(config);
  const isEncryptedHere = keyArn !== undefined && encryptionKeys(keyArn) !== undefined;
  return {
    bucket: bucketOf(config),
    key: objectKey({
      prefix: textIn(config, 'Prefix'),
      errorOutputPrefix: textIn(config, 'ErrorOutputPrefix'),
      errorOutputType,
      streamName: slice.stream.name,
      streamVersion: slice.stream.version,
      oldestAt: slice.oldestAt,
      timeZone: textIn(config, 'CustomTimeZone'),
      uuid: derivedUuid(slice.id),
      extension:
        (isData && textIn(config, 'FileExtension')) || extension + (isEncryptedHere ? ENCRYPTED_EXTENSION : ''),
      randomString: derivedRandomStrings(slice.id),
      partitionKeys: partitionKeysIn(slice.partition ?? ''),
    }),
    format,
    lineFeeds: lineFeedsOf(slice),
    ...(keyArn !== undefined && (isEncryptedHere ? { encryptionKeyArn: keyArn } : { kmsKeyArn: keyArn })),
    ...(conversion !== undefined && { conversion }),
  };
}

async function columnsFor(conversion: JsonObject, { stream }: SliceToPlan, tables: Tables) {
  const [, , , region = ''] = stream.arn.split(':');
  return (await tables(tableNamed(conversion, region))).columns;
}

/** The stream's configuration of it, and the table's columns, as they were when the plan was made. */
type PlannedConversion = { readonly config: JsonObject; readonly columns: TableSchema['columns'] };

/** A plan that comes back from the buffer is one that `planOf` made. */
function readPlan(output: JsonValue): S3Plan {
  assert(isJsonObject(output), 'a stored S3 plan is an object');
  const { bucket, key, format, lineFeeds, kmsKeyArn, encryptionKeyArn, conversion } = output;
  assert(typeof bucket === 'string' && typeof key === 'string', 'a stored S3 plan names its object');
  assert(isFormat(format) && isLineFeeds(lineFeeds), 'a stored S3 plan says what the object is made of');
  return {
    ...{ bucket, key, format, lineFeeds },
    ...(typeof kmsKeyArn === 'string' && { kmsKeyArn }),
    ...(typeof encryptionKeyArn === 'string' && { encryptionKeyArn }),
    // Written by planOf, so it has what it should.
    ...(isJsonObject(conversion) && { conversion: conversion as unknown as PlannedConversion }),
  };
}

function objectOf(slice: Slice, { bucket, key, kmsKeyArn }: S3Plan): Omit<ObjectPut, 'body'> {
  const abandonedUpload = uploadIn(slice.plan.note);
  return {
    ...{ bucket, key, contentType: CONTENT_TYPE },
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
    ...(abandonedUpload !== undefined && { abandonedUpload }),
    onUpload: (uploadId) => slice.note({ uploadId }),
  };
}

type Seal = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * Encrypts the object where the plan says so. The object's address is bound to its bytes, so that nobody can pass one
 * object off for another.
 */
function sealOf({ stream }: Slice, plan: S3Plan, keys: EncryptionKeys, signal: AbortSignal): Seal {
  const { bucket, key: objectKey, encryptionKeyArn } = plan;
  if (encryptionKeyArn === undefined) return (chunks) => chunks;
  const key = keys(encryptionKeyArn);
  if (key === undefined) throw keyIsGone(encryptionKeyArn, plan);
  const context = { stream: stream.arn, bucket, key: objectKey };
  return (chunks) => encrypted(chunks, { kmsKeyArn: encryptionKeyArn, key, context }, signal);
}

function keyIsGone(encryptionKeyArn: string, { bucket, key }: S3Plan): DeliveryError {
  return new DeliveryError(
    `The object ${JSON.stringify(key)} for bucket ${bucket} is to be encrypted under ${encryptionKeyArn}, which is no ` +
      'longer in the configuration. Name it under encryptionKeys again, and it will be delivered.',
    { code: 'S3.KMS.KeyNotConfigured', retryable: true, refused: true },
  );
}

function contentOf(slice: Slice, { lineFeeds }: S3Plan): AsyncIterable<Uint8Array> {
  if (slice.errorOutputType === undefined) return joinRecords(slice.read(), lineFeeds);
  const { id, config } = slice;
  const index = textIn(config, 'IndexName');
  const { IndexRotationPeriod: period } = config;
  const rotation = isRotation(period) ? period : 'NoRotation';
  return errorReport(slice.read(), {
    ...{ id, lambdaArn: lambdaArnIn(config), dataCatalogTable: catalogTableIn(config) },
    indexOf: index === undefined ? undefined : (arrivedAt) => rotatedIndex(index, rotation, arrivedAt),
    typeName: textIn(config, 'TypeName'),
  });
}

/** One Parquet file of the records that fit the table. Where none does there is no file. */
async function deliverConverted(
  { objects, converter, seal }: Pick<S3Ports, 'objects' | 'converter'> & { readonly seal: Seal },
  slice: Slice,
  plan: S3Plan & { readonly conversion: PlannedConversion },
  signal: AbortSignal,
): Promise<Delivered> {
  const { config, columns } = plan.conversion;
  const { input, output } = conversionOf(config);
  const refused: RefusedRecord[] = [];
  const refuse = ({ place, ...reason }: ConversionFailure) =>
    refused.push({ index: place, ...reason, retryable: false });
  const { convert } = converter({ columns }, input, output);
  const chunks = convert(readUntil(slice, signal), refuse)[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    if (first.done === true) return { bytes: 0, refused };
    const { bytes } = await objects.put({ ...objectOf(slice, plan), body: seal(after(first.value, chunks)) }, signal);
    // A store that has the file already does not read it to its end, and the last refusals are known only there.
    for (let next = await chunks.next(); next.done !== true; ) next = await chunks.next();
    return { bytes, refused };
  } finally {
    await chunks.return?.();
  }
}

/** Nothing leaves before a row group is full, and until then only reading notices that it is in vain. */
async function* readUntil(slice: Slice, signal: AbortSignal): AsyncGenerator<BatchBlock> {
  for await (const block of slice.read()) {
    signal.throwIfAborted();
    yield block;
  }
}

async function* after(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

function codecOf(slice: SliceToPlan, format: CompressionFormat) {
  return codec(format, { entryName: derivedUuid(`${slice.id}/entry`) });
}

function uploadIn(note: JsonValue | undefined): string | undefined {
  return isJsonObject(note) ? textIn(note, 'uploadId') : undefined;
}

/** `arn:aws:s3:::name`: all behind the last colon. */
function bucketOf(config: JsonObject): string {
  const arn = textIn(config, 'BucketARN');
  assert(arn !== undefined, 'a stored S3 configuration has a BucketARN');
  return arn.slice(arn.lastIndexOf(':') + 1);
}

/** Our own format is asked for beside the configuration, and holds where that names no other. */
function formatOf({ config, extensions = {} }: SliceToPlan): CompressionFormat {
  const named = textIn(config, 'CompressionFormat') ?? 'UNCOMPRESSED';
  const format = named === 'UNCOMPRESSED' ? (textIn(extensions, 'CompressionFormat') ?? named) : named;
  assert(isFormat(format), `a stored S3 configuration has a known compression format, not ${format}`);
  return format;
}

function isFormat(value: unknown): value is CompressionFormat {
  return typeof value === 'string' && FORMATS.includes(value);
}

/**
 * What the stream asks for beside the configuration, else what AppendDelimiterToRecord does. Its `Delimiter` parameter
 * is ignored: AWS puts a line feed whatever it says.
 */
function lineFeedsOf({ config, extensions = {} }: SliceToPlan): LineFeeds {
  if (isLineFeeds(extensions.Delimiter)) return extensions.Delimiter;
  return processorIn(config, 'AppendDelimiterToRecord') === undefined ? 'none' : 'between';
}

const LINE_FEEDS: readonly unknown[] = ['none', 'between', 'always', 'if-missing'] satisfies LineFeeds[];

function isLineFeeds(value: unknown): value is LineFeeds {
  return LINE_FEEDS.includes(value);
}

function lambdaArnIn(config: JsonObject): string | undefined {
  const parameters = processorIn(config, 'Lambda')?.Parameters;
  if (!Array.isArray(parameters)) return undefined;
  const parameter = parameters.filter(isJsonObject).find(({ ParameterName }) => ParameterName === 'LambdaArn');
  return parameter && textIn(parameter, 'ParameterValue');
}

/** An enabled processor. */
function processorIn(config: JsonObject, type: string): JsonObject | undefined {
  const processing = config.ProcessingConfiguration;
  if (!isJsonObject(processing) || processing.Enabled !== true || !Array.isArray(processing.Processors))
    return undefined;
  return processing.Processors.filter(isJsonObject).find(({ Type }) => Type === type);
}

/** Empty counts as absent, as it does on AWS. */
function textIn(config: JsonObject, member: string): string | undefined {
  const value = config[member];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
