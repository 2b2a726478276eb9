import { describe, expect, test } from 'vitest';
import { processingConfiguration } from '../../src/api/shapes/common.ts';
import { dataFormatConversionConfiguration } from '../../src/api/shapes/conversion.ts';
import { blob, integer, list, type Shape, string, structure, timestamp, validate } from '../../src/api/shapes/index.ts';
import { extendedS3DestinationConfiguration, extendedS3DestinationUpdate } from '../../src/api/shapes/s3.ts';
import { tagList } from '../../src/api/shapes/tags.ts';
import { ApiError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { EXTENDED_S3 } from './inputs.ts';

/** The error's code and message, without the count in front. */
function refusal(shape: Shape, input: JsonValue, root = ''): string {
  try {
    validate(shape, input, root);
    return 'accepted';
  } catch (error) {
    if (error instanceof ApiError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** The rules broken, each as `path rule`, in the order reported. */
function faults(shape: Shape, input: JsonValue, root = ''): readonly string[] {
  const listed = refusal(shape, input, root).replace(/^ValidationException: \d+ validation errors? detected: /, '');
  return listed.split(/; (?=Value at)/).map((fault) => {
    const [, path, rule] = /^Value at '(.*?)' failed to satisfy constraint: (.*)$/s.exec(fault) ?? [];
    return `${path} ${rule}`;
  });
}

describe('faults of shape', () => {
  test('one fault is one validation error', () => {
    const message = refusal(extendedS3DestinationConfiguration, { ...EXTENDED_S3, CompressionFormat: 'SNAPPY' }, 'x');

    expect(message).toBe(
      "ValidationException: 1 validation error detected: Value at 'x.compressionFormat' failed to satisfy constraint: " +
        'Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]',
    );
  });

  test('several faults are counted and joined in one message', () => {
    const message = refusal(extendedS3DestinationConfiguration, {}, 'extendedS3DestinationConfiguration');

    expect(message).toBe(
      'ValidationException: 2 validation errors detected: ' +
        "Value at 'extendedS3DestinationConfiguration.bucketARN' failed to satisfy constraint: Member must not be null; " +
        "Value at 'extendedS3DestinationConfiguration.roleARN' failed to satisfy constraint: Member must not be null",
    );
  });

  const update = (FileExtension: string) => faults(extendedS3DestinationUpdate, { FileExtension }, 'u');
  test.each([
    ['.GZ', ["u.fileExtension Member must satisfy regular expression pattern: ^(|\\.[0-9a-z!\\-_.*'()]+)$"]],
    [`.${'a'.repeat(128)}`, ['u.fileExtension Member must have length less than or equal to 128']],
  ])('the extension %s is refused in the words of AWS', (extension, expected) => {
    expect(update(extension)).toEqual(expected);
  });

  test('the extension .. is taken, as AWS takes it', () => {
    expect(refusal(extendedS3DestinationUpdate, { FileExtension: '..' })).toBe('accepted');
  });

  test('patterns match whole strings', () => {
    const name = string({ pattern: '[a-z]+' });

    expect(faults(structure({ Name: name }), { Name: 'abc\n' })).toEqual([
      'name Member must satisfy regular expression pattern: [a-z]+',
    ]);
  });

  // The orders in this and the next three tests were observed on AWS.
  test.each([
    [
      'Type',
      '[Decompression, Lambda, RecordDeAggregation, MetadataExtraction, AppendDelimiterToRecord, CloudWatchLogProcessing]',
    ],
    [
      'Parameters',
      '[DataMessageExtraction, NumberOfRetries, Delimiter, RoleArn, JsonParsingEngine, SubRecordType, MetadataExtractionQuery, BufferIntervalInSeconds, LambdaArn, BufferSizeInMBs, CompressionFormat]',
    ],
  ])("the values of a processor's %s are listed in the order of AWS", (member, values) => {
    const bad = { Type: 'Nope', Parameters: [{ ParameterName: 'Nope', ParameterValue: 'x' }] };
    const good = { Type: 'Lambda', Parameters: [] };
    const input = { Processors: [good, { ...good, [member]: bad[member as 'Type'] }] };

    expect(faults(processingConfiguration, input)[0]).toContain(`Member must satisfy enum value set: ${values}`);
    expect(faults(processingConfiguration, input)[0]).toMatch(/^processors\.2\.member\./);
  });

  test('faults of Parquet options come in the order of AWS', () => {
    const ParquetSerDe = {
      BlockSizeBytes: 1,
      PageSizeBytes: 1,
      Compression: 'x',
      MaxPaddingBytes: -1,
      WriterVersion: 'x',
    };

    const found = faults(dataFormatConversionConfiguration, {
      OutputFormatConfiguration: { Serializer: { ParquetSerDe } },
    });

    const at = 'outputFormatConfiguration.serializer.parquetSerDe';
    expect(found).toEqual([
      `${at}.maxPaddingBytes Member must have value greater than or equal to 0`,
      `${at}.blockSizeBytes Member must have value greater than or equal to 67108864`,
      `${at}.pageSizeBytes Member must have value greater than or equal to 65536`,
      `${at}.compression Member must satisfy enum value set: [SNAPPY, GZIP, UNCOMPRESSED]`,
      `${at}.writerVersion Member must satisfy enum value set: [V1, V2]`,
    ]);
  });

  test('faults of ORC options come in the order of AWS, and NaN breaks the upper limit before the lower', () => {
    const OrcSerDe = {
      StripeSizeBytes: 1,
      BlockSizeBytes: 1,
      RowIndexStride: 1,
      PaddingTolerance: 2,
      Compression: 'x',
      BloomFilterFalsePositiveProbability: 2,
      DictionaryKeyThreshold: 'NaN',
      FormatVersion: 'x',
    };

    const found = faults(dataFormatConversionConfiguration, {
      OutputFormatConfiguration: { Serializer: { OrcSerDe } },
    });

    const at = 'outputFormatConfiguration.serializer.orcSerDe';
    expect(found).toEqual([
      `${at}.dictionaryKeyThreshold Member must have value less than or equal to 1`,
      `${at}.dictionaryKeyThreshold Member must have value greater than or equal to 0`,
      `${at}.blockSizeBytes Member must have value greater than or equal to 67108864`,
      `${at}.rowIndexStride Member must have value greater than or equal to 1000`,
      `${at}.paddingTolerance Member must have value less than or equal to 1`,
      `${at}.stripeSizeBytes Member must have value greater than or equal to 8388608`,
      `${at}.compression Member must satisfy enum value set: [ZLIB, SNAPPY, NONE]`,
      `${at}.formatVersion Member must satisfy enum value set: [V0_11, V0_12]`,
      `${at}.bloomFilterFalsePositiveProbability Member must have value less than or equal to 1`,
    ]);
  });

  test('faults of a conversion come in the order of AWS: serializer, deserializer, schema', () => {
    const bad = ' ';
    const SchemaConfiguration = {
      RoleARN: bad,
      CatalogId: bad,
      DatabaseName: bad,
      TableName: bad,
      Region: bad,
      VersionId: bad,
    };
    const input = {
      SchemaConfiguration,
      InputFormatConfiguration: {
        Deserializer: { OpenXJsonSerDe: { ColumnToJsonKeyMappings: { a: ' ', 'b c': 'd' } } },
      },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { WriterVersion: 'V3' } } },
    };

    const mappings = 'inputFormatConfiguration.deserializer.openXJsonSerDe.columnToJsonKeyMappings';
    const lengths =
      'Member must have length less than or equal to 1024, Member must have length greater than or equal to 1';
    const noSpace = 'Member must satisfy regular expression pattern: ^\\S+$';
    expect(faults(dataFormatConversionConfiguration, input)).toEqual([
      'outputFormatConfiguration.serializer.parquetSerDe.writerVersion Member must satisfy enum value set: [V1, V2]',
      `${mappings} Map keys must satisfy constraint: [${lengths}, ${noSpace}]`,
      `${mappings} Map value must satisfy constraint: [${lengths}, Member must satisfy regular expression pattern: ^(?!\\s*$).+]`,
      `schemaConfiguration.versionId ${noSpace}`,
      `schemaConfiguration.catalogId ${noSpace}`,
      `schemaConfiguration.databaseName ${noSpace}`,
      `schemaConfiguration.roleARN ${noSpace}`,
      `schemaConfiguration.region ${noSpace}`,
      `schemaConfiguration.tableName ${noSpace}`,
    ]);
  });

  test('faults of Parquet come before those of ORC', () => {
    const Serializer = { ParquetSerDe: { PageSizeBytes: 1 }, OrcSerDe: { RowIndexStride: 1 } };

    expect(faults(dataFormatConversionConfiguration, { OutputFormatConfiguration: { Serializer } })).toEqual([
      'outputFormatConfiguration.serializer.parquetSerDe.pageSizeBytes Member must have value greater than or equal to 65536',
      'outputFormatConfiguration.serializer.orcSerDe.rowIndexStride Member must have value greater than or equal to 1000',
    ]);
  });

  test('an empty string breaks its length and then its pattern', () => {
    expect(faults(dataFormatConversionConfiguration, { SchemaConfiguration: { CatalogId: '' } })).toEqual([
      'schemaConfiguration.catalogId Member must have length greater than or equal to 1',
      'schemaConfiguration.catalogId Member must satisfy regular expression pattern: ^\\S+$',
    ]);
  });

  test('white space is that of ASCII', () => {
    const region = (Region: string) => refusal(dataFormatConversionConfiguration, { SchemaConfiguration: { Region } });

    expect(['\u3000', '\u00a0'].map(region)).toEqual(['accepted', 'accepted']);
    expect([' ', '\t', '\v', '\f', '\r', '\n'].map(region)).not.toContain('accepted');
  });

  test('lists are limited in length, and their strings judged together', () => {
    const names = structure({ Names: list(string({ min: 1, max: 3 }), { min: 1, max: 2 }) });

    expect(faults(names, { Names: [] })).toEqual(['names Member must have length greater than or equal to 1']);
    expect(faults(names, { Names: ['a', 'long', ''] })).toEqual([
      'names Member must have length less than or equal to 2',
      'names Member must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 1]',
    ]);
  });

  test('null in a list is a fault, null elsewhere the same as absent', () => {
    expect(faults(tagList, [null, { Key: 'a', Value: null }], 'tags')).toEqual([
      'tags.1.member Member must not be null',
    ]);
  });

  test('keys of tags may be of any script, but not start with aws:', () => {
    expect(refusal(tagList, [{ Key: 'été/水', Value: '' }])).toBe('accepted');
    expect(faults(tagList, [{ Key: 'aws:x' }], 'tags')).toEqual([
      'tags.1.member.key Member must satisfy regular expression pattern: ^(?!aws:)[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$',
    ]);
  });

  test('a message lists a thousand faults and counts the rest', () => {
    const message = refusal(
      list(integer({ max: 0 })),
      Array.from({ length: 5_000 }, () => 1),
      'n',
    );

    expect(message).toMatch(/^ValidationException: 5000 validation errors detected: /);
    expect(message.split('; ')).toHaveLength(1_000);
  });
});

describe('faults of type', () => {
  test.each<[string, Shape, JsonValue, string]>([
    ['a number for a string', string(), 1, 'NUMBER_VALUE cannot be converted to String'],
    ['a boolean for a string', string(), true, 'TRUE_VALUE cannot be converted to String'],
    ['a string for an integer', integer(), '5', 'STRING_VALUE cannot be converted to Integer'],
    ['a fraction for an integer', integer(), 1.5, 'NUMBER_VALUE cannot be converted to Integer'],
    ['more than 31 bits for an integer', integer(), 2 ** 31, 'NUMBER_VALUE cannot be converted to Integer'],
    [
      'more than any number for a timestamp',
      timestamp,
      JSON.parse('1e999'),
      'NUMBER_VALUE cannot be converted to Timestamp',
    ],
    ['an object for a list', list(string()), {}, 'Start of structure or map cannot be converted to List'],
    ['a list for a structure', structure({}), [], 'Start of list cannot be converted to Structure'],
  ])('%s is a SerializationException that names the member', (_, shape, value, reason) => {
    expect(refusal(structure({ MyMember: shape }), { MyMember: value })).toBe(
      `SerializationException: ${reason} at 'myMember'`,
    );
  });

  test('a wrong type comes before all limits', () => {
    const shape = structure({ A: string({ min: 1 }), B: string() }, ['A']);

    expect(refusal(shape, { A: '', B: 1 })).toMatch(/^SerializationException/);
  });

  test.each(['a', 'YQ', 'YQ=', 'Y===', 'YQ==YQ==', 'Y Q=', 'YQ-_', '=YQ=', 'YQ=a'])('%s is not base64', (text) => {
    expect(refusal(blob(), text, 'data')).toBe("SerializationException: Value at 'data' is not valid base64.");
  });

  test('limits of a blob count decoded bytes', () => {
    expect(refusal(blob({ max: 3 }), 'YWJj')).toBe('accepted');
    expect(faults(blob({ max: 3 }), 'YWJjZA==', 'd')).toEqual(['d Member must have length less than or equal to 3']);
  });
});

describe('what validation returns', () => {
  test('members that the shape does not have are left out', () => {
    expect(validate(structure({ A: string() }), { A: 'a', B: 'b' }, '')).toEqual({ A: 'a' });
  });

  test('__proto__ is an ordinary key of a map and no member of a structure', () => {
    const input: JsonValue = JSON.parse(
      '{"__proto__":{"Enabled":true},"InputFormatConfiguration":{"Deserializer":{"OpenXJsonSerDe":{"ColumnToJsonKeyMappings":{"__proto__":"x"}}}}}',
    );

    const value = validate(dataFormatConversionConfiguration, input, '');

    expect(value.Enabled).toBeUndefined();
    const mappings = value.InputFormatConfiguration?.Deserializer?.OpenXJsonSerDe?.ColumnToJsonKeyMappings ?? {};
    expect(Object.entries(mappings)).toEqual([['__proto__', 'x']]);
    expect(({} as { x?: string }).x).toBeUndefined();
  });
});
