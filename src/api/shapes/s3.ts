import {
  cloudWatchLoggingOptions,
  kmsKeyArn,
  processingConfiguration,
  retryOptions,
  roleArn,
  s3BufferingHints,
} from './common.ts';
import { dataFormatConversionConfiguration } from './conversion.ts';
import { boolean, oneOf, string, structure } from './shape.ts';

/**
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_S3DestinationConfiguration.html, also every other
 * destination's backup.
 */

const members = {
  RoleARN: roleArn,
  BucketARN: string({ min: 1, max: 2048, pattern: 'arn:.*:s3:::[\\w\\.\\-]{1,255}' }),
  Prefix: string({ min: 0, max: 1024, pattern: '.*' }),
  ErrorOutputPrefix: string({ min: 0, max: 1024, pattern: '.*' }),
  BufferingHints: s3BufferingHints,
  CompressionFormat: oneOf('UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'),
  EncryptionConfiguration: structure({
    NoEncryptionConfig: oneOf('NoEncryption'),
    KMSEncryptionConfig: structure({ AWSKMSKeyARN: kmsKeyArn }, ['AWSKMSKeyARN']),
  }),
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
};

export const s3DestinationConfiguration = structure(members, ['RoleARN', 'BucketARN']);

export const s3DestinationUpdate = structure(members);

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html */

const beforeBackup = {
  ...members,
  ProcessingConfiguration: processingConfiguration,
  S3BackupMode: oneOf('Disabled', 'Enabled'),
};

const afterBackup = {
  DataFormatConversionConfiguration: dataFormatConversionConfiguration,
  DynamicPartitioningConfiguration: structure({ RetryOptions: retryOptions, Enabled: boolean }),
  FileExtension: string({
    min: 0,
    max: 128,
    pattern: "^$|\\.[0-9a-z!\\-_.*'()]+",
    printed: "^(|\\.[0-9a-z!\\-_.*'()]+)$",
  }),
  CustomTimeZone: string({ min: 0, max: 50, pattern: '^$|[a-zA-Z/_]+' }),
};

export const extendedS3DestinationConfiguration = structure(
  { ...beforeBackup, S3BackupConfiguration: s3DestinationConfiguration, ...afterBackup },
  ['RoleARN', 'BucketARN'],
);

export const extendedS3DestinationUpdate = structure({
  ...beforeBackup,
  S3BackupUpdate: s3DestinationUpdate,
  ...afterBackup,
});
