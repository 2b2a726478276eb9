import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Serverless } from '../framework.ts';
import { banner } from './banner.ts';
import { invoker } from './invoke.ts';
import { pollQueues } from './poller.ts';
import { startQueues } from './queues.ts';
import type { OfflineSettings } from './settings.ts';
import { startTables } from './tables.ts';

export interface Offline {
  /** To be called once the functions can be invoked. */
  ready(): void;
  /** Ends the wake-ups under way and closes what holds the state, which is whole after a crash as well. */
  stop(): Promise<void>;
}

const ACCOUNT = '000000000000';

/**
 * What the functions of serverless.yml use in AWS, on this machine: DynamoDB and SQS from npm, with the tables and
 * queues that the template declares, and buckets as folders unless AWS_ENDPOINT_URL_S3 says where there are others.
 * Queues are in memory, which loses nothing: the sweep finds what their messages were about.
 */
export async function startOffline(service: Serverless['service'], settings: OfflineSettings): Promise<Offline> {
  const { resources, provider } = service;
  const { endpoint, lambdaEndpoint, state, takesUnsigned } = settings;
  const functions = Object.values(service.functions);
  const buckets = join(state, 'buckets');
  await mkdir(buckets, { recursive: true });
  const tables = await startTables(resources.Resources, { folder: join(state, 'tables'), region: provider.region });
  const queues = await startQueues(resources.Resources, { account: ACCOUNT, region: provider.region });

  for (const each of functions) {
    each.environment = {
      HYDRANT_ACCOUNT_ID: ACCOUNT,
      HYDRANT_BUFFER_TABLE: 'BufferTable',
      HYDRANT_STREAMS_TABLE: 'StreamsTable',
      HYDRANT_KEYS_TABLE: 'KeysTable',
      HYDRANT_STAGING_BUCKET: 'hydrant-staging',
      HYDRANT_PROCESS_QUEUE_URL: queues.urlOf('ProcessQueue'),
      HYDRANT_DELIVER_QUEUE_URL: queues.urlOf('DeliverQueue'),
      // The emulators ask nobody who they are; that each function has a name of its own shows who has called them.
      ...(process.env.AWS_ACCESS_KEY_ID === undefined && {
        AWS_ACCESS_KEY_ID: each.name,
        AWS_SECRET_ACCESS_KEY: 'any',
      }),
      ...(process.env.AWS_ENDPOINT_URL_S3 === undefined && { HYDRANT_BUCKETS_FOLDER: buckets }),
      AWS_ENDPOINT_URL_DYNAMODB: process.env.AWS_ENDPOINT_URL_DYNAMODB ?? tables.endpoint,
      AWS_ENDPOINT_URL_SQS: process.env.AWS_ENDPOINT_URL_SQS ?? queues.endpoint,
      AWS_ENDPOINT_URL_LAMBDA: process.env.AWS_ENDPOINT_URL_LAMBDA ?? lambdaEndpoint,
      ...(takesUnsigned && { HYDRANT_UNSIGNED: 'allow' }),
      ...each.environment,
    };
  }

  const invoke = invoker(lambdaEndpoint);
  const polling = pollQueues({ functions, queues, invoke, region: provider.region });
  return {
    ready() {
      polling.start();
      console.log(
        banner({ endpoint, region: provider.region, buckets, takesUnsigned, tablesEndpoint: tables.endpoint }),
      );
    },
    async stop() {
      await polling.stop();
      await queues.close();
      await tables.close();
    },
  };
}
