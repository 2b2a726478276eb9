import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';

interface ModelRecord {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: number;
  readonly PartitionKey: string;
  readonly Data: string;
}

interface ModelShard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly records: ModelRecord[];
  /** Of partition keys, by their MD5; the end is exclusive. */
  readonly hashes: readonly [from: bigint, to: bigint];
  isOpen: boolean;
  /** When GetRecords was last called, for the limit of five a second. */
  calls: readonly number[];
}

export interface Refused {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

const ITERATOR_LIVES_MS = 5 * 60_000;
const CALLS_A_SECOND = 5;

const ALL_HASHES = [0n, 2n ** 128n] as const;

/** As much of Kinesis as readers and producers can see: shards that split and merge, iterators that expire, a limit. */
export function kinesisModel(now: () => number, { answerRecords = 10_000 } = {}) {
  const shards: ModelShard[] = [];
  const calls: string[] = [];
  let sequence = 4957;

  function addShard(parents: readonly string[] = [], hashes: readonly [bigint, bigint] = ALL_HASHES): string {
    const id = `shardId-${String(shards.length).padStart(12, '0')}`;
    shards.push({ id, parents, records: [], hashes, isOpen: true, calls: [] });
    return id;
  }

  function shardOf(id: unknown): ModelShard {
    const shard = shards.find((each) => each.id === id);
    if (shard === undefined) throw refused('ResourceNotFoundException', `Shard ${id} does not exist`);
    return shard;
  }

  function split(shardId: string, at?: bigint): readonly [string, string] {
    const shard = shardOf(shardId);
    shard.isOpen = false;
    const [from, to] = shard.hashes;
    const middle = at ?? (from + to) / 2n;
    return [addShard([shardId], [from, middle]), addShard([shardId], [middle, to])];
  }

  function merge(one: string, other: string): string {
    const hashes = [shardOf(one), shardOf(other)].flatMap((shard) => {
      shard.isOpen = false;
      return shard.hashes;
    });
    const [from = 0n, to = 0n] = [hashes[0], hashes[3]];
    return addShard([one, other], [from, to]);
  }

  function put({ records }: ModelShard, PartitionKey: string, Data: string): void {
    const at = { SequenceNumber: String(++sequence), ApproximateArrivalTimestamp: now() / 1_000 };
    records.push({ ...at, PartitionKey, Data });
  }

  function shardFor(partitionKey: string): ModelShard {
    const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
    const shard = shards.find(({ isOpen, hashes: [from, to] }) => isOpen && from <= hash && hash < to);
    if (shard === undefined) throw refused('InternalFailureException', 'There is no shard for the key.', 500);
    return shard;
  }

  const actions: Readonly<Record<string, (input: JsonObject) => JsonObject>> = {
    ListShards({ NextToken }) {
      const from = Number(NextToken ?? 0);
      const page = shards.slice(from, from + 3).map(({ id, hashes, isOpen, parents: [parent, adjacent] }) => ({
        ShardId: id,
        HashKeyRange: { StartingHashKey: String(hashes[0]), EndingHashKey: String(hashes[1] - 1n) },
        SequenceNumberRange: { StartingSequenceNumber: '0', ...(!isOpen && { EndingSequenceNumber: '1' }) },
        ...(parent !== undefined && { ParentShardId: parent }),
        ...(adjacent !== undefined && { AdjacentParentShardId: adjacent }),
      }));
      return { Shards: page, ...(from + 3 < shards.length && { NextToken: String(from + 3) }) };
    },

    PutRecords({ Records }) {
      const records = Array.isArray(Records) ? Records.filter(isJsonObject) : [];
      for (const { PartitionKey, Data } of records)
        put(shardFor(String(PartitionKey)), String(PartitionKey), String(Data));
      return { FailedRecordCount: 0 };
    },

    SplitShard({ ShardToSplit, NewStartingHashKey }) {
      split(String(ShardToSplit), BigInt(String(NewStartingHashKey)));
      return {};
    },

    MergeShards({ ShardToMerge, AdjacentShardToMerge }) {
      merge(String(ShardToMerge), String(AdjacentShardToMerge));
      return {};
    },

    GetShardIterator({ ShardId, ShardIteratorType, StartingSequenceNumber, Timestamp }) {
      const { id, records } = shardOf(ShardId);
      const from = BigInt(String(StartingSequenceNumber ?? 0));
      const isAt: Readonly<Record<string, (record: ModelRecord) => boolean>> = {
        TRIM_HORIZON: () => true,
        AT_TIMESTAMP: (record) => record.ApproximateArrivalTimestamp >= Number(Timestamp),
        AT_SEQUENCE_NUMBER: (record) => BigInt(record.SequenceNumber) >= from,
        AFTER_SEQUENCE_NUMBER: (record) => BigInt(record.SequenceNumber) > from,
      };
      if (Number(Timestamp) * 1_000 > now())
        throw refused('InvalidArgumentException', 'The timestamp is in the future.');
      const first = records.findIndex(isAt[String(ShardIteratorType)] ?? (() => false));
      return { ShardIterator: JSON.stringify([id, first < 0 ? records.length : first, now()]) };
    },

    GetRecords({ ShardIterator }) {
      const [id, from, issuedAt] = JSON.parse(String(ShardIterator)) as [string, number, number];
      const shard = shardOf(id);
      shard.calls = [...shard.calls.filter((at) => at > now() - 1_000), now()];
      if (shard.calls.length > CALLS_A_SECOND) throw refused('ProvisionedThroughputExceededException', 'Rate exceeded');
      if (now() - issuedAt > ITERATOR_LIVES_MS) throw refused('ExpiredIteratorException', 'Iterator expired.');
      const Records = shard.records.slice(from, from + answerRecords);
      const next = from + Records.length;
      const newest = shard.records.at(-1);
      const isAtEnd = next === shard.records.length;
      return {
        Records: Records.map((record) => ({ ...record })),
        ...((shard.isOpen || !isAtEnd) && { NextShardIterator: JSON.stringify([id, next, now()]) }),
        MillisBehindLatest: isAtEnd || newest === undefined ? 0 : now() - newest.ApproximateArrivalTimestamp * 1_000,
      };
    },
  };

  return {
    addShard,
    /** Every call it has answered or refused: `GetRecords shardId-000000000000`. */
    calls,
    /** Looks at a call before it is answered, and may refuse it. */
    before: (_action: string, _shardId: string): void => {},

    put(shardId: string, ...data: readonly (string | Uint8Array)[]): void {
      for (const each of data) put(shardOf(shardId), 'p', Buffer.from(each).toString('base64'));
    },
    split,
    merge,
    /** All that the shard held is older than the stream keeps. */
    expire(shardId: string): void {
      shards.splice(shards.indexOf(shardOf(shardId)), 1);
    },

    /** One call; throws what is refused. */
    call(action: string, input: JsonObject): JsonObject {
      const { ShardId, ShardIterator } = input;
      const shardId =
        ShardIterator === undefined ? String(ShardId ?? '') : String(JSON.parse(String(ShardIterator))[0]);
      calls.push(`${action} ${shardId}`.trim());
      this.before(action, shardId);
      const answer = actions[action];
      if (answer === undefined) throw refused('UnknownOperationException', action);
      return answer(input);
    },
  };
}

export type KinesisModel = ReturnType<typeof kinesisModel>;

export function refused(type: string, message = 'No.', status = 400): Refused {
  return { status, type, message };
}
