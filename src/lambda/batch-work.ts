import { randomUUID } from 'node:crypto';
import { destinations } from '../../destinations/index.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Secrets } from '../core/secrets.ts';
import { converter } from '../formats/conversion/converter.ts';
import type { Tables } from '../formats/conversion/stream-table.ts';
import type { Alarm } from '../host/alarm.ts';
import { openSearchClusters } from '../host/clusters.ts';
import { lambdaApi } from '../host/functions/lambda-api.ts';
import { jqWorker } from '../host/jq-worker.ts';
import type { Log } from '../host/log.ts';
import { folderObjects } from '../objects/folder.ts';
import { s3Objects } from '../objects/s3.ts';
import { processors } from '../processors/index.ts';
import { lambdaTransform } from '../processors/lambda/lambda-transform.ts';
import type { Transform } from '../processors/lambda/transform.ts';
import type { BatchWork } from './host.ts';
import type { LambdaSettings } from './settings.ts';

export interface BatchWorkPorts {
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly log: Log;
  readonly secrets: Secrets;
  /** Schemas that records are converted to. */
  readonly tables: Tables;
}

/**
 * Everything that batches are processed and delivered with in a container: AWS's services, called with the function's
 * own credentials. Conversion runs right here, for a function has no others to keep waiting.
 */
export async function batchWork(settings: LambdaSettings, ports: BatchWorkPorts): Promise<BatchWork> {
  const { now, secrets, tables } = ports;
  const objects = await objectsOf(settings);
  const clusters = await openSearchClusters({ known: {}, region: settings.region, now });
  const adapters = destinations({
    ...{ now, clusters, objects, tables, converter, secrets },
    own: {},
    encryptionKeys: () => undefined,
  });
  return { adapters, processing: processors({ extract: jqWorker().extract, transform: functions(settings, ports) }) };
}

async function objectsOf({ bucketsFolder, region, endpoints }: LambdaSettings): Promise<ObjectStore> {
  return bucketsFolder === undefined
    ? s3Objects({ region, ...endpoints.S3 })
    : folderObjects({ folder: bucketsFolder, isShared: true });
}

/** One call of the function an attempt: it is the attempt that is made again, by another invocation. */
function functions({ endpoints }: LambdaSettings, { now, alarm, log }: BatchWorkPorts): Transform {
  const newInvocationId = randomUUID;
  const api = lambdaApi(endpoints.LAMBDA, {
    ...{ now, alarm, newInvocationId },
    log: ({ level, text, ...fields }) => log[level](fields, text),
  });
  return (batch, stop) => {
    const { functionArn, stream } = batch;
    return lambdaTransform({
      newInvocationId,
      invoke: (payload, signal) => api.invoke(payload, { functionArn, streamName: stream.name, signal }),
    })(batch, stop);
  };
}
