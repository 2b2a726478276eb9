import {
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  vpcConfiguration,
} from './common.ts';
import { s3DestinationConfiguration, s3DestinationUpdate } from './s3.ts';
import { oneOf, string, structure } from './shape.ts';

/** AWS takes https alone; where http is taken is for the host to say. */
const endpoint = string({ min: 1, max: 512, pattern: 'https?:.*', printed: 'https:.*' });

const indexName = string({ min: 1, max: 80, pattern: '.*' });

const buffering = {
  BufferingHints: bufferingHints({ sizeInMBs: 100, intervalInSeconds: 900 }),
  RetryOptions: retryOptions,
};

/** Fixed when the stream is created: the updates have no such member. */
const s3BackupMode = oneOf('FailedDocumentsOnly', 'AllDocuments');

const processing = {
  ProcessingConfiguration: processingConfiguration,
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
};

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_AmazonopensearchserviceDestinationConfiguration.html */

const cluster = {
  RoleARN: roleArn,
  DomainARN: string({
    min: 1,
    max: 512,
    pattern: 'arn:.*:es:[a-zA-Z0-9\\-]+:\\d{12}:domain/[a-z][-0-9a-z]{2,27}',
  }),
  ClusterEndpoint: endpoint,
  IndexName: indexName,
  TypeName: string({ min: 0, max: 100, pattern: '.*' }),
  IndexRotationPeriod: oneOf('NoRotation', 'OneHour', 'OneDay', 'OneWeek', 'OneMonth'),
  ...buffering,
};

const documentIdOptions = structure({ DefaultDocumentIdFormat: oneOf('FIREHOSE_DEFAULT', 'NO_DOCUMENT_ID') }, [
  'DefaultDocumentIdFormat',
]);

/** Also the legacy `ElasticsearchDestinationConfiguration`, which has the same members and limits. */
export const openSearchDestinationConfiguration = structure(
  {
    ...cluster,
    S3BackupMode: s3BackupMode,
    S3Configuration: s3DestinationConfiguration,
    ...processing,
    VpcConfiguration: vpcConfiguration,
    DocumentIdOptions: documentIdOptions,
  },
  ['RoleARN', 'IndexName', 'S3Configuration'],
);

export const openSearchDestinationUpdate = structure({
  ...cluster,
  S3Update: s3DestinationUpdate,
  ...processing,
  DocumentIdOptions: documentIdOptions,
});

/**
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_AmazonOpenSearchServerlessDestinationConfiguration.html
 */

const collection = {
  RoleARN: roleArn,
  CollectionEndpoint: endpoint,
  IndexName: indexName,
  ...buffering,
};

export const openSearchServerlessDestinationConfiguration = structure(
  {
    ...collection,
    S3BackupMode: s3BackupMode,
    S3Configuration: s3DestinationConfiguration,
    ...processing,
    VpcConfiguration: vpcConfiguration,
  },
  ['RoleARN', 'IndexName', 'S3Configuration'],
);

export const openSearchServerlessDestinationUpdate = structure({
  ...collection,
  S3Update: s3DestinationUpdate,
  ...processing,
});
