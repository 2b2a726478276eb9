import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { DestinationKind } from '../../core/streams.ts';
import { invalidArgument } from '../invalid.ts';

/** What an update may not switch, given the destination's configuration before and after it. */
export function checkSwitches(kind: DestinationKind, before: JsonObject, after: JsonObject): void {
  checkBackupMode(kind, before, after);
  if (isOn(before.DynamicPartitioningConfiguration) !== isOn(after.DynamicPartitioningConfiguration)) {
    // That AWS refuses it is documented, its wording was not observed.
    throw invalidArgument('Dynamic Partitioning cannot be enabled or disabled for an existing delivery stream.');
  }
  if (kind === 'Iceberg' && (before.AppendOnly === true) !== (after.AppendOnly === true)) {
    throw invalidArgument('AppendOnly can only be set when the delivery stream is created.');
  }
  const had = processorTypes(before);
  if (processorTypes(after).has('Decompression') && !had.has('Decompression') && !had.has('Lambda')) {
    throw invalidArgument(
      'Enabling source decompression is not supported for existing stream with no Lambda function attached.',
    );
  }
}

/** Backup of all records can be switched on, and never off again, where the reference says so. */
const ONE_WAY: Readonly<Partial<Record<DestinationKind, string>>> = {
  ExtendedS3: 'Enabled',
  Redshift: 'Enabled',
  Splunk: 'AllEvents',
};

function checkBackupMode(kind: DestinationKind, before: JsonObject, after: JsonObject): void {
  if (before.S3BackupMode === ONE_WAY[kind] && after.S3BackupMode !== before.S3BackupMode) {
    throw invalidArgument('Disabling S3 backup is not currently supported.');
  }
  const { S3BackupConfiguration: backup } = after;
  if (isJsonObject(backup) && (backup.RoleARN === undefined || backup.BucketARN === undefined)) {
    throw invalidArgument('S3 backup destination configuration is required when enabling S3 backup.');
  }
}

function isOn(block: JsonValue | undefined): boolean {
  return isJsonObject(block) && block.Enabled === true;
}

function processorTypes(config: JsonObject): ReadonlySet<JsonValue | undefined> {
  const processing = config.ProcessingConfiguration;
  if (!isJsonObject(processing) || processing.Enabled !== true || !Array.isArray(processing.Processors))
    return new Set();
  return new Set(
    processing.Processors.map((processor: JsonValue) => (isJsonObject(processor) ? processor.Type : undefined)),
  );
}
