import {
  cloudWatchLoggingOptions,
  nonEmptyStringWithoutWhitespace,
  processingConfiguration,
  retryOptions,
  roleArn,
  s3BufferingHints,
} from './common.ts';
import { s3DestinationConfiguration } from './s3.ts';
import { boolean, list, oneOf, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_IcebergDestinationConfiguration.html */

const name = string({ min: 1, max: 255, pattern: '[a-zA-Z0-9\\.\\_]+' });

const destinationTableConfiguration = structure(
  {
    DestinationTableName: name,
    DestinationDatabaseName: name,
    UniqueKeys: list(nonEmptyStringWithoutWhitespace),
    PartitionSpec: structure({
      Identity: list(structure({ SourceName: nonEmptyStringWithoutWhitespace }, ['SourceName'])),
    }),
    S3ErrorOutputPrefix: string({ min: 0, max: 1024, pattern: '.*' }),
  },
  ['DestinationTableName', 'DestinationDatabaseName'],
);

const switchable = structure({ Enabled: boolean }, ['Enabled']);

const members = {
  DestinationTableConfigurationList: list(destinationTableConfiguration),
  SchemaEvolutionConfiguration: switchable,
  TableCreationConfiguration: switchable,
  BufferingHints: s3BufferingHints,
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  ProcessingConfiguration: processingConfiguration,
  S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
  RetryOptions: retryOptions,
  RoleARN: roleArn,
  AppendOnly: boolean,
  CatalogConfiguration: structure({
    CatalogARN: string({
      min: 1,
      max: 512,
      pattern: 'arn:.*:glue:.*:\\d{12}:catalog(?:(/[a-z0-9_-]+){1,2})?',
    }),
    WarehouseLocation: string({ min: 1, max: 2048, pattern: 's3:\\/\\/.*' }),
  }),
  S3Configuration: s3DestinationConfiguration,
};

export const icebergDestinationConfiguration = structure(members, [
  'RoleARN',
  'CatalogConfiguration',
  'S3Configuration',
]);

/** Of all updates the only one whose `S3Configuration` is a whole configuration. */
export const icebergDestinationUpdate = structure(members);
