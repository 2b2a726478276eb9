import type { JsonObject } from '../../../src/core/json.ts';

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

/** As much of Kinesis as a reader can see: shards that split and merge, iterators that expire, a limit for calls. */
export function kinesisModel(now: () => number, { answerRecords = 10_000 } = {}) {
  const shards: ModelShard[] = [];
  const calls: string[] = [];
  let sequence = 4957;

  function addShard(...parents: string[]): string {
    const id = `shardId-${String(shards.length).padStart(12, '0')}`;
    shards.push({ id, parents, records: [], isOpen: true, calls: [] });
    return id;
  }

  function shardOf(id: unknown): ModelShard {
    const shard = shards.find((each) => each.id === id);
    if (shard === undefined) throw refused('ResourceNotFoundException', `Shard ${id} does not exist`);
    return shard;
  }

  function close(...ids: string[]): void {
    for (const id of ids) shardOf(id).isOpen = false;
  }

  const actions: Readonly<Record<string, (input: JsonObject) => JsonObject>> = {
    ListShards({ NextToken }) {
      const from = Number(NextToken ?? 0);
      const page = shards.slice(from, from + 3).map(({ id, parents: [parent, adjacent] }) => ({
        ShardId: id,
        ...(parent !== undefined && { ParentShardId: parent }),
        ...(adjacent !== undefined && { AdjacentParentShardId: adjacent }),
      }));
      return { Shards: page, ...(from + 3 < shards.length && { NextToken: String(from + 3) }) };
    },

    GetShardIterator({ ShardId, ShardIteratorType, StartingSequenceNumber, Timestamp }) {
      const { id, records } = shardOf(ShardId);
      const isAt: Readonly<Record<string, (record: ModelRecord) => boolean>> = {
        TRIM_HORIZON: () => true,
        AT_TIMESTAMP: (record) => record.ApproximateArrivalTimestamp >= Number(Timestamp),
        AT_SEQUENCE_NUMBER: (record) => record.SequenceNumber >= String(StartingSequenceNumber),
        AFTER_SEQUENCE_NUMBER: (record) => record.SequenceNumber > String(StartingSequenceNumber),
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
      for (const each of data) {
        const record = {
          SequenceNumber: String(++sequence),
          ApproximateArrivalTimestamp: now() / 1_000,
          PartitionKey: 'p',
          Data: Buffer.from(each).toString('base64'),
        };
        shardOf(shardId).records.push(record);
      }
    },
    split(shardId: string): readonly [string, string] {
      close(shardId);
      return [addShard(shardId), addShard(shardId)];
    },
    merge(one: string, other: string): string {
      close(one, other);
      return addShard(one, other);
    },
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
