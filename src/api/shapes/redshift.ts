import {
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
} from './common.ts';
import { s3DestinationConfiguration, s3DestinationUpdate } from './s3.ts';
import { oneOf, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_RedshiftDestinationConfiguration.html */

const connection = {
  RoleARN: roleArn,
  ClusterJDBCURL: string({
    min: 1,
    max: 512,
    pattern:
      'jdbc:(redshift|postgresql)://((?!-)[A-Za-z0-9-]{1,63}(?<!-)\\.)+(redshift(-serverless)?)' +
      '\\.([a-zA-Z0-9\\.\\-]+):\\d{1,5}/[a-zA-Z0-9_$-]+',
  }),
  CopyCommand: structure(
    {
      DataTableName: string({ min: 1, max: 512, pattern: '.*' }),
      DataTableColumns: string({ min: 0, max: 10_240, pattern: '.*' }),
      CopyOptions: string({ min: 0, max: 10_240, pattern: '.*' }),
    },
    ['DataTableName'],
  ),
  Username: string({ min: 1, max: 512, pattern: '.*' }),
  Password: string({ min: 6, max: 512, pattern: '.*' }),
  RetryOptions: retryOptions,
};

const processing = {
  ProcessingConfiguration: processingConfiguration,
  S3BackupMode: oneOf('Disabled', 'Enabled'),
};

const logging = {
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  SecretsManagerConfiguration: secretsManagerConfiguration,
};

export const redshiftDestinationConfiguration = structure(
  {
    ...connection,
    S3Configuration: s3DestinationConfiguration,
    ...processing,
    S3BackupConfiguration: s3DestinationConfiguration,
    ...logging,
  },
  ['RoleARN', 'ClusterJDBCURL', 'CopyCommand', 'S3Configuration'],
);

export const redshiftDestinationUpdate = structure({
  ...connection,
  S3Update: s3DestinationUpdate,
  ...processing,
  S3BackupUpdate: s3DestinationUpdate,
  ...logging,
});
