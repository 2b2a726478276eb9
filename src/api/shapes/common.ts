import { boolean, integer, list, oneOf, string, structure } from './shape.ts';

/** Shapes that several destinations and sources share. */

export const deliveryStreamName = string({ min: 1, max: 64, pattern: '[a-zA-Z0-9_.-]+' });

export const deliveryStreamType = oneOf('DirectPut', 'KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource');

export const roleArn = string({ min: 1, max: 512, pattern: 'arn:.*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+' });

export const kmsKeyArn = string({
  min: 1,
  max: 512,
  pattern: 'arn:.*:kms:[a-zA-Z0-9\\-]+:\\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\\-_/]+',
});

export const nonEmptyString = string({ min: 1, max: 1024, pattern: '^(?!\\s*$).+' });

export const nonEmptyStringWithoutWhitespace = string({ min: 1, max: 1024, pattern: '^\\S+$' });

/**
 * Hints of the OpenSearch destinations and of Splunk name the interval first in the service model; that does not show
 * anywhere.
 */
export function bufferingHints(most: { readonly sizeInMBs: number; readonly intervalInSeconds: number }) {
  return structure({
    SizeInMBs: integer({ min: 1, max: most.sizeInMBs }),
    IntervalInSeconds: integer({ min: 0, max: most.intervalInSeconds }),
  });
}

export const s3BufferingHints = bufferingHints({ sizeInMBs: 128, intervalInSeconds: 900 });

export const retryOptions = structure({ DurationInSeconds: integer({ min: 0, max: 7200 }) });

export const cloudWatchLoggingOptions = structure({
  Enabled: boolean,
  LogGroupName: string({ min: 0, max: 512, pattern: '[\\.\\-_/#A-Za-z0-9]*' }),
  LogStreamName: string({ min: 0, max: 512, pattern: '[^:*]*' }),
});

const processor = structure(
  {
    Type: oneOf(
      'RecordDeAggregation',
      'Decompression',
      'CloudWatchLogProcessing',
      'Lambda',
      'MetadataExtraction',
      'AppendDelimiterToRecord',
    ),
    Parameters: list(
      structure(
        {
          ParameterName: oneOf(
            'LambdaArn',
            'NumberOfRetries',
            'MetadataExtractionQuery',
            'JsonParsingEngine',
            'RoleArn',
            'BufferSizeInMBs',
            'BufferIntervalInSeconds',
            'SubRecordType',
            'Delimiter',
            'CompressionFormat',
            'DataMessageExtraction',
          ),
          ParameterValue: string({ min: 1, max: 5120, pattern: '^(?!\\s*$).+' }),
        },
        ['ParameterName', 'ParameterValue'],
      ),
    ),
  },
  ['Type'],
);

export const processingConfiguration = structure({ Enabled: boolean, Processors: list(processor) });

export const secretsManagerConfiguration = structure(
  {
    SecretARN: string({
      min: 1,
      max: 2048,
      pattern: 'arn:.*:secretsmanager:[a-zA-Z0-9\\-]+:\\d{12}:secret:[a-zA-Z0-9\\-/_+=.@!]+',
    }),
    RoleARN: roleArn,
    Enabled: boolean,
  },
  ['Enabled'],
);

export const vpcConfiguration = structure(
  {
    SubnetIds: list(nonEmptyStringWithoutWhitespace, { min: 1, max: 16 }),
    RoleARN: roleArn,
    SecurityGroupIds: list(nonEmptyStringWithoutWhitespace, { min: 1, max: 5 }),
  },
  ['SubnetIds', 'RoleARN', 'SecurityGroupIds'],
);

/** An endpoint service or endpoint of AWS PrivateLink, by its DNS name. */
export const privateLinkName = string({
  min: 47,
  max: 255,
  pattern: '([a-zA-Z0-9\\-\\_]+\\.){2,3}vpce\\.[a-zA-Z0-9\\-]*\\.vpce-svc\\-[a-zA-Z0-9\\-]{17}$',
});
