import { invalidArgument } from '../invalid.ts';
import type { ValueOf } from '../shapes/index.ts';
import { snowflakeDestinationConfiguration, snowflakeDestinationUpdate } from '../shapes/snowflake.ts';
import { checkHints } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkBackupS3, completeS3 } from './s3.ts';
import { checkSecret, usesSecret } from './secrets.ts';

export const snowflake = destinationRules({
  configuration: snowflakeDestinationConfiguration,
  update: snowflakeDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration } = config;
    return {
      ...config,
      DataLoadingOption: config.DataLoadingOption ?? 'JSON_MAPPING',
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, {
          RoleArn: config.RoleARN,
          BufferSizeInMBs: '0.25',
          BufferIntervalInSeconds: '30',
        }),
      }),
      RetryOptions: { DurationInSeconds: 60, ...config.RetryOptions },
      S3BackupMode: config.S3BackupMode ?? 'FailedDataOnly',
      S3Configuration: completeS3(config.S3Configuration),
      BufferingHints: config.BufferingHints ?? { SizeInMBs: 1, IntervalInSeconds: 0 },
    };
  },

  check(config, scope) {
    checkSecret(config.SecretsManagerConfiguration, scope);
    if (!usesSecret(config.SecretsManagerConfiguration)) {
      if (config.PrivateKey === undefined) throw invalidArgument('PrivateKey must be provided.');
      if (config.User === undefined) throw invalidArgument('User must be provided.');
    }
    const role = config.SnowflakeRoleConfiguration;
    if (role?.Enabled === true && role.SnowflakeRole === undefined) {
      throw invalidArgument('Must provide SnowflakeRole when SnowflakeRoleConfiguration is enabled.');
    }
    checkColumns(config);
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: false });
    checkBackupS3(config.S3Configuration);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});

/** The wording of the second was not observed. */
function checkColumns(config: ValueOf<typeof snowflakeDestinationConfiguration>): void {
  const { DataLoadingOption, ContentColumnName, MetaDataColumnName } = config;
  if (
    DataLoadingOption === 'VARIANT_CONTENT_AND_METADATA_MAPPING' &&
    (ContentColumnName === undefined || MetaDataColumnName === undefined)
  ) {
    throw invalidArgument(
      'Must provide ContentColumnName and MetadataColumnName when Data Loading Option is ' +
        'VARIANT_CONTENT_AND_METADATA_MAPPING.',
    );
  }
  if (DataLoadingOption === 'VARIANT_CONTENT_MAPPING' && ContentColumnName === undefined) {
    throw invalidArgument('Must provide ContentColumnName when Data Loading Option is VARIANT_CONTENT_MAPPING.');
  }
}
