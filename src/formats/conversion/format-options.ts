import { ConfigError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PageCompression } from './page-codec.ts';

/** How records are read. */
export type InputFormat =
  | {
      readonly kind: 'openx';
      /** Keys are lower-cased before they are matched. */
      readonly isCaseInsensitive: boolean;
      /** Dots in keys are underscores. */
      readonly convertsDots: boolean;
      /** The key that a column (or a field of a struct) is read from, where that is not its name. */
      readonly keyOf: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'hive';
      /** Patterns of Joda-Time, or `millis`; java.sql.Timestamp's own form is always tried last. */
      readonly timestampFormats: readonly string[];
    };

/** How the file is written. */
export interface OutputFormat {
  readonly compression: PageCompression;
  /** A row group is closed when its pages, before compression, have so many bytes. */
  readonly blockSizeBytes: number;
  readonly pageSizeBytes: number;
  readonly usesDictionary: boolean;
  readonly writerVersion: 'V1' | 'V2';
}

/** Of the facts of Firehose's API: what is used when a stream says nothing. */
const BLOCK_BYTES = 268_435_456;
const PAGE_BYTES = 1_048_576;

/**
 * Reads a stream's `DataFormatConversionConfiguration`, which was checked when the stream was created, and fills in
 * what it leaves out.
 *
 * `EnableDictionaryCompression` is on unless it is switched off. The API does not say what it is when it is not given;
 * every reader knows dictionaries, and without them files are a quarter larger. `MaxPaddingBytes` has no effect: row
 * groups are aligned to the blocks of a Hadoop file system by it, and objects have none.
 */
export function conversionOf(config: JsonObject): { readonly input: InputFormat; readonly output: OutputFormat } {
  const deserializer = object(object(config, 'InputFormatConfiguration'), 'Deserializer');
  const serializer = serializerIn(config);
  if (serializer.OrcSerDe !== undefined) {
    throw new ConfigError(
      'OutputFormatConfiguration.Serializer.OrcSerDe',
      'ORC is not written yet; choose ParquetSerDe, which everything that reads ORC reads as well',
    );
  }
  return { input: inputFormat(deserializer), output: outputFormat(parquetSerDeIn(config)) };
}

/** The options of the Parquet files, of a stream's `DataFormatConversionConfiguration`. */
export function parquetSerDeIn(config: JsonObject): JsonObject {
  return object(serializerIn(config), 'ParquetSerDe');
}

/** The same conversion whose Parquet files are compressed in another way. */
export function compressedWith(compression: PageCompression, config: JsonObject): JsonObject {
  const ParquetSerDe = { ...parquetSerDeIn(config), Compression: compression };
  return { ...config, OutputFormatConfiguration: { Serializer: { ParquetSerDe } } };
}

function serializerIn(config: JsonObject): JsonObject {
  return object(object(config, 'OutputFormatConfiguration'), 'Serializer');
}

function inputFormat(deserializer: JsonObject): InputFormat {
  if (deserializer.HiveJsonSerDe !== undefined) {
    const { TimestampFormats = [] } = object(deserializer, 'HiveJsonSerDe');
    return { kind: 'hive', timestampFormats: Array.isArray(TimestampFormats) ? TimestampFormats.filter(isText) : [] };
  }
  const options = object(deserializer, 'OpenXJsonSerDe');
  const mappings = Object.entries(object(options, 'ColumnToJsonKeyMappings'));
  return {
    kind: 'openx',
    isCaseInsensitive: options.CaseInsensitive !== false,
    convertsDots: options.ConvertDotsInJsonKeysToUnderscores === true,
    keyOf: Object.fromEntries(mappings.flatMap(([column, key]) => (isText(key) ? [[column, key]] : []))),
  };
}

function outputFormat(options: JsonObject): OutputFormat {
  const { BlockSizeBytes, PageSizeBytes, Compression, EnableDictionaryCompression, WriterVersion } = options;
  return {
    compression: isCompression(Compression) ? Compression : 'SNAPPY',
    blockSizeBytes: typeof BlockSizeBytes === 'number' ? BlockSizeBytes : BLOCK_BYTES,
    pageSizeBytes: typeof PageSizeBytes === 'number' ? PageSizeBytes : PAGE_BYTES,
    usesDictionary: EnableDictionaryCompression !== false,
    writerVersion: WriterVersion === 'V2' ? 'V2' : 'V1',
  };
}

function isCompression(value: JsonValue | undefined): value is PageCompression {
  return value === 'UNCOMPRESSED' || value === 'SNAPPY' || value === 'GZIP' || value === 'ZSTD';
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

/** A member that is an object, or an empty one. */
function object(of: JsonObject, member: string): JsonObject {
  const value = of[member];
  return isJsonObject(value) ? value : {};
}
