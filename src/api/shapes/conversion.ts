import { nonEmptyString, nonEmptyStringWithoutWhitespace } from './common.ts';
import { boolean, double, integer, list, map, oneOf, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html */

const blockSizeBytes = integer({ min: 67_108_864 });

const proportion = double({ min: 0, max: 1 });

const parquetSerDe = structure({
  BlockSizeBytes: blockSizeBytes,
  PageSizeBytes: integer({ min: 65_536 }),
  Compression: oneOf('UNCOMPRESSED', 'GZIP', 'SNAPPY'),
  EnableDictionaryCompression: boolean,
  MaxPaddingBytes: integer({ min: 0 }),
  WriterVersion: oneOf('V1', 'V2'),
});

const orcSerDe = structure({
  StripeSizeBytes: integer({ min: 8_388_608 }),
  BlockSizeBytes: blockSizeBytes,
  RowIndexStride: integer({ min: 1_000 }),
  EnablePadding: boolean,
  PaddingTolerance: proportion,
  Compression: oneOf('NONE', 'ZLIB', 'SNAPPY'),
  BloomFilterColumns: list(nonEmptyStringWithoutWhitespace),
  BloomFilterFalsePositiveProbability: proportion,
  DictionaryKeyThreshold: proportion,
  FormatVersion: oneOf('V0_11', 'V0_12'),
});

const openXJsonSerDe = structure({
  ConvertDotsInJsonKeysToUnderscores: boolean,
  CaseInsensitive: boolean,
  ColumnToJsonKeyMappings: map(nonEmptyStringWithoutWhitespace, nonEmptyString),
});

/** `RoleARN` is no role ARN to the shapes: a malformed one has an error of its own. */
const schemaConfiguration = structure({
  RoleARN: nonEmptyStringWithoutWhitespace,
  CatalogId: nonEmptyStringWithoutWhitespace,
  DatabaseName: nonEmptyStringWithoutWhitespace,
  TableName: nonEmptyStringWithoutWhitespace,
  Region: nonEmptyStringWithoutWhitespace,
  VersionId: nonEmptyStringWithoutWhitespace,
});

export const dataFormatConversionConfiguration = structure({
  SchemaConfiguration: schemaConfiguration,
  InputFormatConfiguration: structure({
    Deserializer: structure({
      OpenXJsonSerDe: openXJsonSerDe,
      HiveJsonSerDe: structure({ TimestampFormats: list(nonEmptyString) }),
    }),
  }),
  OutputFormatConfiguration: structure({
    Serializer: structure({ ParquetSerDe: parquetSerDe, OrcSerDe: orcSerDe }),
  }),
  Enabled: boolean,
});
