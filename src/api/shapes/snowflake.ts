import {
  bufferingHints,
  cloudWatchLoggingOptions,
  privateLinkName,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
} from './common.ts';
import { s3DestinationConfiguration, s3DestinationUpdate } from './s3.ts';
import { boolean, oneOf, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_SnowflakeDestinationConfiguration.html */

const name = string({ min: 1, max: 255 });

const table = {
  AccountUrl: string({ min: 24, max: 2048, pattern: '.+?\\.snowflakecomputing\\.com' }),
  PrivateKey: string({
    min: 256,
    max: 4096,
    pattern: '^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=)?$',
  }),
  KeyPassphrase: string({ min: 7, max: 255 }),
  User: name,
  Database: name,
  Schema: name,
  Table: name,
  SnowflakeRoleConfiguration: structure({ Enabled: boolean, SnowflakeRole: name }),
  DataLoadingOption: oneOf('JSON_MAPPING', 'VARIANT_CONTENT_MAPPING', 'VARIANT_CONTENT_AND_METADATA_MAPPING'),
  MetaDataColumnName: name,
  ContentColumnName: name,
};

const delivery = {
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  ProcessingConfiguration: processingConfiguration,
  RoleARN: roleArn,
  RetryOptions: retryOptions,
  S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
};

const afterBackup = {
  SecretsManagerConfiguration: secretsManagerConfiguration,
  BufferingHints: bufferingHints({ sizeInMBs: 128, intervalInSeconds: 900 }),
};

export const snowflakeDestinationConfiguration = structure(
  {
    ...table,
    SnowflakeVpcConfiguration: structure({ PrivateLinkVpceId: privateLinkName }, ['PrivateLinkVpceId']),
    ...delivery,
    S3Configuration: s3DestinationConfiguration,
    ...afterBackup,
  },
  ['AccountUrl', 'Database', 'Schema', 'Table', 'RoleARN', 'S3Configuration'],
);

export const snowflakeDestinationUpdate = structure({
  ...table,
  ...delivery,
  S3Update: s3DestinationUpdate,
  ...afterBackup,
});
