import { setTimeout as pause } from 'node:timers/promises';
import s3 from '../../destinations/s3.ts';
import type { ApiSettings } from '../../src/api/context.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { ObjectStore } from '../../src/core/objects.ts';
import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import { awsClients } from '../../src/lambda/aws/clients.ts';
import { dynamoRows } from '../../src/lambda/aws/dynamo-rows.ts';
import { dynamoStreams } from '../../src/lambda/aws/dynamo-streams.ts';
import { sqsWakes } from '../../src/lambda/aws/sqs-wakes.ts';
import { stagedBucket } from '../../src/lambda/aws/staged-bucket.ts';
import { type LambdaHost, lambdaHost } from '../../src/lambda/host.ts';
import { receiveMessages } from '../../src/lambda/receive-messages.ts';
import { runSchedule } from '../../src/lambda/run-schedule.ts';
import { s3Objects } from '../../src/objects/s3.ts';
import { processors } from '../../src/processors/index.ts';
import type { Transform } from '../../src/processors/lambda/transform.ts';
import { noTables } from '../kit/no-tables.ts';
import type { Random } from '../kit/random.ts';
import { type Services, servicesOf } from '../lambda/shaky.ts';
import { type Mortal, type MortalCalls, mortal } from './mortal.ts';

/** Where the emulators are, and the names of what was made there. */
export interface Deployment {
  readonly endpoints: { readonly dynamo: string; readonly sqs: string; readonly s3: string };
  readonly tables: { readonly buffer: string; readonly streams: string };
  readonly stagingBucket: string;
  readonly queues: { readonly process: string; readonly deliver: string };
}

/** All that functions share in one run. */
export interface Run {
  readonly deployment: Deployment;
  readonly random: Random;
  readonly calls: MortalCalls;
  /** Ms since the epoch, by a clock that runs `SPEED` times as fast. */
  readonly now: () => number;
  /** Faults of the functions, as their logs have them. */
  readonly errors: string[];
}

/** A minute passes in 6 s, so that a lease lapses within the run. */
export const SPEED = 10;
const INVOCATION_MS = 200_000;
/** Longer than a function lasts, in true seconds. */
const VISIBILITY_SECONDS = 22;
/** Functions of each queue at once. */
const RECEIVING_AT_ONCE = 12;
const REGION = 'us-east-1';
const SETTINGS: ApiSettings = {
  ...{ accountId: '000000000000', defaultRegion: REGION, transitionMs: 0, strictDestinations: false },
  ...{ hasAdapter: () => true, encryptedBy: () => undefined, refusesUrl: () => undefined, tables: noTables },
  streamQuota: 5_000,
};

/** Clients and what is built on them, for some functions together: each has connections of its own. */
export function container({ deployment, now }: Run) {
  const { endpoints, tables, queues, stagingBucket } = deployment;
  const at = (endpoint: string) => awsClients({ region: REGION, endpoint });
  const { dynamo } = at(endpoints.dynamo);
  const { sqs } = at(endpoints.sqs);
  const wakes = sqsWakes({ client: sqs, queues, now: Date.now });
  const services: Services = {
    rows: dynamoRows({ client: dynamo, table: tables.buffer }),
    objects: stagedBucket({ client: at(endpoints.s3).s3, bucket: stagingBucket }),
    wakes: {
      send: (messages) => wakes.send(messages.map(({ wake, at }) => ({ wake, at: Date.now() + (at - now()) / SPEED }))),
    },
  };
  const plain = { write: JSON.stringify, read: (text: string): unknown => JSON.parse(text) };
  const streams = dynamoStreams({ client: dynamo, table: tables.streams, json: async () => plain });
  return { services, streams, sqs };
}

export type Container = ReturnType<typeof container>;

/** One invocation with a host of its own, which may die at each of its awaits. */
export async function invoke<T>(
  run: Run,
  shared: Container,
  work: (host: LambdaHost, leftMs: number) => Promise<T>,
): Promise<T | 'died'> {
  const by = mortal(run.now() + INVOCATION_MS);
  return Promise.race([work(mortalHost(run, shared, by), INVOCATION_MS), by.died]);
}

function mortalHost(run: Run, { services, streams }: Container, by: Mortal): LambdaHost {
  const { calls, now, errors } = run;
  const { call } = calls;
  const mortalStreams: StreamStore = {
    get: (name) => call(by, () => streams.get(name)),
    byId: (id) => call(by, () => streams.byId(id)),
    list: () => call(by, () => streams.list()),
    change: (name, decide) => call(by, () => streams.change(name, decide)),
  };
  // Not shared: buffers of what died in the middle are not given back.
  const lake = s3Objects({ region: REGION, endpoint: run.deployment.endpoints.s3 });
  const objects: ObjectStore = {
    encryptsWithKms: false,
    put: (object, signal) => call(by, () => lake.put(object, signal)),
    exists: (at, signal) => call(by, () => lake.exists(at, signal)),
  };
  const said = (fields: object, sentence: string): void => {
    errors.push(`${sentence} ${'err' in fields ? String(fields.err) : ''}`);
  };
  const keys = { isRequired: async () => false, find: async () => undefined };
  return lambdaHost(
    { ...servicesOf(services, calls, by), streams: mortalStreams, keys },
    {
      work: {
        adapters: {
          s3: s3({ objects, tables: noTables, converter, encryptionKeys: () => undefined }),
          others: new Map(),
        },
        processing: processors({ transform: fickle(run, by) }),
      },
      api: SETTINGS,
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: said },
      newStreamId: () => 'unused',
      now,
      alarm(at, ring) {
        const timer = setTimeout(ring, Math.max(at - now(), 0) / SPEED);
        return () => clearTimeout(timer);
      },
    },
  );
}

/** A function that answers differently each time, to some records that it cannot, and sometimes to none. */
function fickle({ random, calls }: Run, by: Mortal): Transform {
  return async ({ records }) => {
    await calls.call(by, async () => {});
    if (random.chance(0.1)) throw new DeliveryError('No.', { code: 'Lambda.FunctionError', retryable: true });
    return records.map(({ data }) =>
      random.chance(0.2)
        ? { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'No.' }
        : { result: 'Ok', outputs: [{ data, partitionKeys: { p: random.pick(['a', 'b', 'c']) } }] },
    );
  };
}

/** A put as a client makes it. Whether it was acknowledged. */
export async function put(run: Run, shared: Container, stream: StreamDefinition, records: readonly string[]) {
  const body = { DeliveryStreamName: stream.name, Records: records.map((text) => ({ Data: btoa(text) })) };
  const answer = await invoke(run, shared, (host, leftMs) =>
    host.invocation(leftMs).handle(
      {
        ...{ method: 'POST', url: '/', body: Buffer.from(JSON.stringify(body)) },
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'Firehose_20150804.PutRecordBatch',
        },
      },
      'unused',
    ),
  );
  if (answer === 'died') return false;
  if (answer.status !== 200) run.errors.push(`A put was answered ${answer.status}.`);
  return answer.status === 200;
}

export interface Poller {
  /** Resolves when the functions that are under way have ended. */
  stop(): Promise<void>;
}

/**
 * Gives the queues' messages to functions, some of them to two, and takes from the queue what a function says is done;
 * and runs the sweep once a minute.
 */
export function poller(run: Run, containers: readonly Container[]): Poller {
  let isStopped = false;
  const { random, deployment, calls } = run;

  async function receive(queue: string): Promise<void> {
    while (!isStopped) {
      const shared = random.pick(containers);
      const sqs = await shared.sqs();
      const wanted = { QueueUrl: queue, VisibilityTimeout: VISIBILITY_SECONDS, WaitTimeSeconds: 1 };
      const { Messages: [message] = [] } = await sqs.receiveMessage({ ...wanted, MaxNumberOfMessages: 1 });
      if (message === undefined) continue;
      const event = { Records: [{ messageId: '1', body: message.Body, attributes: { ApproximateReceiveCount: '1' } }] };
      const times = random.chance(0.1) ? 2 : 1;
      const answers = await Promise.all(
        Array.from({ length: times }, () =>
          invoke(run, shared, (host, leftMs) =>
            receiveMessages(ports(host), event, { getRemainingTimeInMillis: () => leftMs }),
          ),
        ),
      );
      const isDone = answers.some((answer) => answer !== 'died' && answer.batchItemFailures.length === 0);
      // The deletion may be lost as well.
      if (!isDone || (random.chance(0.05) && calls.deaths() > 0)) continue;
      await sqs.deleteMessage({ QueueUrl: queue, ReceiptHandle: message.ReceiptHandle });
    }
  }

  async function sweep(): Promise<void> {
    while (!isStopped) {
      await pause(60_000 / SPEED);
      await invoke(run, random.pick(containers), (host, leftMs) =>
        runSchedule(ports(host), {}, { getRemainingTimeInMillis: () => leftMs }),
      ).catch((error: unknown) => run.errors.push(`sweep: ${error}`));
    }
  }

  function ports(host: LambdaHost) {
    const said = (_: object, sentence: string): void => void run.errors.push(sentence);
    return { open: async () => host, log: { debug: () => {}, info: () => {}, warn: () => {}, error: said } };
  }

  const workers = [deployment.queues.process, deployment.queues.deliver].flatMap((queue) =>
    Array.from({ length: RECEIVING_AT_ONCE }, () => receive(queue)),
  );
  const all = Promise.all([...workers, sweep()]);
  return {
    async stop() {
      isStopped = true;
      await all;
    },
  };
}
