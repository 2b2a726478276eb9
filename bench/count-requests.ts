import type { DynamoDB, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import type { SQS } from '@aws-sdk/client-sqs';
import { wordOf } from '../src/lambda/aws/asked.ts';
import type { TableSchema } from '../src/lambda/aws/tables.ts';
import { type Item, queryUnits, readUnits, sizeOf, writeUnits } from './dynamo-units.ts';

export interface DynamoRequests {
  requests: number;
  writeUnits: number;
  readUnits: number;
}

export interface CountedTables {
  readonly schemaOf: (table: string) => TableSchema;
  /** Asks the same tables and is not counted: what is billed depends on what an item was before. */
  readonly beside: DynamoDB;
}

/** What our own code sends, as far as this reads it. */
interface Asked {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly IndexName?: string;
  readonly Select?: string;
  readonly ConsistentRead?: boolean;
}

/** From now on counts what this client asks for, and what DynamoDB would bill. Writes to one item must not overlap. */
export function countDynamo(client: DynamoDB, { schemaOf, beside }: CountedTables): DynamoRequests {
  const counts: DynamoRequests = { requests: 0, writeUnits: 0, readUnits: 0 };

  async function itemAt({ TableName, Key = {} }: Pick<Asked, 'TableName' | 'Key'>): Promise<Item | undefined> {
    return (await beside.getItem({ TableName, Key, ConsistentRead: true })).Item;
  }

  client.middlewareStack.add(
    (next, context) => async (args) => {
      counts.requests++;
      const asked = args.input as Asked; // every command that we send has these members, or none of them
      const { TableName, IndexName, ConsistentRead: isConsistent = false } = asked;
      const schema = schemaOf(TableName);
      switch (context.commandName) {
        case 'GetItemCommand': {
          const result = await next(args);
          counts.readUnits += readUnits(sizeOf(await itemAt(asked)), isConsistent);
          return result;
        }
        case 'ScanCommand':
        case 'QueryCommand': {
          const result = await next(args);
          const { Items = [] } = result.output as QueryCommandOutput; // a scan's has them too
          const isForAll = asked.Select === 'ALL_ATTRIBUTES';
          counts.readUnits += queryUnits(schema, Items, { indexName: IndexName, isConsistent, isForAll });
          return result;
        }
        case 'PutItemCommand':
        case 'UpdateItemCommand': {
          const { Item: put } = asked;
          const keys = (schema.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName);
          const Key =
            asked.Key ?? Object.fromEntries(Object.entries(put ?? {}).filter(([name]) => keys.includes(name)));
          const before = await itemAt({ TableName, Key });
          try {
            const result = await next(args);
            counts.writeUnits += writeUnits(schema, before, put ?? (await itemAt({ TableName, Key })));
            return result;
          } catch (error) {
            // What is refused for its condition is billed by what is there.
            if (wordOf(error) === 'ConditionalCheckFailedException')
              counts.writeUnits += writeUnits(schema, before, before);
            throw error;
          }
        }
        default:
          throw new Error(`It is not known what DynamoDB bills for ${context.commandName}.`);
      }
    },
    { step: 'initialize' },
  );
  return counts;
}

/** From now on counts the requests of this client, which are all shorter than the 64 KB that SQS bills as one. */
export function countSqs(client: SQS): { requests: number } {
  const counts = { requests: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      counts.requests++;
      return next(args);
    },
    { step: 'initialize' },
  );
  return counts;
}
