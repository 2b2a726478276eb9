import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedJson } from '../../src/host/sealed-json.ts';
import { awsClients } from '../../src/lambda/aws/clients.ts';
import { dynamoRows } from '../../src/lambda/aws/dynamo-rows.ts';
import { dynamoStreams } from '../../src/lambda/aws/dynamo-streams.ts';
import { sqsWakes } from '../../src/lambda/aws/sqs-wakes.ts';
import { stagedBucket } from '../../src/lambda/aws/staged-bucket.ts';
import { TABLES } from '../../src/lambda/aws/tables.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import type { Rows, StagedObjects } from '../../src/lambda/services.ts';
import { describeBuffer } from '../kit/buffer.ts';
import { type EmulatedDynamo, emulatedDynamo } from '../lambda/aws/emulated-dynamo.ts';
import { describeRows } from '../lambda/aws/rows-contract.ts';
import { describeStaged } from '../lambda/aws/staged-contract.ts';
import { describeStreams } from '../lambda/aws/streams-contract.ts';
import { type AwsServer, dynamoDb, elasticMq } from './aws-servers.ts';
import { ACCESS_KEY, moto, radosgw, running, type S3Server, SECRET_KEY } from './s3-servers.ts';
import { itWith } from './tools.ts';

const region = 'us-east-1';
process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;

/** The tests where the server is to be had; its name where it is not. */
function describeServer({ name, tools }: Pick<AwsServer, 'name' | 'tools'>, tests: () => void): void {
  if (tools.every(({ found }) => found)) describe(name, tests);
  else itWith(tools, `${name} is a service of the functions`, async () => {});
}

describeServer(dynamoDb, () => {
  let server: Awaited<ReturnType<AwsServer['start']>>;
  let emulated: EmulatedDynamo;
  beforeAll(async () => {
    server = await dynamoDb.start();
    emulated = await emulatedDynamo(server.endpoint);
  });
  afterAll(() => server.stop());

  const client = async () => emulated.dynamo;
  const freshRows = async () => dynamoRows({ client, table: await emulated.makeTable('buffer') });

  describeRows({ name: dynamoDb.name, open: freshRows });

  describeStreams({
    name: dynamoDb.name,
    open: async () => {
      const table = await emulated.makeTable('streams');
      const sealed = sealedJson(randomBytes(32));
      return () => dynamoStreams({ client, table, json: async () => sealed });
    },
  });

  it('removes rows by the attribute that tombstones have', async () => {
    const TableName = await emulated.makeTable('buffer');

    await emulated.dynamo.updateTimeToLive({
      TableName,
      TimeToLiveSpecification: TABLES.buffer.TimeToLiveSpecification,
    });

    const { TimeToLiveDescription } = await emulated.dynamo.describeTimeToLive({ TableName });
    expect(TimeToLiveDescription).toMatchObject({ AttributeName: 'expiresAt' });
  });

  for (const s3 of [moto, radosgw, ...running]) {
    describeServer({ name: s3.name, tools: [s3.tool] }, () => describeWithBucket(s3, freshRows));
  }
});

function describeWithBucket(s3: S3Server, freshRows: () => Promise<Rows>): void {
  let server: Awaited<ReturnType<S3Server['start']>>;
  let made = 0;
  beforeAll(async () => {
    server = await s3.start();
  });
  afterAll(() => server.stop());

  async function freshObjects(): Promise<StagedObjects> {
    const client = awsClients({ region, endpoint: server.endpoint }).s3;
    const bucket = `staging-${randomUUID()}`;
    await (await client()).createBucket({ Bucket: bucket });
    return stagedBucket({ client, bucket });
  }

  describeStaged({ name: s3.name, open: freshObjects, many: 1_100 });

  it('a bucket that is not there is no object that is not there', async () => {
    const objects = stagedBucket({ client: awsClients({ region, endpoint: server.endpoint }).s3, bucket: 'none' });

    await expect(objects.get('records/a')).rejects.toMatchObject({ code: 'S3.NoSuchBucket', retryable: true });
    await expect(objects.put('records/a', Buffer.from('a'))).rejects.toMatchObject({ code: 'S3.NoSuchBucket' });
  });

  let stores: { readonly rows: Rows; readonly objects: StagedObjects };
  const bufferOver = () =>
    sharedBuffer({ ...stores, now: () => 5_000, newId: () => `id-${++made}`, leaseUntil: () => 6_000 });

  describeBuffer({
    name: `${dynamoDb.name} and ${s3.name}`,
    open: async () => {
      stores = { rows: await freshRows(), objects: await freshObjects() };
      return bufferOver();
    },
    reopen: async () => bufferOver(),
  });
}

describeServer(elasticMq, () => {
  let server: Awaited<ReturnType<AwsServer['start']>>;
  beforeAll(async () => {
    server = await elasticMq.start();
  });
  afterAll(() => server.stop());

  it('gives wake-ups to who asks for them, each when it is time', async () => {
    const client = awsClients({ region, endpoint: server.endpoint }).sqs;
    const sqs = await client();
    const made = async (name: string) =>
      (await sqs.createQueue({ QueueName: `${name}-${randomUUID()}` })).QueueUrl ?? '';
    const queues = { process: await made('process'), deliver: await made('deliver') };
    const start = Date.now();
    const soon = Array.from({ length: 25 }, (_, i) => ({ wake: { lane: `s/deliver/${i}` }, at: start }));
    const later = { wake: { lane: 's/deliver/later\uffff' }, at: start + 1_500 };
    const deliver = { wake: { batch: 'b1', streamId: 's', stage: 'deliver' as const }, at: start - 1_000 };

    await sqsWakes({ client, queues, now: Date.now }).send([later, ...soon, deliver]);

    const found: unknown[] = [];
    while (found.length < soon.length + 1) {
      const wanted = { QueueUrl: queues.process, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, VisibilityTimeout: 600 };
      const { Messages = [] } = await sqs.receiveMessage(wanted);
      found.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)));
    }
    expect(Date.now()).toBeGreaterThanOrEqual(later.at);
    expect(found).toEqual(expect.arrayContaining(soon.map(({ wake }) => wake)));
    expect(found.at(-1)).toEqual(later.wake);
    const { Messages } = await sqs.receiveMessage({ QueueUrl: queues.deliver, WaitTimeSeconds: 5 });
    expect(Messages?.map(({ Body = '' }) => JSON.parse(Body))).toEqual([deliver.wake]);
  });
});
