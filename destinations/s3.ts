import assert from 'node:assert';
import type { Destination, Slice, SliceToPlan } from '../src/core/destination.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import type { ObjectStore } from '../src/core/objects.ts';
import { type CompressionFormat, codec } from '../src/formats/compression.ts';
import { derivedRandomStrings, derivedUuid } from '../src/formats/derived-names.ts';
import { errorReport } from '../src/formats/error-report.ts';
import { joinRecords, type LineFeeds } from '../src/formats/join.ts';
import { objectKey } from '../src/formats/object-names.ts';
import { partitionKeysIn } from '../src/formats/partition-names.ts';

/**
 * One object a slice, in a bucket: the S3 destination of a stream, the backup of its source records, and its error
 * output; their configurations share their members. Key, format and encryption are settled by the plan, so that every
 * attempt makes the same object under the same key, whatever became of the stream since; a repeat finds it there or
 * overwrites it with the same bytes.
 *
 * An object of error records holds one JSON document a line and is never compressed.
 */
export default function s3({ objects }: { readonly objects: ObjectStore }): Destination {
  return {
    plan: (slice) => ({ ...planOf(slice) }),

    async deliver(slice, signal) {
      const plan = readPlan(slice.plan.output);
      const { compress, contentEncoding } = codecOf(slice, plan.format);
      const abandonedUpload = uploadIn(slice.plan.note);
      const { bytes } = await objects.put(
        {
          bucket: plan.bucket,
          key: plan.key,
          body: compress(contentOf(slice, plan)),
          contentType: CONTENT_TYPE,
          ...(contentEncoding !== undefined && { contentEncoding }),
          ...(plan.kmsKeyArn !== undefined && { kmsKeyArn: plan.kmsKeyArn }),
          ...(abandonedUpload !== undefined && { abandonedUpload }),
          onUpload: (uploadId) => slice.note({ uploadId }),
        },
        signal,
      );
      return { bytes };
    },

    isAbsent: async (plan, signal) => !(await objects.exists(readPlan(plan.output), signal)),
  };
}

/** Observed on AWS for every object, compressed or not. */
const CONTENT_TYPE = 'application/octet-stream';
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
  readonly kmsKeyArn?: string;
}

function planOf(slice: SliceToPlan): S3Plan {
  const { config, errorOutputType } = slice;
  const isData = errorOutputType === undefined;
  const format = isData ? formatOf(slice) : 'UNCOMPRESSED';
  const { extension } = codecOf(slice, format);
  const kmsKeyArn = kmsKeyOf(config);
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
      extension: (isData && textIn(config, 'FileExtension')) || extension,
      randomString: derivedRandomStrings(slice.id),
      partitionKeys: partitionKeysIn(slice.partition ?? ''),
    }),
    format,
    lineFeeds: lineFeedsOf(slice),
    ...(kmsKeyArn !== undefined && { kmsKeyArn }),
  };
}

/** A plan that comes back from the buffer is one that `planOf` made. */
function readPlan(output: JsonValue): S3Plan {
  assert(isJsonObject(output), 'a stored S3 plan is an object');
  const { bucket, key, format, lineFeeds, kmsKeyArn } = output;
  assert(typeof bucket === 'string' && typeof key === 'string', 'a stored S3 plan names its object');
  assert(isFormat(format) && isLineFeeds(lineFeeds), 'a stored S3 plan says what the object is made of');
  return { bucket, key, format, lineFeeds, ...(typeof kmsKeyArn === 'string' && { kmsKeyArn }) };
}

function contentOf(slice: Slice, { lineFeeds }: S3Plan): AsyncIterable<Uint8Array> {
  if (slice.errorOutputType === undefined) return joinRecords(slice.read(), lineFeeds);
  return errorReport(slice.read(), { id: slice.id, lambdaArn: lambdaArnIn(slice.config) });
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

/** Without one the bucket's own default encryption applies, as with Firehose. */
function kmsKeyOf(config: JsonObject): string | undefined {
  const encryption = config.EncryptionConfiguration;
  const kms = isJsonObject(encryption) ? encryption.KMSEncryptionConfig : undefined;
  return isJsonObject(kms) ? textIn(kms, 'AWSKMSKeyARN') : undefined;
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
