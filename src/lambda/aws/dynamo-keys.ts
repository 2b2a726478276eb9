import assert from 'node:assert';
import type { DynamoDB, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import type { AccessKey, KeyStore } from '../../api/authentication/keys.ts';
import {
  describedKey,
  freshKeys,
  isKeyId,
  type KeyDescription,
  type KeyToCreate,
  keyOfText,
  newKey,
  textOfKey,
} from '../../host/issued-keys.ts';
import type { SecretJson } from '../../host/sealed-json.ts';
import { asked } from './asked.ts';
import { orUnavailable } from './unavailable.ts';

export interface KeysTable {
  readonly client: () => Promise<DynamoDB>;
  /** As `TABLES.keys` says. */
  readonly table: string;
  /** See `deploymentJson`. */
  readonly json: () => Promise<SecretJson>;
  readonly now: () => number;
}

type Table = Pick<KeysTable, 'client' | 'table'>;

/** The keys of a deployment, one item each, for its functions: those there are now. Requests are signed always. */
export function dynamoKeys(keys: KeysTable): KeyStore {
  return {
    isRequired: async () => true,
    find: freshKeys((id) => orUnavailable(`Reading the key ${id}`, readKey(keys, id)), keys.now),
  };
}

/** Gives out a new key, which functions take at once. */
export async function createTableKey(keys: KeysTable, wanted: KeyToCreate): Promise<AccessKey> {
  const key = newKey(wanted);
  const createdAt = keys.now();
  const definition = { S: textOfKey(await keys.json(), key, createdAt) };
  const Item = { accessKeyId: { S: key.accessKeyId }, definition };
  await ask(keys, (dynamo) => dynamo.putItem({ TableName: keys.table, Item }));
  return key;
}

/** All keys that are given out, the oldest first. */
export async function listTableKeys(table: Table): Promise<readonly KeyDescription[]> {
  const keys: KeyDescription[] = [];
  let ExclusiveStartKey: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const wanted = { TableName: table.table, ConsistentRead: true, ExclusiveStartKey };
    const page = await ask(table, (dynamo) => dynamo.scan(wanted));
    for (const { accessKeyId, definition } of page.Items ?? []) {
      keys.push(describedKey(accessKeyId?.S ?? '', definition?.S ?? ''));
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return keys.sort((a, b) => a.createdAt - b.createdAt);
}

/** Takes a key back; functions refuse it within a second. Resolves with false when there is none. */
export async function revokeTableKey(table: Table, accessKeyId: string): Promise<boolean> {
  if (!isKeyId(accessKeyId)) return false;
  const Key = { accessKeyId: { S: accessKeyId } };
  const removal = { TableName: table.table, Key, ReturnValues: 'ALL_OLD' as const };
  const { Attributes } = await ask(table, (dynamo) => dynamo.deleteItem(removal));
  return Attributes !== undefined;
}

async function readKey(keys: KeysTable, accessKeyId: string): Promise<AccessKey | undefined> {
  const wanted = { TableName: keys.table, Key: { accessKeyId: { S: accessKeyId } }, ConsistentRead: true };
  const { Item } = await ask(keys, (dynamo) => dynamo.getItem(wanted));
  if (Item === undefined) return undefined;
  const remedy = 'It was sealed under another data key. Make a new key and take this one back.';
  const key = keyOfText(await keys.json(), Item.definition?.S ?? '', { place: accessKeyId, remedy });
  assert(key.accessKeyId === accessKeyId, 'an item holds the key that it is named for');
  return key;
}

function ask<T>({ client }: Table, send: (dynamo: DynamoDB) => Promise<T>): Promise<T> {
  return asked('DynamoDB', async () => send(await client()));
}
