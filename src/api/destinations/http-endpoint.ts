import { invalidArgument } from '../invalid.ts';
import { httpEndpointDestinationConfiguration, httpEndpointDestinationUpdate } from '../shapes/http-endpoint.ts';
import { checkHints, S3_HINTS } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkBackupS3, completeS3 } from './s3.ts';
import { checkSecret } from './secrets.ts';

export const httpEndpoint = destinationRules({
  configuration: httpEndpointDestinationConfiguration,
  update: httpEndpointDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration, S3Configuration } = config;
    return {
      ...config,
      // The API's reference says 300 s; the 60 s of the developer guide are the console's.
      BufferingHints: config.BufferingHints ?? S3_HINTS,
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      RequestConfiguration: { ContentEncoding: 'NONE', ...config.RequestConfiguration },
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, {
          RoleArn: config.RoleARN ?? S3Configuration.RoleARN,
        }),
      }),
      RetryOptions: { DurationInSeconds: 300, ...config.RetryOptions },
      S3BackupMode: config.S3BackupMode ?? 'FailedDataOnly',
      S3Configuration: completeS3(S3Configuration),
    };
  },

  check(config, scope) {
    const names = new Set<string>();
    for (const { AttributeName } of config.RequestConfiguration?.CommonAttributes ?? []) {
      if (names.has(AttributeName)) {
        throw invalidArgument(`Http Endpoint Common Attributes have duplicate name ${AttributeName}`);
      }
      names.add(AttributeName);
    }
    checkSecret(config.SecretsManagerConfiguration, scope);
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: false });
    checkBackupS3(config.S3Configuration);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});
