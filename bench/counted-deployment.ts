import { startQueues } from '../deploy/offline/queues.ts';
import { signed } from '../src/host/aws/signature.ts';
import { hostTables } from '../src/host/glue/host-tables.ts';
import type { Log } from '../src/host/log.ts';
import { answerRequest } from '../src/lambda/answer-request.ts';
import { apiSettings } from '../src/lambda/api-settings.ts';
import { awsClients } from '../src/lambda/aws/clients.ts';
import { createTableKey, dynamoKeys } from '../src/lambda/aws/dynamo-keys.ts';
import { dynamoRows } from '../src/lambda/aws/dynamo-rows.ts';
import { dynamoStreams } from '../src/lambda/aws/dynamo-streams.ts';
import { sqsWakes } from '../src/lambda/aws/sqs-wakes.ts';
import { stagedBucket } from '../src/lambda/aws/staged-bucket.ts';
import { TABLES } from '../src/lambda/aws/tables.ts';
import { batchWork } from '../src/lambda/batch-work.ts';
import { type LambdaPorts, lambdaHost } from '../src/lambda/host.ts';
import { receiveMessages } from '../src/lambda/receive-messages.ts';
import { runSchedule } from '../src/lambda/run-schedule.ts';
import type { Message } from '../src/lambda/services.ts';
import { settingsIn } from '../src/lambda/settings.ts';
import { virtualClock } from '../test/kit/virtual-clock.ts';
import { startDynalite } from '../test/lambda/aws/emulated-dynamo.ts';
import { restEvent } from '../test/lambda/gateway-events.ts';
import { startBuckets } from './bucket-server.ts';
import { countDynamo, countSqs } from './count-requests.ts';
import { type FunctionName, type Requests, secondsOf } from './prices.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const HOST = 'abcdef1234.execute-api.us-east-1.amazonaws.com';
const STAGE = 'prod';
const INVOCATION_MS = 29_000;

/**
 * The handlers of a deployment with one container, over the real ports and emulators of DynamoDB, SQS and S3, which
 * counts what each invocation asks AWS for. Time passes when it is told to; its messages come when they are due.
 */
export async function countedDeployment() {
  const [dynamo, buckets, queues] = await Promise.all([startDynalite(), startBuckets(), startQueues(ACCOUNT, REGION)]);
  const clients = (endpoint: string) => awsClients({ region: REGION, endpoint });
  const client = await clients(dynamo.endpoint).dynamo();
  const sqs = await clients(queues.endpoint).sqs();
  const urls = await Promise.all(
    ['process', 'deliver'].map(async (QueueName) => (await sqs.createQueue({ QueueName })).QueueUrl ?? ''),
  );
  const [processUrl = '', deliverUrl = ''] = urls;
  const tables = {
    buffer: await dynamo.makeTable('buffer'),
    streams: await dynamo.makeTable('streams'),
    keys: await dynamo.makeTable('keys'),
  };

  const { now, alarm, pass } = virtualClock(Date.UTC(2026, 0, 15));
  const plain = { write: JSON.stringify, read: (text: string): unknown => JSON.parse(text) };
  const json = async () => plain;
  const keys = { client: async () => dynamo.dynamo, table: tables.keys, json, now };
  const key = await createTableKey(keys, { actions: ['firehose:*'], streams: ['*'], hasSessionToken: false });

  const schemas = new Map(Object.entries(tables).map(([kind, name]) => [name, TABLES[kind as keyof typeof TABLES]]));
  const schemaOf = (table: string) => {
    const definition = schemas.get(table);
    if (definition === undefined) throw new Error(`There is no table ${table}.`);
    return definition.schema;
  };
  const ofDynamo = countDynamo(client, { schemaOf, beside: dynamo.dynamo });
  const ofSqs = countSqs(sqs);
  const waiting: Message[] = [];
  const wakes = sqsWakes({ client: async () => sqs, queues: { process: processUrl, deliver: deliverUrl }, now });
  const ports: LambdaPorts = {
    rows: dynamoRows({ client: async () => client, table: tables.buffer }),
    objects: stagedBucket({ client: clients(buckets.endpoint).s3, bucket: 'staging' }),
    wakes: {
      async send(messages) {
        await wakes.send(messages);
        waiting.push(...messages);
      },
    },
    streams: dynamoStreams({ client: async () => client, table: tables.streams, json }),
    keys: dynamoKeys({ ...keys, client: async () => client }),
  };
  const settings = settingsIn({
    ...{ HYDRANT_ACCOUNT_ID: ACCOUNT, AWS_REGION: REGION, HYDRANT_DATA_KEY: 'none' },
    ...{ HYDRANT_BUFFER_TABLE: tables.buffer, HYDRANT_STREAMS_TABLE: tables.streams, HYDRANT_KEYS_TABLE: tables.keys },
    ...{ HYDRANT_PROCESS_QUEUE_URL: processUrl, HYDRANT_DELIVER_QUEUE_URL: deliverUrl },
    ...{ HYDRANT_STAGING_BUCKET: 'staging', AWS_ENDPOINT_URL_S3: buckets.endpoint },
  });
  const secrets = async () => ({});
  const { tables: noTables } = hostTables({ own: {}, now, alarm });
  const work = await batchWork(settings, { now, alarm, log: ALARMED, secrets, tables: noTables });
  const api = apiSettings(settings, noTables);
  const host = lambdaHost(ports, { work, api, now, alarm, log: ALARMED, newStreamId: () => 'counted' });
  const functions = { open: async () => host, log: ALARMED };
  const context = { getRemainingTimeInMillis: () => INVOCATION_MS };

  const total = (): Requests => ({
    ...{ gateway: 0, invocations: 0, gbSeconds: 0, dynamo: ofDynamo.requests, sqs: ofSqs.requests },
    ...{ writeUnits: ofDynamo.writeUnits, readUnits: ofDynamo.readUnits },
    ...{ s3Puts: buckets.requests.puts, s3Gets: buckets.requests.gets },
  });

  /** What one invocation asks for, which handles so many bytes of records. */
  async function invocation(name: FunctionName, bytes: number, run: () => Promise<unknown>): Promise<Requests> {
    const before = total();
    await run();
    const asked = combined(total(), before, (one, other) => one - other);
    return { ...asked, invocations: 1, gbSeconds: secondsOf(name, asked, bytes) };
  }

  async function request(operation: string, input: object): Promise<Requests> {
    const body = Buffer.from(JSON.stringify(input));
    const headers = signed(
      {
        ...{ method: 'POST', url: new URL(`https://${HOST}/${STAGE}/`), body },
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `Firehose_20150804.${operation}`,
        },
      },
      key,
      { region: REGION, service: 'firehose', now: now() },
    );
    const event = restEvent(
      { method: 'POST', url: `/${STAGE}/`, headers, body },
      { stage: STAGE, before: `/${STAGE}` },
    );
    const asked = await invocation('api', body.length, async () => {
      const { statusCode, body: said } = await answerRequest(functions, event, context);
      if (statusCode !== 200) throw new Error(`${operation} was answered ${statusCode}: ${said}`);
    });
    return { ...asked, gateway: 1 };
  }

  /** Handles the messages that are due, one an invocation. SQS bills besides that Lambda receives and deletes each. */
  async function handleDue(bytesOfBatch: number): Promise<Requests> {
    let sum = NONE;
    for (;;) {
      const next = waiting.findIndex(({ at }) => at <= now());
      const [message] = next < 0 ? [] : waiting.splice(next, 1);
      if (message === undefined) return sum;
      const { wake } = message;
      const event = {
        Records: [{ messageId: 'one', body: JSON.stringify(wake), attributes: { ApproximateReceiveCount: '1' } }],
      };
      const name = 'lane' in wake ? 'process' : 'deliver';
      const bytes = 'lane' in wake ? 0 : bytesOfBatch;
      const asked = await invocation(name, bytes, async () => {
        const { batchItemFailures } = await receiveMessages(functions, event, context);
        if (batchItemFailures.length > 0) throw new Error('A wake-up was not handled.');
      });
      sum = added(sum, { ...asked, sqs: asked.sqs + 2 });
    }
  }

  return {
    pass,
    request,
    handleDue,
    /** In ms since the epoch; undefined when nothing is to come. */
    nextAt: () => (waiting.length === 0 ? undefined : Math.min(...waiting.map(({ at }) => at))),
    now,
    sweep: () => invocation('sweep', 0, () => runSchedule(functions, {}, context)),
    /** Sizes of what is in the bucket that the stream delivers to. */
    delivered: () => [...buckets.objects].flatMap(([key, { length }]) => (key.startsWith('/lake/') ? [length] : [])),
    async close() {
      client.destroy();
      sqs.destroy();
      await Promise.all([dynamo.stop(), buckets.close(), queues.close()]);
    },
  };
}

/** What goes wrong would be counted as if it belonged there. */
const ALARMED: Log = {
  debug() {},
  info() {},
  warn: (fields, sentence) => console.warn(sentence, fields),
  error(fields, sentence) {
    throw new Error(sentence, { cause: 'err' in fields ? fields.err : fields });
  },
};

export const NONE: Requests = {
  ...{ gateway: 0, invocations: 0, gbSeconds: 0, dynamo: 0, writeUnits: 0, readUnits: 0, s3Puts: 0, s3Gets: 0, sqs: 0 },
};

export const added = (one: Requests, other: Requests): Requests => combined(one, other, (a, b) => a + b);

function combined(one: Requests, other: Requests, of: (a: number, b: number) => number): Requests {
  const names = Object.keys(one) as (keyof Requests)[]; // of an object that has no others
  const numbers = names.map((name) => [name, of(one[name], other[name])]);
  return Object.fromEntries(numbers) as Requests; // of the same
}
