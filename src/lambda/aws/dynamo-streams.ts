import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AttributeValue, DynamoDB } from '@aws-sdk/client-dynamodb';
import { ConfigError, DeliveryError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { StreamDefinition, StreamStore } from '../../core/streams.ts';
import type { SecretJson } from '../../host/sealed-json.ts';
import { asked } from './asked.ts';
import { orUnavailable } from './unavailable.ts';

export interface DynamoStreamsOptions {
  readonly client: () => Promise<DynamoDB>;
  /** As `TABLES.streams` says. */
  readonly table: string;
  /** See `deploymentJson`. */
  readonly json: () => Promise<SecretJson>;
}

/** Raised when what a definition's members mean changes. */
const FORMAT = 1;
/** Each time another was first. */
const TRIES_MOST = 30;
const PAUSE_MS = 20;

type Item = Record<string, AttributeValue>;

interface Found {
  readonly stream: StreamDefinition;
  readonly version: string;
  readonly writer: string;
}

/**
 * Stream definitions in one table, read as they are: nothing is kept in memory. `name/<name>` has the definition and is
 * replaced under the condition that nobody was first; `id/<id>` says which name an incarnation has or had. That is
 * written before the definition and removed after it, so a crash in between leaves one that leads nowhere.
 *
 * Each write has a number of its own, by which it is found again when its answer was lost and its repeat is refused.
 */
export function dynamoStreams({ client, table: TableName, json }: DynamoStreamsOptions): StreamStore {
  async function ask<T>(send: (dynamo: DynamoDB) => Promise<T>): Promise<T> {
    return asked('DynamoDB', async () => send(await client()));
  }

  async function itemAt(key: string): Promise<Item | undefined> {
    const wanted = { TableName, Key: { key: { S: key } }, ConsistentRead: true };
    return (await ask((dynamo) => dynamo.getItem(wanted))).Item;
  }

  async function find(name: string): Promise<Found | undefined> {
    const item = await itemAt(nameKey(name));
    return item && foundIn(await json(), item);
  }

  async function byId(id: string): Promise<StreamDefinition | undefined> {
    const name = (await itemAt(idKey(id)))?.name?.S;
    const found = name === undefined ? undefined : await find(name);
    return found?.stream.id === id ? found.stream : undefined;
  }

  async function list(): Promise<readonly StreamDefinition[]> {
    const streams: StreamDefinition[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await ask((dynamo) => dynamo.scan({ TableName, ConsistentRead: true, ExclusiveStartKey }));
      for (const item of page.Items ?? []) {
        if (item.definition !== undefined) streams.push(foundIn(await json(), item).stream);
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return streams.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  /** Whether the write came first, or an earlier try of it did. */
  async function isFirst(name: string, writer: string, write: (dynamo: DynamoDB) => Promise<unknown>) {
    try {
      await ask(write);
      return true;
    } catch (error) {
      if (!(error instanceof DeliveryError && error.code === 'DynamoDB.ConditionalCheckFailedException')) throw error;
      return (await itemAt(nameKey(name)))?.writer?.S === writer;
    }
  }

  const forget = (id: string) => ask((dynamo) => dynamo.deleteItem({ TableName, Key: { key: { S: idKey(id) } } }));

  async function replace(current: Found | undefined, next: StreamDefinition): Promise<boolean> {
    const { name, id } = next;
    if (id !== current?.stream.id) {
      await ask((dynamo) => dynamo.putItem({ TableName, Item: { key: { S: idKey(id) }, name: { S: name } } }));
    }
    const writer = randomUUID();
    const Item = {
      key: { S: nameKey(name) },
      version: { N: String(Number(current?.version ?? 0) + 1) },
      writer: { S: writer },
      definition: { S: (await json()).write({ format: FORMAT, stream: next }) },
    };
    const isOurs = await isFirst(name, writer, (dynamo) => dynamo.putItem({ TableName, Item, ...unchanged(current) }));
    if (isOurs && current !== undefined && current.stream.id !== id) await forget(current.stream.id);
    return isOurs;
  }

  /** False when another was first, if only an earlier try of this: the next look tells which. */
  async function remove(current: Found): Promise<boolean> {
    const { name, id } = current.stream;
    const Key = { key: { S: nameKey(name) } };
    const isOurs = await isFirst(name, '', (dynamo) => dynamo.deleteItem({ TableName, Key, ...unchanged(current) }));
    if (isOurs) await forget(id);
    return isOurs;
  }

  async function change(name: string, decide: Parameters<StreamStore['change']>[1]) {
    for (let i = 0; i < TRIES_MOST; i++) {
      if (i > 0) await pause(Math.random() * PAUSE_MS * i);
      const current = await find(name);
      const next = decide(current?.stream);
      if (next === current?.stream) return next;
      if (next !== undefined ? await replace(current, next) : current === undefined || (await remove(current))) {
        return next;
      }
    }
    const message = `${name} was changed by others ${TRIES_MOST} times in a row.`;
    throw new DeliveryError(message, { code: 'Streams.Contended', retryable: true });
  }

  return {
    get: async (name) => (await orUnavailable(`Reading the definition of ${name}`, find(name)))?.stream,
    byId,
    list: () => orUnavailable('Reading the definitions of streams', list()),
    change: (name, decide) => orUnavailable(`Changing the definition of ${name}`, change(name, decide)),
  };
}

const nameKey = (name: string): string => `name/${name}`;
const idKey = (id: string): string => `id/${id}`;

/** The condition of a write: as it was read. */
function unchanged(current: Found | undefined) {
  if (current === undefined) {
    return { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': 'key' } };
  }
  return {
    ConditionExpression: '#version = :version AND writer = :writer',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: current.version }, ':writer': { S: current.writer } },
  };
}

function foundIn(json: SecretJson, { key, version, writer, definition }: Item): Found {
  const place = key?.S ?? '';
  let stored: unknown;
  try {
    stored = json.read(definition?.S ?? '');
  } catch (error) {
    throw new ConfigError(place, `cannot be read (${String(error)}): it was sealed under another data key.`);
  }
  if (!isJsonObject(stored) || !isJsonObject(stored.stream)) throw new ConfigError(place, 'is no stream definition.');
  if (stored.format !== FORMAT) {
    throw new ConfigError(place, `was written by a newer Hydrant (format ${stored.format}).`);
  }
  // Written by `replace` and by nothing else.
  const stream = stored.stream as unknown as StreamDefinition;
  return { stream, version: version?.N ?? '', writer: writer?.S ?? '' };
}
