import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client } from '../../src/cli/client.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { kinesisClient } from '../../src/local/kinesis/kinesis-client.ts';
import type { Random } from '../kit/random.ts';
import { packed } from '../sources/packed.ts';
import { hydrant, objectsIn, type Running, s3Destination } from './hydrant.ts';

/** A Kinesis stream on the far side of a socket, and everything that was put to it. */
export interface Producer {
  /** Numbers of the lines put for each partition key, from 0. */
  readonly counts: Map<string, number>;
  putSome(): Promise<void>;
  /** A line for each key there is, which are enough for every shard to get one. */
  putToAll(): Promise<void>;
  /** Splits or merges open shards until there are so many. */
  reshard(count: number): Promise<void>;
  call(action: string, input: JsonObject): Promise<JsonObject>;
  close(): void;
}

const STREAM = 'clicks';
const KEYS = 40;
const never = new AbortController().signal;

export function producer(endpoint: string, random: Random): Producer {
  const alarm = (at: number, ring: () => void) => {
    const timer = setTimeout(ring, at - Date.now());
    return () => clearTimeout(timer);
  };
  const kinesis = kinesisClient({ endpoint }, { now: Date.now, alarm });
  const counts = new Map<string, number>();
  const call = (action: string, input: JsonObject) =>
    kinesis.call(action, input, { region: 'us-east-1', signal: never });

  function line(key: string): string {
    const number = counts.get(key) ?? 0;
    counts.set(key, number + 1);
    return `${key} ${number} ${'x'.repeat(random.below(200))}\n`;
  }

  /** One in three is packed. */
  function record(PartitionKey = `key-${random.below(KEYS)}`) {
    const lines = Array.from({ length: 1 + random.below(5) }, () => line(PartitionKey));
    const data = random.chance(0.3)
      ? packed(
          [PartitionKey],
          lines.map((data) => ({ key: 0, data })),
        )
      : Buffer.from(lines.join(''));
    return { PartitionKey, Data: data.toString('base64') };
  }

  async function put(Records: readonly JsonObject[]): Promise<void> {
    const { FailedRecordCount } = await call('PutRecords', { StreamName: STREAM, Records });
    if (FailedRecordCount !== 0) throw new Error(`${FailedRecordCount} records were refused.`);
  }

  async function openShards() {
    const shards: JsonObject[] = [];
    for (let input: JsonObject | undefined = { StreamName: STREAM }; input !== undefined; ) {
      const { Shards, NextToken }: JsonObject = await call('ListShards', input);
      if (Array.isArray(Shards)) shards.push(...Shards.filter(isJsonObject));
      input = NextToken === undefined ? undefined : { NextToken };
    }
    const open = shards.flatMap(({ ShardId, HashKeyRange: hashes, SequenceNumberRange: numbers }) => {
      if (!isJsonObject(hashes) || !isJsonObject(numbers) || numbers.EndingSequenceNumber !== undefined) return [];
      return [
        { id: String(ShardId), from: BigInt(`${hashes.StartingHashKey}`), to: BigInt(`${hashes.EndingHashKey}`) },
      ];
    });
    return open.sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  return {
    counts,
    call,
    close: kinesis.close,

    putSome: () => put(Array.from({ length: 1 + random.below(30) }, () => record())),
    putToAll: () => put(Array.from({ length: KEYS }, (_, i) => record(`key-${i}`))),

    async reshard(count) {
      const open = await openShards();
      const step = open.length < count ? open.slice(0, count - open.length) : open.slice(0, 2 * (open.length - count));
      for (const [i, { id, from, to }] of step.entries()) {
        const adjacent = step[i + 1];
        if (open.length < count) {
          await active(() => call('SplitShard', splitOf(id, (from + to) / 2n)));
        } else if (i % 2 === 0 && adjacent) {
          await active(() => call('MergeShards', mergeOf(id, adjacent.id)));
        }
      }
    },
  };
}

const splitOf = (id: string, middle: bigint) => ({
  StreamName: STREAM,
  ShardToSplit: id,
  NewStartingHashKey: String(middle),
});
const mergeOf = (id: string, adjacent: string) => ({
  StreamName: STREAM,
  ShardToMerge: id,
  AdjacentShardToMerge: adjacent,
});

const TRIES = 100;
const TRY_AGAIN_MS = 50;

/** While a stream is being made or changed, Kinesis refuses to change it. */
export async function active(change: () => Promise<unknown>): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      await change();
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if ((code !== 'Kinesis.ResourceInUse' && code !== 'Kinesis.ResourceNotFound') || i === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

const TOLD = `
  export const handler = async ({ sourceKinesisStreamArn, records }) => ({
    records: records.map(({ recordId, data, kinesisRecordMetadata: { shardId, sequenceNumber, partitionKey } }) => {
      const source = [sourceKinesisStreamArn.split('/')[1], shardId, sequenceNumber, partitionKey].join(' ');
      const text = Buffer.from(data, 'base64').toString().replace(/^/gm, source + ' ').replace(/\\n.*? $/, '\\n');
      return { recordId, result: 'Ok', data: Buffer.from(text).toString('base64') };
    }),
  });
`;

/** Two streams of the same source: one is delivered as it comes, the other by a function that says what it was told. */
export async function configure(folder: string, kinesis: object | undefined): Promise<void> {
  await writeFile(join(folder, 'told.mjs'), TOLD);
  const lambda = {
    Type: 'Lambda',
    Parameters: Object.entries({
      LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:told',
      BufferSizeInMBs: '0.2',
      BufferIntervalInSeconds: '0',
    }).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
  };
  const streams = ['plain', 'told'].map((name) => ({
    DeliveryStreamName: name,
    DeliveryStreamType: 'KinesisStreamAsSource',
    KinesisStreamSourceConfiguration: {
      KinesisStreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM}`,
      RoleARN: 'arn:aws:iam::000000000000:role/firehose',
    },
    ExtendedS3DestinationConfiguration: s3Destination(name, [1, 1], {
      ...(name === 'told' && { ProcessingConfiguration: { Enabled: true, Processors: [lambda] } }),
    }),
  }));
  const config = { functions: { told: './told.mjs' }, streams, ...(kinesis && { kinesis }) };
  await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
}

const PUT_EVERY_MS = 20;

/** Puts for so long; then the service is killed, wherever it is. */
export async function putUntilKilled(running: Running, kinesis: Producer, lifeMs: number): Promise<void> {
  const end = Date.now() + lifeMs;
  while (Date.now() < end) {
    await kinesis.putSome();
    await new Promise((resolve) => setTimeout(resolve, PUT_EVERY_MS));
  }
  await running.end('SIGKILL');
}

const CATCH_UP_MS = 90_000;

/** Delivers until everything is there, or for so long. */
export async function delivered(running: Running, folder: string, kinesis: Producer): Promise<Findings> {
  const service = client(running.url);
  const end = Date.now() + CATCH_UP_MS;
  let findings: Findings;
  do {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await hydrant(['flush', '--endpoint', running.url]);
    findings = await audit(folder, kinesis.counts);
  } while (findings.lost.length > 0 && Date.now() < end);
  service.close();
  return findings;
}

export interface Findings {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly strange: readonly string[];
  /** A partition key's line that stands behind a later one, in an object that no function has made. */
  readonly disordered: readonly string[];
}

export const FLAWLESS: Findings = { lost: [], doubled: [], strange: [], disordered: [] };

async function audit(folder: string, counts: ReadonlyMap<string, number>): Promise<Findings> {
  const findings = {
    lost: [] as string[],
    doubled: [] as string[],
    strange: [] as string[],
    disordered: [] as string[],
  };
  for (const bucket of ['plain', 'told']) {
    const times = new Map<string, number>();
    for await (const [path, bytes] of objectsIn(folder, bucket)) {
      const last = new Map<string, number>();
      for (const line of bytes.toString().split('\n').slice(0, -1)) {
        const [, source, key = '', number = ''] =
          /^(clicks shardId-\d{12} \d+ key-\d+ )?(key-\d+) (\d+) x*$/.exec(line) ?? [];
        const isStrange = (source !== undefined) !== (bucket === 'told') || !(Number(number) < (counts.get(key) ?? 0));
        if (isStrange || (source !== undefined && !source.includes(` ${key} `)))
          findings.strange.push(`${path}: ${line}`);
        // Functions are called for several batches at once, and their answers come when they come.
        if (bucket === 'plain' && Number(number) <= (last.get(key) ?? -1)) findings.disordered.push(`${path}: ${line}`);
        last.set(key, Number(number));
        const id = `${bucket} ${key} ${number}`;
        times.set(id, (times.get(id) ?? 0) + 1);
      }
    }
    for (const [id, count] of times) if (count > 1) findings.doubled.push(id);
    for (const [key, count] of counts) {
      for (let number = 0; number < count; number++) {
        if (!times.has(`${bucket} ${key} ${number}`)) findings.lost.push(`${bucket} ${key} ${number}`);
      }
    }
  }
  return findings;
}
