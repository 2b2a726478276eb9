import type { JsonObject } from '../../../src/core/json.ts';
import { type Asked, awsEndpoint, type Said } from '../aws/aws-endpoint.ts';

/** Glue's API on a socket. */
export const glueEndpoint = (say: (asked: Asked) => Said | Promise<Said>) =>
  awsEndpoint({ service: 'glue', prefix: 'AWSGlue' }, say);

/** A table as GetTable gives it. */
export function glueTable(columns: readonly (readonly [name: string, type: string])[]): JsonObject {
  return {
    Name: 'orders',
    DatabaseName: 'shop',
    CreateTime: 1_767_225_600,
    Retention: 0,
    StorageDescriptor: {
      Columns: columns.map(([Name, Type]) => ({ Name, Type, Comment: '' })),
      Location: 's3://lake/orders/',
      Compressed: false,
      NumberOfBuckets: -1,
      SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
    },
    PartitionKeys: [{ Name: 'day', Type: 'string' }],
    TableType: 'EXTERNAL_TABLE',
    CatalogId: '123456789012',
    VersionId: '0',
  };
}
