import type { DynamoDB, QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { IndexedRow, NewRow, Rows } from '../services.ts';
import { type Asking, asked, wordOf } from './asked.ts';
import { addition, DUE_SHARDS, type Item, indexedOf, itemOf, keyOf, rowOf } from './row-items.ts';

export interface DynamoRowsOptions {
  readonly client: () => Promise<DynamoDB>;
  /** As `TABLES.buffer` says. */
  readonly table: string;
}

/** One table of DynamoDB. */
export function dynamoRows({ client, table: TableName }: DynamoRowsOptions): Rows {
  async function ask<T>(send: (dynamo: DynamoDB) => Promise<T>, asking?: Asking): Promise<T> {
    return asked('DynamoDB', async () => send(await client()), asking);
  }

  /** False when the condition did not hold: perhaps because an earlier try had been counted. */
  async function put(row: NewRow, version: number, condition: object, asking?: Asking): Promise<boolean> {
    return ask(async (dynamo) => {
      const names = { '#version': 'version' };
      const input = { TableName, Item: itemOf(row, version), ExpressionAttributeNames: names, ...condition };
      try {
        await dynamo.putItem(input);
        return true;
      } catch (error) {
        if (wordOf(error) === 'ConditionalCheckFailedException') return false;
        throw error;
      }
    }, asking);
  }

  /** A sparse index, a page at a time. */
  async function* indexed(input: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<IndexedRow> {
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await ask((dynamo) => dynamo.query({ TableName, ...input, ExclusiveStartKey }));
      yield* (page.Items ?? []).map(indexedOf);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
  }

  return {
    async get(key) {
      const { Item } = await ask((dynamo) => dynamo.getItem({ TableName, Key: keyOf(key), ConsistentRead: true }));
      return Item && rowOf(Item);
    },

    create: (row) =>
      put(row, 1, { ConditionExpression: 'attribute_not_exists(#version)' }, { failsWhenThrottled: true }),

    replace: (row, ifVersion) =>
      put(row, ifVersion + 1, {
        ConditionExpression: '#version = :version',
        ExpressionAttributeValues: { ':version': { N: String(ifVersion) } },
      }),

    async add(row, how) {
      const { Attributes } = await ask((dynamo) => dynamo.updateItem({ TableName, ...addition(row, how) }));
      return rowOf(Attributes ?? {});
    },

    async open(partition, after) {
      const { Items = [] } = await ask((dynamo) =>
        dynamo.query({
          TableName,
          IndexName: 'open',
          Select: 'ALL_ATTRIBUTES',
          ConsistentRead: true,
          KeyConditionExpression: '#partition = :partition AND #open > :after',
          ExpressionAttributeNames: { '#partition': 'partition', '#open': 'open' },
          // A key is never empty, so none is before a space.
          ExpressionAttributeValues: { ':partition': { S: partition }, ':after': { S: after ?? ' ' } },
        }),
      );
      return Items.map(rowOf);
    },

    async *due(before) {
      for (let shard = 0; shard < DUE_SHARDS; shard++) {
        yield* indexed({
          IndexName: 'due',
          KeyConditionExpression: 'dueShard = :shard AND dueAt <= :before',
          ExpressionAttributeValues: {
            ':shard': { S: String(shard) },
            ':before': { N: String(Math.min(before, Number.MAX_SAFE_INTEGER)) },
          },
        });
      }
    },

    held: (streamId) =>
      indexed({
        IndexName: 'held',
        KeyConditionExpression: 'streamId = :streamId',
        ExpressionAttributeValues: { ':streamId': { S: streamId } },
      }),

    async *all() {
      let ExclusiveStartKey: Item | undefined;
      do {
        // Consistent: who asks is about to remove what no row names.
        const page = await ask((dynamo) => dynamo.scan({ TableName, ConsistentRead: true, ExclusiveStartKey }));
        yield* (page.Items ?? []).map(rowOf);
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    },
  };
}
