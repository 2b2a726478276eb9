import type { ApiError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parquetSerDeIn } from '../../formats/conversion/format-options.ts';
import { conversionIn } from '../../formats/conversion/stream-table.ts';
import { isZstdAvailable } from '../../formats/zstd.ts';
import { invalidArgument } from '../invalid.ts';
import { integer, oneOf, type ValueOf } from '../shapes/index.ts';
import { strictStructure } from '../shapes/shape.ts';
import type { Destination } from './destination.ts';

/** Partitions hold memory and, once due, make an object each. */
const ACTIVE_PARTITIONS_MOST = 10_000;

/**
 * The optional member `Hydrant` of CreateDeliveryStream and UpdateDestination: what AWS has no member for. It never
 * changes what AWS's members mean, and unlike them it refuses members it does not know.
 */
export const hydrantExtensions = strictStructure({
  /** In place of AWS's CompressionFormat, for S3 destinations. */
  CompressionFormat: oneOf('zstd'),
  /** In place of AWS's ParquetSerDe.Compression, for streams that convert their records to Parquet. */
  ParquetCompression: oneOf('ZSTD'),
  /**
   * A line feed behind every record, or behind those that do not end in one, in the objects of an S3 destination and of
   * the source-record backup. In place of AppendDelimiterToRecord, and without dynamic partitioning.
   */
  Delimiter: oneOf('always', 'if-missing'),
  /** Plain lines of JSON, or a JSON array, in place of Firehose's own protocol, for HTTP endpoints. */
  HttpBody: oneOf('NDJSON', 'JSON'),
  /** How requests to Splunk are compressed, for which AWS has no member. */
  ContentEncoding: oneOf('GZIP'),
  /** How many dynamic partitions may hold records at once; AWS's 500 unless given. */
  ActivePartitions: integer({ min: 1, max: ACTIVE_PARTITIONS_MOST }),
  /** In place of AWS's BufferingHints, where dynamic partitioning has these at 64 MB and 60 seconds at least. */
  BufferingHints: strictStructure({
    SizeInMBs: integer({ min: 1, max: 128 }),
    IntervalInSeconds: integer({ min: 0, max: 900 }),
  }),
});

type Extensions = ValueOf<typeof hydrantExtensions>;

/** What is stored of the member: nothing when it asks for nothing. */
export function settleExtensions(extensions: Extensions | undefined, destination: Destination): JsonObject | undefined {
  if (extensions === undefined || Object.values(extensions).every((value) => value === undefined)) return undefined;
  checkCompression(extensions, destination);
  checkParquetCompression(extensions, destination);
  checkPartitions(extensions, destination);
  if (extensions.HttpBody !== undefined && destination.kind !== 'HttpEndpoint') {
    throw invalidArgument('Hydrant.HttpBody is only for HTTP endpoints.');
  }
  if (extensions.ContentEncoding !== undefined && destination.kind !== 'Splunk') {
    throw invalidArgument(
      'Hydrant.ContentEncoding is only for Splunk; HTTP endpoints have it in RequestConfiguration.',
    );
  }
  return extensions;
}

function checkCompression({ CompressionFormat }: Extensions, { kind, config }: Destination): void {
  if (CompressionFormat === undefined) return;
  if (kind !== 'ExtendedS3') throw invalidArgument('Hydrant.CompressionFormat is only for S3 destinations.');
  if (config.CompressionFormat !== 'UNCOMPRESSED') {
    throw invalidArgument('Hydrant.CompressionFormat needs CompressionFormat to be unset or UNCOMPRESSED.');
  }
  if (conversionIn(config) !== undefined) {
    throw invalidArgument('Hydrant.CompressionFormat is not for converted records; give Hydrant.ParquetCompression.');
  }
  if (!isZstdAvailable()) throw withoutZstd('CompressionFormat zstd');
}

function checkParquetCompression({ ParquetCompression }: Extensions, { config }: Destination): void {
  if (ParquetCompression === undefined) return;
  const conversion = conversionIn(config);
  if (conversion === undefined) {
    throw invalidArgument('Hydrant.ParquetCompression is only for streams with data format conversion.');
  }
  if (parquetSerDeIn(conversion).Compression !== undefined) {
    throw invalidArgument('Hydrant.ParquetCompression needs ParquetSerDe.Compression to be unset.');
  }
  if (!isZstdAvailable()) throw withoutZstd('ParquetCompression ZSTD');
}

function withoutZstd(asked: string): ApiError {
  return invalidArgument(`Hydrant.${asked} needs Node >= 22.15; this is ${process.version}.`);
}

function checkPartitions({ ActivePartitions, BufferingHints }: Extensions, { config }: Destination): void {
  const partitioning = config.DynamicPartitioningConfiguration;
  if (isJsonObject(partitioning) && partitioning.Enabled === true) {
    if (BufferingHints === undefined) return;
    if (BufferingHints.SizeInMBs !== undefined && BufferingHints.IntervalInSeconds !== undefined) return;
    throw invalidArgument('Hydrant.BufferingHints needs both SizeInMBs and IntervalInSeconds.');
  }
  if (ActivePartitions !== undefined) {
    throw invalidArgument('Hydrant.ActivePartitions is only for streams with dynamic partitioning.');
  }
  if (BufferingHints !== undefined) {
    throw invalidArgument(
      'Hydrant.BufferingHints is only for streams with dynamic partitioning; give BufferingHints to the destination.',
    );
  }
}
