import { invalidArgument } from '../invalid.ts';
import { checkPartner, partnerAt } from '../partners/at-url.ts';
import { PARTNER_INTERVAL_S } from '../partners/partner.ts';
import { httpEndpointDestinationConfiguration, httpEndpointDestinationUpdate } from '../shapes/http-endpoint.ts';
import { checkHints, S3_HINTS } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkBackupS3, completeS3 } from './s3.ts';
import { checkSecret, usesSecret } from './secrets.ts';

export const httpEndpoint = destinationRules({
  configuration: httpEndpointDestinationConfiguration,
  update: httpEndpointDestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration, S3Configuration } = config;
    const partner = partnerAt(config.EndpointConfiguration.Url);
    return {
      ...config,
      // The API's reference says 300 s; the 60 s of the developer guide are the console's, which a partner's URL gets.
      BufferingHints:
        config.BufferingHints ??
        (partner ? { SizeInMBs: partner.size.byDefault, IntervalInSeconds: PARTNER_INTERVAL_S } : S3_HINTS),
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      RequestConfiguration: { ContentEncoding: partner?.contentEncoding ?? 'NONE', ...config.RequestConfiguration },
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, {
          RoleArn: config.RoleARN ?? S3Configuration.RoleARN,
        }),
      }),
      RetryOptions: { DurationInSeconds: partner?.retryInSeconds ?? 300, ...config.RetryOptions },
      S3BackupMode: config.S3BackupMode ?? 'FailedDataOnly',
      S3Configuration: completeS3(S3Configuration),
    };
  },

  check(config, scope) {
    const attributes = new Map<string, string>();
    for (const { AttributeName, AttributeValue } of config.RequestConfiguration?.CommonAttributes ?? []) {
      if (attributes.has(AttributeName)) {
        throw invalidArgument(`Http Endpoint Common Attributes have duplicate name ${AttributeName}`);
      }
      attributes.set(AttributeName, AttributeValue);
    }
    checkSecret(config.SecretsManagerConfiguration, scope);
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: false });
    checkBackupS3(config.S3Configuration);
    checkLogging(config.CloudWatchLoggingOptions);
    const { Url: url, AccessKey: accessKey } = config.EndpointConfiguration;
    const partner = partnerAt(url);
    if (partner === undefined) return;
    const hasSecret = usesSecret(config.SecretsManagerConfiguration);
    checkPartner(partner, { url, accessKey, hasSecret, attributes, sizeInMBs: config.BufferingHints?.SizeInMBs });
  },
});
