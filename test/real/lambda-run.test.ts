import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { S3 } from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { awsClients } from '../../src/lambda/aws/clients.ts';
import { seededRandom } from '../kit/random.ts';
import { aStream, partitionedByFunction } from '../kit/streams.ts';
import { emulatedDynamo } from '../lambda/aws/emulated-dynamo.ts';
import { dynamoDb, elasticMq } from './aws-servers.ts';
import { type Container, container, type Deployment, poller, put, type Run, SPEED } from './lambda-run.ts';
import { mortalCalls } from './mortal.ts';
import { ACCESS_KEY, radosgw, SECRET_KEY } from './s3-servers.ts';
import { itWith } from './tools.ts';

const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Which it also is when the machine is slow: fewer puts are made then. */
const INGEST_MS = 25_000;
const DELIVERED_WITHIN_MS = 180_000;
const PUTS_AT_ONCE = 100;
const CONTAINERS = 8;
const DEATHS_IN_THOUSAND = 20;
const LAKE = 'lake';
const BACKUP = 'backup';

interface Sent {
  readonly id: string;
  readonly stream: StreamDefinition;
  isAcknowledged: boolean;
}

describe('the functions of a deployment', () => {
  itWith(
    [...dynamoDb.tools, ...elasticMq.tools, radosgw.tool],
    `lose no record that was acknowledged and deliver none twice, killed at any await (HYDRANT_SEED=${SEED})`,
    async () => {
      process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
      process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
      const servers = await Promise.all([dynamoDb, elasticMq, radosgw].map((server) => server.start()));
      try {
        const [dynamo, sqs, s3] = servers.map(({ endpoint }) => endpoint);
        const deployment = await deploy({ dynamo: dynamo!, sqs: sqs!, s3: s3! }); // as many as were started
        const findings = await run(deployment);

        console.log(findings.figures);
        expect(findings.broken).toEqual([]);
        expect(findings.figures.deaths).toBeGreaterThan(0);
        expect(findings.figures.acknowledged).toBeGreaterThan(0);
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    },
  );
});

async function deploy(endpoints: Deployment['endpoints']): Promise<Deployment> {
  const { makeTable } = await emulatedDynamo(endpoints.dynamo);
  const sqs = await awsClients({ region: 'us-east-1', endpoint: endpoints.sqs }).sqs();
  const queue = async (name: string) =>
    (await sqs.createQueue({ QueueName: `${name}-${randomUUID()}` })).QueueUrl ?? '';
  const s3 = await awsClients({ region: 'us-east-1', endpoint: endpoints.s3 }).s3();
  for (const Bucket of ['staging', LAKE, BACKUP]) await s3.createBucket({ Bucket });
  return {
    endpoints,
    tables: { buffer: await makeTable('buffer'), streams: await makeTable('streams') },
    stagingBucket: 'staging',
    queues: { process: await queue('process'), deliver: await queue('deliver') },
  };
}

async function run(deployment: Deployment) {
  const random = seededRandom(SEED);
  const start = Date.now();
  const now = () => start + Math.floor(Date.now() - start) * SPEED;
  const calls = mortalCalls(random, now, DEATHS_IN_THOUSAND);
  const shared: Run = { deployment, random, calls, now, errors: [] };
  const containers = Array.from({ length: CONTAINERS }, () => container(shared));
  const streams = Array.from({ length: 10 }, (_, i) => newStream(i));
  for (const stream of streams) await containers[0]!.streams.change(stream.name, () => stream); // there are eight
  const functions = poller(shared, containers);

  const sent = await ingest(shared, { containers, streams, until: start + INGEST_MS });
  calls.heal();
  const deadline = Date.now() + DELIVERED_WITHIN_MS;
  const s3 = await awsClients({ region: 'us-east-1', endpoint: deployment.endpoints.s3 }).s3();
  const seen = new Map<string, Map<string, number>>([LAKE, BACKUP].map((bucket) => [bucket, new Map()]));
  const read = new Set<string>();
  let broken: readonly string[];
  do {
    await pause(1_000);
    for (const [bucket, counts] of seen) await count(s3, { bucket, counts, read });
    broken = brokenPromises(sent, seen);
  } while (broken.length > 0 && Date.now() < deadline);
  await functions.stop();
  for (const [bucket, counts] of seen) await count(s3, { bucket, counts, read });
  const acknowledged = sent.filter(({ isAcknowledged }) => isAcknowledged).length;
  const seconds = Math.round((Date.now() - start) / 1_000);
  const figures = { seconds, sent: sent.length, acknowledged, deaths: calls.deaths(), objects: read.size };
  return { figures: { ...figures, errors: errorKinds(shared.errors) }, broken: brokenPromises(sent, seen) };
}

/** Four plain streams, three with a backup of what was put, three with a function. */
function newStream(i: number): StreamDefinition {
  const backup = { ...aStream().destination.config, BucketARN: `arn:aws:s3:::${BACKUP}` };
  const kinds = [{}, { S3BackupMode: 'Enabled', S3BackupConfiguration: backup }, PARTITIONED];
  const config = { BucketARN: `arn:aws:s3:::${LAKE}`, ...kinds[i % 3] };
  const stream = aStream({ name: `stream-${i}`, sizeMb: 4 / 1_024, intervalSeconds: [0, 10, 60][i % 3]!, config }); // of three
  return { ...stream, id: `id${i}` };
}

const PARTITIONED = partitionedByFunction({
  NumberOfRetries: '2',
  BufferSizeInMBs: '0.004',
  BufferIntervalInSeconds: '5',
});

/** A hundred clients, each of which puts again as soon as its last put was answered, or its function has died. */
async function ingest(
  shared: Run,
  given: {
    readonly containers: readonly Container[];
    readonly streams: readonly StreamDefinition[];
    readonly until: number;
  },
): Promise<readonly Sent[]> {
  const { random } = shared;
  const sent: Sent[] = [];

  async function client(): Promise<void> {
    while (Date.now() < given.until) {
      const stream = random.pick(given.streams);
      const records = Array.from({ length: 1 + random.below(10) }, () => {
        const record = { id: `${stream.id}#${sent.length}`, stream, isAcknowledged: false };
        sent.push(record);
        return record;
      });
      // Small ones stay in their row; the others are staged.
      const longest = random.chance(0.3) ? 20_000 : 400;
      const texts = records.map(({ id }) => `${id}${'.'.repeat(random.below(longest))}\n`);
      const isAcknowledged = await put(shared, random.pick(given.containers), stream, texts);
      for (const record of records) record.isAcknowledged = isAcknowledged;
    }
  }

  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, client));
  return sent;
}

interface Counting {
  readonly bucket: string;
  /** How often each record is in an object. */
  readonly counts: Map<string, number>;
  /** Objects that were counted: none ever changes. */
  readonly read: Set<string>;
}

async function count(s3: S3, { bucket, counts, read }: Counting): Promise<void> {
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.listObjectsV2({ Bucket: bucket, ContinuationToken });
    for (const { Key = '' } of page.Contents ?? []) {
      if (read.has(`${bucket}/${Key}`)) continue;
      read.add(`${bucket}/${Key}`);
      const { Body } = await s3.getObject({ Bucket: bucket, Key });
      const text = (await Body?.transformToString()) ?? '';
      for (const line of text.split('\n').filter((each) => each !== '')) {
        const record = Key.startsWith('errors/') ? atob(JSON.parse(line).rawData) : line;
        const id = record.replace(/\.*\n?$/, '');
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

function brokenPromises(sent: readonly Sent[], seen: ReadonlyMap<string, ReadonlyMap<string, number>>): string[] {
  return sent.flatMap(({ id, stream, isAcknowledged }) => {
    const isBackedUp = stream.destination.config.S3BackupMode === 'Enabled';
    return (isBackedUp ? [LAKE, BACKUP] : [LAKE]).flatMap((bucket) => {
      const times = seen.get(bucket)?.get(id) ?? 0;
      if (times > 1) return [`${id} is in ${bucket} ${times} times.`];
      return times === 0 && isAcknowledged ? [`${id} was acknowledged and is not in ${bucket}.`] : [];
    });
  });
}

function errorKinds(errors: readonly string[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const error of errors) kinds[error.slice(0, 160)] = (kinds[error.slice(0, 160)] ?? 0) + 1;
  return kinds;
}
