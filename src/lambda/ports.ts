import { join } from 'node:path';
import type { KeyStore } from '../api/authentication/keys.ts';
import type { Secrets } from '../core/secrets.ts';
import { awsClients } from './aws/clients.ts';
import { deploymentJson } from './aws/data-key.ts';
import { dynamoKeys } from './aws/dynamo-keys.ts';
import { dynamoRows } from './aws/dynamo-rows.ts';
import { dynamoStreams } from './aws/dynamo-streams.ts';
import { sqsWakes } from './aws/sqs-wakes.ts';
import { stagedBucket } from './aws/staged-bucket.ts';
import { stagedFolder } from './aws/staged-folder.ts';
import type { LambdaPorts } from './host.ts';
import type { LambdaSettings } from './settings.ts';

/**
 * The services that the functions of a deployment share, in AWS or where the settings say. The clients that every
 * function needs are loaded now: while a container starts it has more of a processor than later.
 */
export async function portsOf(
  settings: LambdaSettings,
  { now, secrets }: { readonly now: () => number; readonly secrets: Secrets },
): Promise<LambdaPorts> {
  const { tables, stagingBucket, queues, dataKey, takesUnsigned, bucketsFolder } = settings;
  const { dynamo, s3, sqs } = awsClients();
  await Promise.all([dynamo(), sqs()]);
  const json = deploymentJson({ place: dataKey, secrets });
  return {
    rows: dynamoRows({ client: dynamo, table: tables.buffer }),
    objects:
      bucketsFolder === undefined
        ? stagedBucket({ client: s3, bucket: stagingBucket })
        : stagedFolder({ folder: join(bucketsFolder, stagingBucket) }),
    wakes: sqsWakes({ client: sqs, queues, now }),
    streams: dynamoStreams({ client: dynamo, table: tables.streams, json }),
    keys: takesUnsigned ? NO_KEYS : dynamoKeys({ client: dynamo, table: tables.keys, json, now }),
  };
}

const NO_KEYS: KeyStore = { isRequired: async () => false, find: async () => undefined };
