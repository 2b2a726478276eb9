import { checkPrefixes } from '../../formats/prefix-rules.ts';
import { invalidArgument } from '../invalid.ts';
import type { ValueOf } from '../shapes/index.ts';
import type { extendedS3DestinationConfiguration, s3DestinationConfiguration } from '../shapes/s3.ts';
import { checkBackupHints, checkHints, S3_HINTS } from './hints.ts';
import { checkLogging, completeLogging } from './logging.ts';

export type S3 = ValueOf<typeof s3DestinationConfiguration>;

export type ExtendedS3 = ValueOf<typeof extendedS3DestinationConfiguration>;

type Encryption = NonNullable<S3['EncryptionConfiguration']>;

/** An S3 configuration as Describe shows it. An empty Prefix is kept: it differs from none. */
export function completeS3(config: S3): S3 {
  return {
    ...config,
    BufferingHints: config.BufferingHints ?? S3_HINTS,
    CompressionFormat: config.CompressionFormat ?? 'UNCOMPRESSED',
    EncryptionConfiguration: completeEncryption(config.EncryptionConfiguration),
    CloudWatchLoggingOptions: completeLogging(config.CloudWatchLoggingOptions),
  };
}

export function completeEncryption(encryption: Encryption | undefined): Encryption {
  const isGiven = encryption !== undefined && Object.keys(encryption).length > 0;
  return isGiven ? encryption : { NoEncryptionConfig: 'NoEncryption' };
}

/** A bucket that takes backups of source records, and of records that failed. */
export function checkBackupS3(config: S3): void {
  throwBroken(checkPrefixes({ ...prefixesOf(config), dynamicPartitioning: false }));
  checkBackupHints(config.BufferingHints);
  checkLogging(config.CloudWatchLoggingOptions);
}

/** The bucket from which Redshift copies. */
export function checkIntermediateS3(config: S3): void {
  throwBroken(checkPrefixes({ ...prefixesOf(config), dynamicPartitioning: false, literalOnly: true }));
  checkHints(config.BufferingHints);
  checkLogging(config.CloudWatchLoggingOptions);
}

export function prefixesOf(config: Pick<S3, 'Prefix' | 'ErrorOutputPrefix'>) {
  return { prefix: config.Prefix, errorOutputPrefix: config.ErrorOutputPrefix };
}

export function throwBroken(message: string | undefined): void {
  if (message !== undefined) throw invalidArgument(message);
}

/** The source-record backup of an S3 or Redshift destination: off unless switched on, and then it needs a bucket. */
export function checkSourceBackup(config: {
  readonly S3BackupMode?: 'Disabled' | 'Enabled';
  readonly S3BackupConfiguration?: S3;
}): void {
  if (config.S3BackupMode === 'Enabled' && config.S3BackupConfiguration === undefined) {
    throw invalidArgument('S3 backup destination configuration is required when enabling S3 backup.');
  }
  if (config.S3BackupConfiguration !== undefined) checkBackupS3(config.S3BackupConfiguration);
}

export function completeSourceBackup(config: {
  readonly S3BackupMode?: 'Disabled' | 'Enabled';
  readonly S3BackupConfiguration?: S3;
}) {
  return {
    S3BackupMode: config.S3BackupMode ?? 'Disabled',
    ...(config.S3BackupConfiguration && { S3BackupConfiguration: completeS3(config.S3BackupConfiguration) }),
  };
}
