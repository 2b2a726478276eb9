import {
  bufferingHints,
  cloudWatchLoggingOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  secretsManagerConfiguration,
} from './common.ts';
import { s3DestinationConfiguration, s3DestinationUpdate } from './s3.ts';
import { list, oneOf, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointDestinationConfiguration.html */

const endpointConfiguration = structure(
  {
    // AWS takes https alone; what else is taken is for the host to say.
    Url: string({ min: 1, max: 1000, pattern: '[a-zA-Z][a-zA-Z0-9+.\\-]*://.*', printed: 'https://.*' }),
    Name: string({ min: 1, max: 256, pattern: '^(?!\\s*$).+' }),
    AccessKey: string({ min: 0, max: 4096, pattern: '.*' }),
  },
  ['Url'],
);

const commonAttribute = structure(
  {
    AttributeName: string({ min: 1, max: 256, pattern: '^(?!\\s*$).+' }),
    AttributeValue: string({ min: 0, max: 1024, pattern: '.*' }),
  },
  ['AttributeName', 'AttributeValue'],
);

const members = {
  EndpointConfiguration: endpointConfiguration,
  BufferingHints: bufferingHints({ sizeInMBs: 64, intervalInSeconds: 900 }),
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  RequestConfiguration: structure({
    ContentEncoding: oneOf('NONE', 'GZIP'),
    CommonAttributes: list(commonAttribute, { min: 0, max: 50 }),
  }),
  ProcessingConfiguration: processingConfiguration,
  RoleARN: roleArn,
  RetryOptions: retryOptions,
  S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
};

export const httpEndpointDestinationConfiguration = structure(
  {
    ...members,
    S3Configuration: s3DestinationConfiguration,
    SecretsManagerConfiguration: secretsManagerConfiguration,
  },
  ['EndpointConfiguration', 'S3Configuration'],
);

export const httpEndpointDestinationUpdate = structure({
  ...members,
  S3Update: s3DestinationUpdate,
  SecretsManagerConfiguration: secretsManagerConfiguration,
});
