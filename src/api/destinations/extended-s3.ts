import { checkPrefixes } from '../../formats/prefix-rules.ts';
import { extendedS3DestinationConfiguration, extendedS3DestinationUpdate } from '../shapes/s3.ts';
import { checkConversion, completeConversion, isConverting } from './conversion.ts';
import { checkHints, S3_HINTS } from './hints.ts';
import { destinationRules } from './kind.ts';
import { checkLogging, completeLogging } from './logging.ts';
import { checkPartitioning, completePartitioning, isPartitioning } from './partitioning.ts';
import { checkProcessing, completeProcessing } from './processing.ts';
import { checkSourceBackup, completeEncryption, completeSourceBackup, prefixesOf, throwBroken } from './s3.ts';

/**
 * With conversion or dynamic partitioning the least size is 64 MiB, so that neither could be switched on with the plain
 * default.
 */
const LARGE_OBJECT_HINTS = { SizeInMBs: 128, IntervalInSeconds: 300 };

export const extendedS3 = destinationRules({
  configuration: extendedS3DestinationConfiguration,
  update: extendedS3DestinationUpdate,

  complete(config) {
    const { ProcessingConfiguration, DataFormatConversionConfiguration, DynamicPartitioningConfiguration } = config;
    const { FileExtension, ...others } = config;
    const makesLargeObjects = isConverting(config) || isPartitioning(config);
    return {
      ...others,
      BufferingHints: config.BufferingHints ?? (makesLargeObjects ? LARGE_OBJECT_HINTS : S3_HINTS),
      CompressionFormat: config.CompressionFormat ?? 'UNCOMPRESSED',
      EncryptionConfiguration: completeEncryption(config.EncryptionConfiguration),
      CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
      ...completeSourceBackup(config),
      ...(ProcessingConfiguration && {
        ProcessingConfiguration: completeProcessing(ProcessingConfiguration, { RoleArn: config.RoleARN }),
      }),
      ...(DataFormatConversionConfiguration && {
        DataFormatConversionConfiguration: completeConversion(DataFormatConversionConfiguration),
      }),
      ...(DynamicPartitioningConfiguration && {
        DynamicPartitioningConfiguration: completePartitioning(DynamicPartitioningConfiguration),
      }),
      // Observed on AWS: an empty extension counts as none, and is not described.
      ...(FileExtension && { FileExtension }),
    };
  },

  check(config) {
    checkConversion(config);
    checkHints(config.BufferingHints);
    checkProcessing(config.ProcessingConfiguration, { partitions: isPartitioning(config) });
    checkPartitioning(config);
    throwBroken(
      checkPrefixes({
        ...prefixesOf(config),
        timeZone: config.CustomTimeZone,
        dynamicPartitioning: isPartitioning(config),
      }),
    );
    checkSourceBackup(config);
    checkLogging(config.CloudWatchLoggingOptions);
  },
});
