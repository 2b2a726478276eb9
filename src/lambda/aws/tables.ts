import type { CreateTableInput, TimeToLiveSpecification } from '@aws-sdk/client-dynamodb';

/** A table as CreateTable takes it, and as the properties of `AWS::DynamoDB::Table`. */
export type TableSchema = Required<Pick<CreateTableInput, 'AttributeDefinitions' | 'KeySchema' | 'BillingMode'>> &
  Pick<CreateTableInput, 'LocalSecondaryIndexes' | 'GlobalSecondaryIndexes'>;

export interface TableDefinition {
  readonly schema: TableSchema;
  /** Not part of CreateTable; a property of `AWS::DynamoDB::Table` all the same. */
  readonly TimeToLiveSpecification?: TimeToLiveSpecification;
}

/**
 * Rows of the buffer. `open` is a local index, since only those are read consistently. The indexes hold keys, and the
 * two global ones the lane with them, so that a head that counts another append is not written there again.
 */
const buffer: TableDefinition = {
  schema: {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'partition', AttributeType: 'S' },
      { AttributeName: 'name', AttributeType: 'S' },
      { AttributeName: 'open', AttributeType: 'S' },
      { AttributeName: 'dueShard', AttributeType: 'S' },
      { AttributeName: 'dueAt', AttributeType: 'N' },
      { AttributeName: 'streamId', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'partition', KeyType: 'HASH' },
      { AttributeName: 'name', KeyType: 'RANGE' },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'open',
        KeySchema: [
          { AttributeName: 'partition', KeyType: 'HASH' },
          { AttributeName: 'open', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'due',
        KeySchema: [
          { AttributeName: 'dueShard', KeyType: 'HASH' },
          { AttributeName: 'dueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['lane'] },
      },
      {
        IndexName: 'held',
        KeySchema: [{ AttributeName: 'streamId', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['lane'] },
      },
    ],
  },
  TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
};

/** Stream definitions by name, and what finds a name by its id. */
const streams: TableDefinition = { schema: keyedBy('key') };

/** The keys that requests are signed with. */
const keys: TableDefinition = { schema: keyedBy('accessKeyId') };

function keyedBy(name: string): TableSchema {
  return {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: name, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
  };
}

/** All tables of a deployment. */
export const TABLES = { buffer, streams, keys } as const;
