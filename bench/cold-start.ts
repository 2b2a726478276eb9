import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { bundle } from '../deploy/bundle.ts';
import { startQueues } from '../deploy/offline/queues.ts';
import { startDynalite } from '../test/lambda/aws/emulated-dynamo.ts';
import { restEvent } from '../test/lambda/gateway-events.ts';
import type { Row } from './table.ts';

/** Of each function; the figure is the one in the middle. */
const RUNS = 5;
const REGION = 'us-east-1';

/** What a process of its own does that has just begun: prints how many ms the import and the first answer took. */
const PROGRAM = `
const [, path, event] = process.argv;
const begun = performance.now();
const { handler } = await import(path);
const imported = performance.now();
const answer = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000 });
const answered = performance.now();
if (answer?.statusCode >= 300 || answer?.batchItemFailures?.length > 0) throw new Error(JSON.stringify(answer));
console.log('\\n' + JSON.stringify([imported - begun, answered - imported]));
`;

/** How large each function's package is, and how long a new process takes until its first answer. */
export async function benchColdStart(newFolder: () => Promise<string>): Promise<Row[]> {
  const folder = await newFolder();
  const events = { api: put(), process: wake({ lane: 'counted/deliver/' }), deliver: wake(BATCH), sweep: {} };
  await bundle({ root: resolve(), into: folder, functions: Object.keys(events), runsOn: 'this machine' });
  const [dynamo, queues] = await Promise.all([startDynalite(), startQueues('000000000000', REGION)]);
  const env = await environment(dynamo, { queues: queues.endpoint, folder });
  const start = (name: string, event: object) => started(join(folder, '.lambda', name, 'index.js'), event, env);
  try {
    await start('api', request('CreateDeliveryStream', STREAM));
    const rows: Row[] = [];
    for (const [name, event] of Object.entries(events)) {
      const runs: (readonly [number, number])[] = [];
      for (let i = 0; i < RUNS; i++) runs.push(await start(name, event));
      const { plain, zipped } = await sizesOf(join(folder, '.lambda', name));
      rows.push({
        function: name,
        'zipped KB': Math.round(zipped / 1000),
        'unpacked KB': Math.round(plain / 1000),
        'import ms': Math.round(middle(runs.map(([imported]) => imported))),
        'first answer ms': Math.round(middle(runs.map(([, answered]) => answered))),
      });
    }
    return rows;
  } finally {
    await Promise.all([dynamo.stop(), queues.close()]);
  }
}

const BATCH = { batch: 'none', streamId: 'none', stage: 'deliver' };
const STREAM = {
  DeliveryStreamName: 'counted',
  ExtendedS3DestinationConfiguration: {
    RoleARN: 'arn:aws:iam::000000000000:role/any',
    BucketARN: 'arn:aws:s3:::lake',
  },
};

function request(operation: string, input: object): object {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `Firehose_20150804.${operation}`,
  };
  return restEvent({ method: 'POST', url: '/', headers, body: Buffer.from(JSON.stringify(input)) });
}

const put = (): object => request('PutRecord', { DeliveryStreamName: 'counted', Record: { Data: 'e30K' } });

/** Of something that is gone: the function looks, and is done. */
const wake = (body: object): object => ({
  Records: [{ messageId: 'one', body: JSON.stringify(body), attributes: { ApproximateReceiveCount: '1' } }],
});

type Dynamo = Awaited<ReturnType<typeof startDynalite>>;

async function environment(
  dynamo: Dynamo,
  { queues, folder }: { readonly queues: string; readonly folder: string },
): Promise<NodeJS.ProcessEnv> {
  const { SQS } = await import('@aws-sdk/client-sqs');
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const sqs = new SQS({ endpoint: queues, region: REGION, credentials });
  const urlOf = async (QueueName: string) => (await sqs.createQueue({ QueueName })).QueueUrl;
  const env = {
    ...{ AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint, AWS_ENDPOINT_URL_SQS: queues },
    HYDRANT_ACCOUNT_ID: '000000000000',
    HYDRANT_BUFFER_TABLE: await dynamo.makeTable('buffer'),
    HYDRANT_STREAMS_TABLE: await dynamo.makeTable('streams'),
    HYDRANT_KEYS_TABLE: 'none',
    HYDRANT_UNSIGNED: 'allow',
    HYDRANT_DATA_KEY: `file:${join(folder, 'data.key')}`,
    HYDRANT_STAGING_BUCKET: 'staging',
    HYDRANT_PROCESS_QUEUE_URL: await urlOf('process'),
    HYDRANT_DELIVER_QUEUE_URL: await urlOf('deliver'),
  };
  sqs.destroy();
  return { ...process.env, ...env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
}

async function started(path: string, event: object, env: NodeJS.ProcessEnv): Promise<readonly [number, number]> {
  const program = ['--input-type=module', '-e', PROGRAM, path, JSON.stringify(event)];
  const { stdout } = await promisify(execFile)(process.execPath, program, { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? ''); // as the program prints it
}

/** A package is what its files are when each is deflated, and some 100 bytes a file. */
async function sizesOf(folder: string): Promise<{ readonly plain: number; readonly zipped: number }> {
  let [plain, zipped] = [0, 0];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    plain += bytes.length;
    zipped += (await promisify(deflateRaw)(bytes)).length;
  }
  return { plain, zipped };
}

function middle(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
