import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { KinesisRecord } from '../../sources/kinesis.ts';
import type { KinesisClient, KinesisSettings } from './kinesis-client.ts';
import { badAnswer } from './kinesis-error.ts';

/** A Kinesis stream, by its ARN. */
export interface KinesisStream {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
}

export interface Shard {
  readonly id: string;
  /** The shards it was made from, by a split or a merge: all they hold came before. */
  readonly parents: readonly string[];
}

/** Where to start reading a shard. */
export type Start =
  | { readonly at: 'oldest' }
  | { readonly at: 'time'; readonly time: number }
  | { readonly at: 'sequenceNumber' | 'afterSequenceNumber'; readonly sequenceNumber: string };

export interface ReadRecords {
  readonly records: readonly KinesisRecord[];
  /** Reads on from there; absent at the end of a shard that was split or merged. */
  readonly next?: string;
  /** How far behind the shard's newest record these are, in ms. */
  readonly behindMs: number;
}

/** What reading a stream takes. All reject as `KinesisClient` does. */
export interface KinesisApi {
  shards(stream: KinesisStream, signal: AbortSignal): Promise<readonly Shard[]>;
  iterator(
    stream: KinesisStream,
    place: { readonly shardId: string; readonly start: Start },
    signal: AbortSignal,
  ): Promise<string>;
  read(
    stream: KinesisStream,
    place: { readonly shardId: string; readonly iterator: string },
    signal: AbortSignal,
  ): Promise<ReadRecords>;
}

/** AWS lets an account have 500 shards by default, many more on request; a page has 1,000. */
const PAGES_MOST = 100;

export function kinesisApi(client: KinesisClient, { endpoint, region }: KinesisSettings): KinesisApi {
  const to = (stream: KinesisStream, signal: AbortSignal) => ({ region: region ?? stream.region, signal });
  /** AWS gets the whole ARN, since the stream may be another account's. Emulators know streams by name. */
  const named = ({ arn, name }: KinesisStream): JsonObject =>
    endpoint === undefined ? { StreamARN: arn } : { StreamName: name };

  return {
    async shards(stream, signal) {
      const shards: Shard[] = [];
      let input = named(stream);
      for (let page = 0; page < PAGES_MOST; page++) {
        const { Shards, NextToken } = await client.call('ListShards', input, to(stream, signal));
        for (const shard of listIn('ListShards', Shards)) shards.push(shardOf(shard));
        if (typeof NextToken !== 'string') return shards;
        input = { NextToken };
      }
      throw badAnswer('ListShards', 'has no end');
    },

    async iterator(stream, { shardId, start }, signal) {
      const input = { ...named(stream), ShardId: shardId, ...startMembers(start) };
      const { ShardIterator } = await client.call('GetShardIterator', input, to(stream, signal));
      if (typeof ShardIterator === 'string') return ShardIterator;
      throw badAnswer('GetShardIterator', 'names no iterator');
    },

    async read(stream, { shardId, iterator }, signal) {
      const answer = await client.call('GetRecords', { ShardIterator: iterator }, to(stream, signal));
      const { NextShardIterator: next, MillisBehindLatest: behindMs } = answer;
      return {
        records: listIn('GetRecords', answer.Records).map((record) => recordOf(shardId, record)),
        ...(typeof next === 'string' && { next }),
        behindMs: typeof behindMs === 'number' ? behindMs : 0,
      };
    },
  };
}

function startMembers(start: Start): JsonObject {
  switch (start.at) {
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'time':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: start.time / 1_000 };
    case 'sequenceNumber':
      return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: start.sequenceNumber };
    case 'afterSequenceNumber':
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: start.sequenceNumber };
  }
}

function listIn(action: string, value: JsonValue | undefined): readonly JsonObject[] {
  if (Array.isArray(value) && value.every(isJsonObject)) return value;
  throw badAnswer(action, 'is not what Kinesis says');
}

function shardOf({ ShardId, ParentShardId, AdjacentParentShardId }: JsonObject): Shard {
  if (typeof ShardId !== 'string') throw badAnswer('ListShards', 'has a shard without an id');
  const parents = [ParentShardId, AdjacentParentShardId].filter((parent) => typeof parent === 'string');
  return { id: ShardId, parents };
}

function recordOf(shardId: string, record: JsonObject): KinesisRecord {
  const { SequenceNumber: sequenceNumber, PartitionKey: partitionKey, Data, ApproximateArrivalTimestamp: at } = record;
  if (typeof sequenceNumber === 'string' && typeof partitionKey === 'string' && typeof Data === 'string') {
    if (typeof at === 'number') {
      const arrivedAt = Math.round(at * 1_000);
      return { shardId, sequenceNumber, partitionKey, arrivedAt, data: Buffer.from(Data, 'base64') };
    }
  }
  throw badAnswer('GetRecords', 'has a record without its number, key, time or data');
}
