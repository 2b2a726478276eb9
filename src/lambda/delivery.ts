import { randomUUID } from 'node:crypto';
import { destinations } from '../../destinations/index.ts';
import type { ApiSettings } from '../api/context.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Processing } from '../core/processing.ts';
import type { Adapters } from '../core/route.ts';
import type { Secrets } from '../core/secrets.ts';
import { converter } from '../formats/conversion/converter.ts';
import type { Alarm } from '../host/alarm.ts';
import { openSearchClusters } from '../host/clusters.ts';
import { refusalOfUrl } from '../host/endpoint-url.ts';
import { lambdaApi } from '../host/functions/lambda-api.ts';
import { hostTables } from '../host/glue/host-tables.ts';
import { jqWorker } from '../host/jq-worker.ts';
import type { Log } from '../host/log.ts';
import { folderObjects } from '../objects/folder.ts';
import { s3Objects } from '../objects/s3.ts';
import { processors } from '../processors/index.ts';
import { lambdaTransform } from '../processors/lambda/lambda-transform.ts';
import type { Transform } from '../processors/lambda/transform.ts';
import type { LambdaSettings } from './settings.ts';

export interface DeliveryPorts {
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly log: Log;
  readonly secrets: Secrets;
}

export interface DeliveryParts {
  readonly adapters: Adapters;
  readonly processing: Processing;
  readonly api: ApiSettings;
}

/** AWS's quota in its largest regions. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const STREAM_QUOTA = 5_000;

/**
 * Everything that batches are processed and delivered with in a container: AWS's services, called with the function's
 * own credentials. Conversion runs right here, for a function has no others to keep waiting.
 */
export async function deliveryParts(settings: LambdaSettings, ports: DeliveryPorts): Promise<DeliveryParts> {
  const { endpoints, region, accountId } = settings;
  const { now, alarm, secrets } = ports;
  const objects = await objectsOf(settings);
  const { tables } = hostTables({ own: {}, glue: endpoints.GLUE, now, alarm });
  const clusters = await openSearchClusters({ known: {}, region, now });
  const adapters = destinations({
    ...{ now, clusters, objects, tables, converter, secrets },
    own: {},
    encryptionKeys: () => undefined,
  });
  return {
    adapters,
    processing: processors({ extract: jqWorker().extract, transform: functions(settings, ports) }),
    api: {
      ...{ accountId, tables, defaultRegion: region, streamQuota: STREAM_QUOTA },
      transitionMs: 0,
      strictDestinations: false,
      hasAdapter: (kind) => kind === 'ExtendedS3' || adapters.others.has(kind),
      encryptedBy: () => (objects.encryptsWithKms ? 'the store' : undefined),
      refusesUrl: (url) => refusalByFunctions(url, settings),
    },
  };
}

/**
 * There are no destinations of the user's own, and no receiver in the same machine: what listens there in Lambda is the
 * runtime, by which a request could end the function.
 */
function refusalByFunctions(url: URL, { isInLambda }: LambdaSettings): string | undefined {
  const isKnown = refusalOfUrl(url, { plainHttp: false, own: [] }) === undefined;
  if (isKnown && (url.protocol === 'https:' || !isInLambda)) return undefined;
  return `Functions send records to https:// URLs alone, not to ${url.protocol}//${url.host}.`;
}

async function objectsOf({ bucketsFolder, region, endpoints }: LambdaSettings): Promise<ObjectStore> {
  return bucketsFolder === undefined
    ? s3Objects({ region, ...endpoints.S3 })
    : folderObjects({ folder: bucketsFolder, isShared: true });
}

/** One call of the function an attempt: it is the attempt that is made again, by another invocation. */
function functions({ endpoints }: LambdaSettings, { now, alarm, log }: DeliveryPorts): Transform {
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
