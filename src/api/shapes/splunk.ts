import {
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  secretsManagerConfiguration,
} from './common.ts';
import { s3DestinationConfiguration, s3DestinationUpdate } from './s3.ts';
import { integer, oneOf, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_SplunkDestinationConfiguration.html */

const collector = {
  HECEndpoint: string({ min: 0, max: 2048, pattern: '.*' }),
  HECEndpointType: oneOf('Raw', 'Event'),
  HECToken: string({ min: 0, max: 2048, pattern: '.*' }),
  HECAcknowledgmentTimeoutInSeconds: integer({ min: 180, max: 600 }),
  RetryOptions: retryOptions,
  S3BackupMode: oneOf('FailedEventsOnly', 'AllEvents'),
};

const processing = {
  ProcessingConfiguration: processingConfiguration,
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  BufferingHints: bufferingHints({ sizeInMBs: 5, intervalInSeconds: 60 }),
  SecretsManagerConfiguration: secretsManagerConfiguration,
};

export const splunkDestinationConfiguration = structure(
  { ...collector, S3Configuration: s3DestinationConfiguration, ...processing },
  ['HECEndpoint', 'HECEndpointType', 'S3Configuration'],
);

export const splunkDestinationUpdate = structure({ ...collector, S3Update: s3DestinationUpdate, ...processing });
