import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { CustomDestination } from '../../destinations/custom.ts';
import { destinations } from '../../destinations/index.ts';
import { gate, openGate } from '../api/authentication/gate.ts';
import type { AccessKey } from '../api/authentication/keys.ts';
import type { ApiContext, ApiRequest, ApiResponse, Gate } from '../api/context.ts';
import { api } from '../api/handler.ts';
import type { Usage } from '../core/buffer.ts';
import { drain } from '../core/drain.ts';
import { ApiError } from '../core/errors.ts';
import type { DrainEvent } from '../core/events.ts';
import { ingest, sourceIngest } from '../core/ingest.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Adapters } from '../core/route.ts';
import type { StreamDefinition } from '../core/streams.ts';
import type { TableSchema } from '../formats/conversion/converter.ts';
import { folderObjects } from '../objects/folder.ts';
import { type S3Settings, s3Objects } from '../objects/s3.ts';
import { processors } from '../processors/index.ts';
import type { Alarm } from './attempts.ts';
import { type KnownClusters, openSearchClusters } from './clusters.ts';
import { conversionThreads } from './conversion/threads.ts';
import { nodeDisk } from './disk.ts';
import { encryptionKeys, type KeyHolding } from './encryption-keys.ts';
import { refusalOfUrl } from './endpoint-url.ts';
import { fileStreams } from './file-streams.ts';
import { functions } from './functions/functions.ts';
import type { LambdaApiSettings } from './functions/lambda-api.ts';
import type { FunctionLine, LocalModule } from './functions/local-function.ts';
import type { GlueSettings } from './glue/glue-api.ts';
import { hostTables } from './glue/host-tables.ts';
import { heldSecrets } from './held-secrets.ts';
import { jqWorker } from './jq-worker.ts';
import { allKeys } from './keys/all-keys.ts';
import { keyFiles } from './keys/key-files.ts';
import { kinesisApi } from './kinesis/kinesis-api.ts';
import { type KinesisSettings, kinesisClient } from './kinesis/kinesis-client.ts';
import { kinesisSources } from './kinesis/kinesis-sources.ts';
import { sourceReporter } from './kinesis/source-events.ts';
import type { SourceStatus } from './kinesis/stream-reader.ts';
import { logBytes } from './log/footprint.ts';
import { openLog } from './log/log.ts';
import type { DamageCount } from './log/report.ts';
import { drainReporter } from './reports.ts';
import type { SecretReference } from './secret-reference.ts';
import { type Flushed, timers } from './timers.ts';

export interface HydrantOptions {
  /**
   * Holds the buffer (`log`), the stream definitions (`streams`) and, unless `s3` is given, the buckets (`buckets`).
   * Made when missing; one process at a time.
   */
  readonly dataFolder: string;
  /** Objects go to S3 or a store that speaks it, instead of a folder per bucket. */
  readonly s3?: S3Settings;
  /** How many bytes the buffer may take on disk. Default: 10 GiB, or half of what is free if that is less. */
  readonly bufferBudgetBytes?: number;
  /**
   * `always` (default): a put is answered when its bytes are on the disk. `interval`: when the system has them; a power
   * cut may lose the last second's puts, `kill -9` nothing.
   */
  readonly fsync?: 'always' | 'interval';
  /** Twelve digits; in ARNs and error messages. Default 000000000000. */
  readonly accountId?: string;
  /** For streams whose creator's signature names no region. Default us-east-1. */
  readonly region?: string;
  /** How long streams stay CREATING and DELETING, in ms. Default 0: at once. */
  readonly transitionMs?: number;
  /** Refuse to create streams whose destination has no adapter, instead of sending their records to the S3 backup. */
  readonly strictDestinations?: boolean;
  /** Send to HTTP endpoints on other machines without encryption, where a stream's URL is http. Default false. */
  readonly plainHttp?: boolean;
  /** Modules that run here in place of Lambda functions, by the functions' names. */
  readonly functions?: Readonly<Record<string, LocalModule>>;
  /** Invokes all other functions through Lambda's API. Without it their streams' records go to the error output. */
  readonly lambda?: LambdaApiSettings;
  /** Feeds streams whose source is a Kinesis stream. Without it they are not fed. */
  readonly kinesis?: KinesisSettings;
  /** Destinations of your own, by the scheme of the URLs that name them: `loki` for `loki://…`. */
  readonly destinations?: Readonly<Record<string, CustomDestination>>;
  /** Where secrets are that streams name by their ARN in AWS Secrets Manager. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** How OpenSearch clusters are reached that need more than their endpoint: by its origin. */
  readonly opensearch?: KnownClusters;
  /**
   * Keys that objects are encrypted under before they leave, by the KMS key ARN that streams name. Objects under any
   * other key are for the store to encrypt.
   */
  readonly encryptionKeys?: Readonly<Record<string, KeyHolding>>;
  /** Schemas of tables that records can be converted to, by `<database>.<table>`, as Glue has them in AWS. */
  readonly tables?: Readonly<Record<string, TableSchema>>;
  /** Where all other tables come from; without it there are no others. */
  readonly glue?: GlueSettings;
  /**
   * Keys that requests may be signed with, beside those that `hydrant keys create` has given out. Without any of
   * either, nothing checks who calls.
   */
  readonly keys?: readonly AccessKey[];
  /** Delivery attempts that may run at once. Default 16. */
  readonly deliveryConcurrency?: number;
  /** Takes the objects of every stream, instead of folders or S3. */
  readonly objects?: ObjectStore;
  /** Gives what is to deliver in place of this version's own adapters, which it is handed. */
  readonly adapt?: (own: Adapters) => Adapters;
  /** Told what becomes of batches, beside the log. */
  readonly report?: (event: DrainEvent) => void;
  /** Ms since the epoch; the system's clock unless given. A clock that stands still lets no interval end. */
  readonly now?: () => number;
  readonly logger: Logger;
}

export interface Hydrant {
  /** The Firehose API, without a network. Where there are keys, a request must be signed with one. */
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** The same for the program's own requests, which nobody has to sign. */
  handleOwn(request: ApiRequest): Promise<ApiResponse>;
  /** Finds out who has sent a request that is not of the Firehose API. */
  readonly gate: Gate;
  /**
   * Delivers now what is buffered for the stream, or for all; resolves when every batch has had an attempt. Throws
   * `ApiError` for an unknown name.
   */
  flush(streamName?: string): Promise<Flushed>;
  readonly streams: { list(): Promise<readonly StreamDefinition[]> };
  /** How the streams that have a source of their own are fed. */
  sources(): readonly SourceStatus[];
  /** Whether puts can be taken now. */
  isReady(): boolean;
  usage(): Usage;
  /** What the disk has damaged of the buffer, as far as it was found since the start; the bytes are in quarantine. */
  damaged(): DamageCount;
  /**
   * Ends deliveries under way (at most `graceMs`) and closes the buffer. What is not delivered stays buffered for the
   * next start.
   */
  close(graceMs?: number): Promise<void>;
}

const GIB = 1024 ** 3;
const DEFAULT_BUDGET_BYTES = 10 * GIB;
/** AWS's quota in its largest regions. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const STREAM_QUOTA = 5_000;
const CLOSE_GRACE_MS = 5_000;
/** setTimeout's own limit. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The whole service on one machine, short of a network: opens what the data folder holds, and goes on delivering it.
 */
export async function createHydrant(options: HydrantOptions): Promise<Hydrant> {
  const { dataFolder, logger, accountId = '000000000000' } = options;
  const now = options.now ?? Date.now;
  const alarm = alarmOf(now);
  const region = options.region ?? 'us-east-1';
  const clusters = await openSearchClusters({ known: options.opensearch ?? {}, region, now });
  const objectKeys = await encryptionKeys(options.encryptionKeys ?? {});
  const disk = nodeDisk();
  await disk.makeFolder(dataFolder);
  const logFolder = join(dataFolder, 'log');
  // What the log holds already is its own: a restart with a backlog must not find a smaller budget.
  const roomBytes = async () => {
    // Under a second process files come and go; that it is one is for the log to say.
    const held = await logBytes(disk, logFolder).catch(() => 0);
    return (await disk.freeBytes(dataFolder)) + held;
  };
  const calls = await functions({
    modules: options.functions ?? {},
    ...(options.lambda && { api: options.lambda }),
    // What is sent to Lambda is signed by the time it is there.
    ...{ now: Date.now, alarm: alarmOf(Date.now), newInvocationId: randomUUID, log: functionLog(logger) },
  });
  const own = options.destinations ?? {};
  const log = openLog({
    folder: logFolder,
    disk,
    budgetBytes: options.bufferBudgetBytes ?? Math.min(DEFAULT_BUDGET_BYTES, (await roomBytes()) / 2),
    fsync: options.fsync ?? 'always',
    warn: (message, fields) => logger.warn(fields, message),
  });
  const buffer = await log.catch(async (error: unknown) => {
    await calls.close();
    throw error;
  });
  const streams = await fileStreams({ folder: join(dataFolder, 'streams'), disk });
  const objects = options.objects ?? (await objectsOf(options));
  const schemas = hostTables({ own: options.tables ?? {}, ...(options.glue && { glue: options.glue }), now, alarm });
  const conversions = conversionThreads();
  const { adapt = (own) => own } = options;
  const ownAdapters = destinations({
    now,
    own,
    secrets: heldSecrets(options.secrets ?? {}),
    clusters,
    objects,
    tables: schemas.tables,
    converter: conversions.converter,
    encryptionKeys: objectKeys,
  });
  const adapters = adapt(ownAdapters);
  const jq = jqWorker();
  const logEvent = drainReporter(logger);
  const wakes = timers({
    buffer,
    now,
    alarm,
    concurrency: options.deliveryConcurrency ?? 16,
    fault: (error) => logger.error({ err: error }, 'The buffer failed while draining; the work will be tried again.'),
    drain: drain({
      startedAt: now(),
      buffer,
      room: buffer,
      streams,
      adapters,
      processing: processors({ extract: jq.extract, transform: calls.transform }),
      now,
      newBatchId: randomUUID,
      random: Math.random,
      report(event) {
        logEvent(event);
        options.report?.(event);
      },
    }),
  });
  const kinesis = options.kinesis && kinesisClient(options.kinesis, { now, alarm });
  const sources = kinesisSources({
    api: kinesis && kinesisApi(kinesis, options.kinesis ?? {}),
    ingest: sourceIngest({ buffer, room: buffer, grew: wakes.grew, now }),
    streams,
    cursor: buffer.cursor,
    forget: async (cursor) => void (await buffer.commit({ cursor: { name: cursor, value: undefined } })),
    ...{ now, alarm, random: Math.random, report: sourceReporter(logger) },
  });
  const context: Omit<ApiContext, 'gate'> = {
    streams,
    ingest: ingest({ buffer, room: buffer, grew: wakes.grew }),
    changed(stream) {
      wakes.changed(stream.id);
      sources.changed(stream);
    },
    async discard({ id, name }) {
      await sources.forget(id);
      const bytes = buffer.heldBytes(id);
      if (bytes > 0)
        logger.warn({ stream: name, bytes }, `Stream ${name} is deleted: ${bytes} buffered bytes are discarded.`);
      wakes.forget(id);
      await buffer.commit({ discard: id });
    },
    now,
    newStreamId: () => randomBytes(8).toString('hex'),
    newRequestId: randomUUID,
    settings: {
      accountId,
      defaultRegion: region,
      transitionMs: options.transitionMs ?? 0,
      strictDestinations: options.strictDestinations ?? false,
      hasAdapter: (kind) => kind === 'ExtendedS3' || adapters.others.has(kind),
      encryptedBy(kmsKeyArn) {
        if (objectKeys(kmsKeyArn) !== undefined) return 'Hydrant';
        return objects.encryptsWithKms ? 'the store' : undefined;
      },
      refusesUrl: (url) => refusalOfUrl(url, { plainHttp: options.plainHttp ?? false, own: Object.keys(own) }),
      tables: schemas.tables,
      streamQuota: STREAM_QUOTA,
    },
    warn: (message, fields) => logger.warn(fields, message),
  };
  const keys = allKeys(options.keys ?? [], keyFiles({ dataFolder, disk, now }));
  const signed = gate({ keys, ...context });
  wakes.start();
  await sources.start();

  return {
    handle: api({ ...context, gate: signed }),
    handleOwn: api({ ...context, gate: openGate(context.settings) }),
    gate: signed,
    streams,
    async flush(streamName) {
      if (streamName === undefined) return wakes.flush();
      const stream = await streams.get(streamName);
      if (stream !== undefined) return wakes.flush(stream.id);
      throw new ApiError('ResourceNotFoundException', `Firehose ${streamName} under account ${accountId} not found.`);
    },
    sources: sources.status,
    isReady: buffer.isReady,
    usage: () => buffer.usage(),
    damaged: buffer.damaged,
    async close(graceMs = CLOSE_GRACE_MS) {
      await sources.stop();
      kinesis?.close();
      // Before the attempts end: one may wait for a table.
      schemas.close();
      await wakes.stop(graceMs);
      await conversions.close();
      await jq.close();
      await calls.close();
      await buffer.close();
    },
  };
}

async function objectsOf({ s3, dataFolder }: HydrantOptions): Promise<ObjectStore> {
  return s3 ? s3Objects(s3) : folderObjects({ folder: join(dataFolder, 'buckets') });
}

/** What functions say on the console, with the names of the function and of the stream. */
function functionLog(logger: Logger): (line: FunctionLine) => void {
  return ({ functionName, streamName, level, text }) =>
    logger[level]({ function: functionName, ...(streamName !== undefined && { stream: streamName }) }, text);
}

function alarmOf(now: () => number): Alarm {
  return (at, ring) => {
    const timer = setTimeout(ring, Math.min(Math.max(at - now(), 0), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  };
}
