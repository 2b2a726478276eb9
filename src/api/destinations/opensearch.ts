import { invalidArgument } from '../invalid.ts';
import {
  openSearchDestinationConfiguration,
  openSearchDestinationUpdate,
  openSearchServerlessDestinationConfiguration,
  openSearchServerlessDestinationUpdate,
} from '../shapes/opensearch.ts';
import { checkHints, type Hints, S3_HINTS } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging, type LoggingOptions } from './logging.ts';
import { checkProcessing, completeProcessing, type Processing } from './processing.ts';
import { checkBackupS3, completeS3, type S3 } from './s3.ts';

interface Shared {
  readonly RoleARN: string;
  readonly BufferingHints?: Hints;
  readonly RetryOptions?: { readonly DurationInSeconds?: number };
  readonly S3BackupMode?: 'FailedDocumentsOnly' | 'AllDocuments';
  readonly S3Configuration: S3;
  readonly ProcessingConfiguration?: Processing;
  readonly CloudWatchLoggingOptions?: LoggingOptions;
}

function completeShared(config: Shared) {
  const { ProcessingConfiguration } = config;
  return {
    BufferingHints: config.BufferingHints ?? S3_HINTS,
    RetryOptions: { DurationInSeconds: 300, ...config.RetryOptions },
    S3BackupMode: config.S3BackupMode ?? 'FailedDocumentsOnly',
    S3Configuration: completeS3(config.S3Configuration),
    ...(ProcessingConfiguration && {
      ProcessingConfiguration: completeProcessing(ProcessingConfiguration, { RoleArn: config.RoleARN }),
    }),
    CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
  };
}

function checkShared(config: Shared): void {
  checkHints(config.BufferingHints);
  checkProcessing(config.ProcessingConfiguration, { partitions: false });
  checkBackupS3(config.S3Configuration);
  checkLogging(config.CloudWatchLoggingOptions);
}

function cluster(rules: { readonly takesTypes: boolean }) {
  return destinationRules({
    configuration: openSearchDestinationConfiguration,
    update: openSearchDestinationUpdate,

    complete: (config) => ({
      ...config,
      ...completeShared(config),
      IndexRotationPeriod: config.IndexRotationPeriod ?? 'OneDay',
      // No DocumentIdOptions: Terraform sees a difference when they are described without having been given.
    }),

    check(config) {
      if (config.ClusterEndpoint === undefined && config.DomainARN === undefined) {
        throw invalidArgument('Provide either the Elasticsearch cluster endpoint or domain arn.');
      }
      if (config.ClusterEndpoint !== undefined && config.DomainARN !== undefined) {
        throw invalidArgument(
          'Cannot provide both Elasticsearch cluster endpoint and domain ARN. ' +
            'Provide either the cluster endpoint or domain arn.',
        );
      }
      if (config.TypeName && !rules.takesTypes) {
        throw invalidArgument(
          'Types are deprecated in Elasticsearch version 7+ and all OpenSearch versions. TypeName must be empty.',
        );
      }
      checkShared(config);
    },
  });
}

/**
 * Amazon OpenSearch Service under its older name. AWS looks at the domain's version before it refuses types; behind
 * this name it may be an old one.
 */
export const elasticsearch = cluster({ takesTypes: true });

export const openSearch = cluster({ takesTypes: false });

export const openSearchServerless = destinationRules({
  configuration: openSearchServerlessDestinationConfiguration,
  update: openSearchServerlessDestinationUpdate,

  complete: (config) => ({ ...config, ...completeShared(config) }),

  check(config) {
    // Optional in the service model, required in practice; AWS's wording was not observed.
    if (config.CollectionEndpoint === undefined) throw invalidArgument('CollectionEndpoint must be provided.');
    checkShared(config);
  },
});
