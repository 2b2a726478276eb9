import { invalidArgument } from '../invalid.ts';
import { icebergDestinationConfiguration, icebergDestinationUpdate } from '../shapes/iceberg.ts';
import { checkHints, S3_HINTS } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing, type Processing } from './processing.ts';
import { checkBackupS3, completeS3 } from './s3.ts';

export const iceberg = destinationRules({
  configuration: icebergDestinationConfiguration,
  update: icebergDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration } = config;
    return {
      ...config,
      BufferingHints: config.BufferingHints ?? S3_HINTS,
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, { RoleArn: config.RoleARN }),
      }),
      S3BackupMode: config.S3BackupMode ?? 'FailedDataOnly',
      RetryOptions: { DurationInSeconds: 300, ...config.RetryOptions },
      AppendOnly: config.AppendOnly ?? false,
      S3Configuration: completeS3(config.S3Configuration),
    };
  },

  check(config) {
    if (config.S3BackupMode === 'AllData') {
      throw invalidArgument('S3BackupMode.AllData is not supported for Iceberg as destination.');
    }
    if (!routes(config.ProcessingConfiguration) && config.DestinationTableConfigurationList?.length !== 1) {
      throw invalidArgument(
        'A single default destination table configuration must be provided when both Lambda and MetadataExtraction ' +
          'processors are not provided',
      );
    }
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: false, extractsWithoutPartitions: true });
    checkBackupS3(config.S3Configuration);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});

/** Whether a processor can say which table a record goes to. */
function routes(processing: Processing | undefined): boolean {
  if (processing?.Enabled !== true) return false;
  return (processing.Processors ?? []).some(({ Type }) => Type === 'Lambda' || Type === 'MetadataExtraction');
}
