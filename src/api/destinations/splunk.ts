import { invalidArgument } from '../invalid.ts';
import { splunkDestinationConfiguration, splunkDestinationUpdate } from '../shapes/splunk.ts';
import { checkHints } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkBackupS3, completeS3 } from './s3.ts';
import { checkSecret, usesSecret } from './secrets.ts';

/** AWS takes https alone; where http is taken is for the host to say. */
const HEC_ENDPOINT = /^https?:\/\/[^\s/:?#@]+:\d{1,5}\/?$/;

export const splunk = destinationRules({
  configuration: splunkDestinationConfiguration,
  update: splunkDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration, S3Configuration } = config;
    return {
      ...config,
      HECAcknowledgmentTimeoutInSeconds: config.HECAcknowledgmentTimeoutInSeconds ?? 180,
      // What AWS fills in was not observed; this is the console's.
      RetryOptions: { DurationInSeconds: 300, ...config.RetryOptions },
      S3BackupMode: config.S3BackupMode ?? 'FailedEventsOnly',
      S3Configuration: completeS3(S3Configuration),
      ...(ProcessingConfiguration && {
        // Splunk destinations have no role of their own, and smaller Lambda batches.
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, {
          RoleArn: S3Configuration.RoleARN,
          BufferSizeInMBs: '0.25',
        }),
      }),
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      BufferingHints: config.BufferingHints ?? { SizeInMBs: 5, IntervalInSeconds: 60 },
    };
  },

  check(config, scope) {
    if (!HEC_ENDPOINT.test(config.HECEndpoint)) {
      throw invalidArgument('Invalid HECEndpoint. Supported endpoint format is https://<domain>:<port>.');
    }
    const secrets = config.SecretsManagerConfiguration;
    checkSecret(secrets, scope);
    // The wording of these two was not observed.
    if (!usesSecret(secrets) && !config.HECToken) throw invalidArgument('HECToken must be provided.');
    if (usesSecret(secrets) && secrets?.RoleARN === undefined) {
      throw invalidArgument('SecretsManagerConfiguration.RoleARN must be provided for a Splunk destination.');
    }
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: false });
    checkBackupS3(config.S3Configuration);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});
