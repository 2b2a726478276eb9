import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Serverless } from '../framework.ts';
import { banner } from './banner.ts';
import { endpointOf, givenOr } from './emulator.ts';
import { invoker } from './invoke.ts';
import { pollQueues } from './poller.ts';
import { createQueues, startQueues } from './queues.ts';
import type { OfflineSettings } from './settings.ts';
import { createTables, startTables } from './tables.ts';

export interface Offline {
  /** To be called once the functions can be invoked. */
  ready(): Promise<void>;
  /** Ends the wake-ups under way and closes what holds the state, which is whole after a crash as well. */
  stop(): Promise<void>;
}

const ACCOUNT = '000000000000';

/**
 * What the functions of serverless.yml use in AWS, on this machine: DynamoDB and SQS from npm, with the tables and
 * queues that the template declares, and buckets as folders; unless AWS_ENDPOINT_URL_DYNAMODB, _SQS or _S3 say where
 * there are others. Queues are in memory, which loses nothing: the sweep is told so at the start, and finds what their
 * messages were about.
 */
export async function startOffline(service: Serverless['service'], settings: OfflineSettings): Promise<Offline> {
  const { resources, provider } = service;
  const { endpoint, lambdaEndpoint, state, takesUnsigned } = settings;
  const functions = Object.values(service.functions);
  const buckets = join(state, 'buckets');
  await mkdir(buckets, { recursive: true });
  const { region } = provider;
  // Its clients say so each time that one is loaded, which every function does.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const tables = await givenOr('DYNAMODB', () => startTables(join(state, 'tables')));
  const messages = await givenOr('SQS', () => startQueues(ACCOUNT, region));
  await createTables(resources.Resources, tables.endpoint, region);
  const queues = await createQueues(resources.Resources, messages.endpoint, region);
  const dataKey = process.env.HYDRANT_DATA_KEY ?? `file:${join(state, 'data.key')}`;

  for (const each of functions) {
    each.environment = {
      HYDRANT_ACCOUNT_ID: ACCOUNT,
      HYDRANT_BUFFER_TABLE: 'BufferTable',
      HYDRANT_STREAMS_TABLE: 'StreamsTable',
      HYDRANT_KEYS_TABLE: 'KeysTable',
      HYDRANT_DATA_KEY: dataKey,
      HYDRANT_STAGING_BUCKET: 'hydrant-staging',
      HYDRANT_PROCESS_QUEUE_URL: queues.get('ProcessQueue')?.url ?? '',
      HYDRANT_DELIVER_QUEUE_URL: queues.get('DeliverQueue')?.url ?? '',
      // The emulators ask nobody who they are; that each function has a name of its own shows who has called them.
      ...(process.env.AWS_ACCESS_KEY_ID === undefined && {
        AWS_ACCESS_KEY_ID: each.name,
        AWS_SECRET_ACCESS_KEY: 'any',
      }),
      ...(endpointOf('S3') === undefined && { HYDRANT_BUCKETS_FOLDER: buckets }),
      AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
      AWS_ENDPOINT_URL_SQS: messages.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: endpointOf('LAMBDA') ?? lambdaEndpoint,
      ...(takesUnsigned && { HYDRANT_UNSIGNED: 'allow' }),
      ...each.environment,
    };
  }

  const invoke = invoker(lambdaEndpoint);
  const polling = pollQueues({ functions, endpoint: messages.endpoint, queues, invoke, region });
  return {
    async ready() {
      polling.start();
      const sweep = service.functions.sweep?.name;
      if (sweep !== undefined) await invoke(sweep, { lost: 'all' });
      console.log(banner({ endpoint, region, buckets, takesUnsigned, keys: { endpoint: tables.endpoint, dataKey } }));
    },
    async stop() {
      await polling.stop();
      await messages.close();
      await tables.close();
    },
  };
}
