import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { conversionOf } from '../../../src/formats/conversion/format-options.ts';

test('a configuration that says only which formats has the defaults of each', () => {
  const config = {
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  };

  expect(conversionOf(config)).toEqual({
    input: { kind: 'openx', isCaseInsensitive: true, convertsDots: false, keyOf: {} },
    output: {
      compression: 'SNAPPY',
      blockSizeBytes: 268_435_456,
      pageSizeBytes: 1_048_576,
      usesDictionary: true,
      writerVersion: 'V1',
    },
  });
});

test('every option is read', () => {
  const config = {
    InputFormatConfiguration: {
      Deserializer: {
        OpenXJsonSerDe: {
          CaseInsensitive: false,
          ConvertDotsInJsonKeysToUnderscores: true,
          ColumnToJsonKeyMappings: { ts: 'timestamp' },
        },
      },
    },
    OutputFormatConfiguration: {
      Serializer: {
        ParquetSerDe: {
          BlockSizeBytes: 67_108_864,
          PageSizeBytes: 65_536,
          Compression: 'GZIP',
          EnableDictionaryCompression: false,
          MaxPaddingBytes: 5,
          WriterVersion: 'V2',
        },
      },
    },
  };

  expect(conversionOf(config)).toEqual({
    input: { kind: 'openx', isCaseInsensitive: false, convertsDots: true, keyOf: { ts: 'timestamp' } },
    output: {
      compression: 'GZIP',
      blockSizeBytes: 67_108_864,
      pageSizeBytes: 65_536,
      usesDictionary: false,
      writerVersion: 'V2',
    },
  });
});

test("Hive's deserializer has its timestamp formats", () => {
  const formats = (TimestampFormats?: readonly string[]) =>
    conversionOf({
      InputFormatConfiguration: { Deserializer: { HiveJsonSerDe: TimestampFormats ? { TimestampFormats } : {} } },
    }).input;

  expect(formats(['millis', 'yyyy'])).toEqual({ kind: 'hive', timestampFormats: ['millis', 'yyyy'] });
  expect(formats()).toEqual({ kind: 'hive', timestampFormats: [] });
});

test('ORC is refused with what to use instead', () => {
  const read = () => conversionOf({ OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } } });

  expect(read).toThrow(ConfigError);
  expect(read).toThrow('choose ParquetSerDe');
});
