import type { JsonObject } from '../../core/json.ts';
import type { DeliveryStreamType, DestinationKind } from '../../core/streams.ts';
import { invalidArgument } from '../invalid.ts';
import type { ValueOf } from '../shapes/index.ts';
import type {
  databaseSourceConfiguration,
  directPutSourceConfiguration,
  kinesisStreamSourceConfiguration,
  mskSourceConfiguration,
} from '../shapes/sources.ts';

export interface SourceConfigurations {
  readonly DirectPutSourceConfiguration?: ValueOf<typeof directPutSourceConfiguration>;
  readonly KinesisStreamSourceConfiguration?: ValueOf<typeof kinesisStreamSourceConfiguration>;
  readonly MSKSourceConfiguration?: ValueOf<typeof mskSourceConfiguration>;
  readonly DatabaseSourceConfiguration?: ValueOf<typeof databaseSourceConfiguration>;
}

/**
 * The one source that a stream of this type has. Configurations of other sources are ignored, as AWS was seen to do.
 * The wording for a missing database configuration is ours, in the manner of the others.
 */
export function settleSource(type: DeliveryStreamType, given: SourceConfigurations): JsonObject | undefined {
  const { KinesisStreamSourceConfiguration, MSKSourceConfiguration, DatabaseSourceConfiguration } = given;
  switch (type) {
    case 'DirectPut':
      return (
        given.DirectPutSourceConfiguration && {
          DirectPutSourceConfiguration: given.DirectPutSourceConfiguration,
        }
      );
    case 'KinesisStreamAsSource':
      if (KinesisStreamSourceConfiguration !== undefined) return { KinesisStreamSourceConfiguration };
      throw invalidArgument('KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.');
    case 'MSKAsSource':
      if (MSKSourceConfiguration !== undefined) return { MSKSourceConfiguration };
      throw invalidArgument('MSKSourceConfig is mandatory for MSK as Source stream type.');
    case 'DatabaseAsSource':
      if (DatabaseSourceConfiguration !== undefined) return { DatabaseSourceConfiguration };
      throw invalidArgument('DatabaseSourceConfig is mandatory for Database as Source stream type.');
  }
}

/** Tables are the only place for a database's changes, when a stream is created and when its destination is updated. */
export function checkTakesSource(kind: DestinationKind, type: DeliveryStreamType): void {
  if (type === 'DatabaseAsSource' && kind !== 'Iceberg') {
    throw invalidArgument('IcebergDestinationConfiguration must be specified for Database as Source.');
  }
}
