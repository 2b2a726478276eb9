import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { gate, openGate } from '../api/authentication/gate.ts';
import type { ApiContext, ApiRequest, ApiResponse, Gate } from '../api/context.ts';
import { api } from '../api/handler.ts';
import type { Usage } from '../core/buffer.ts';
import { drain } from '../core/drain.ts';
import { ApiError } from '../core/errors.ts';
import { ingest, sourceIngest } from '../core/ingest.ts';
import type { StreamDefinition } from '../core/streams.ts';
import { alarmOf } from '../host/alarm.ts';
import { openSearchClusters } from '../host/clusters.ts';
import { encryptionKeys } from '../host/encryption-keys.ts';
import type { FunctionLine } from '../host/functions/function-ports.ts';
import { jqWorker } from '../host/jq-worker.ts';
import { drainReporter } from '../host/reports.ts';
import { s3Reader } from '../objects/s3-reader.ts';
import { processors } from '../processors/index.ts';
import { nodeDisk } from './disk.ts';
import { fileStreams } from './file-streams.ts';
import { functions } from './functions/functions.ts';
import { hostAdapters } from './host-adapters.ts';
import { hostSources } from './host-sources.ts';
import type { HydrantOptions } from './hydrant-options.ts';
import { knownClusters } from './kafka/known-clusters.ts';
import { allKeys } from './keys/all-keys.ts';
import { keyFiles } from './keys/key-files.ts';
import type { DamageCount } from './log/report.ts';
import { openBuffer } from './open-buffer.ts';
import { fetchedText } from './sources/fetched-text.ts';
import { otherSources } from './sources/other-sources.ts';
import { sourceReporter } from './sources/source-events.ts';
import type { SourceStatus } from './sources/stream-sources.ts';
import type { QueueStatus } from './sqs/queue-reader.ts';
import { type Flushed, timers } from './timers.ts';

export interface Hydrant {
  /** The Firehose API, without a network. Where there are keys, a request must be signed with one. */
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** The same for the program's own requests, which nobody has to sign. */
  handleOwn(request: ApiRequest): Promise<ApiResponse>;
  /** Finds out who has sent a request that is not of the Firehose API. */
  readonly gate: Gate;
  /** Takes what a Firehose, or another Hydrant, delivers to an HTTP endpoint: `POST /http-delivery/<stream>`. */
  httpDelivery(request: ApiRequest): Promise<ApiResponse>;
  /** Takes what SNS delivers: `POST /sns/<stream>`. */
  sns(request: ApiRequest): Promise<ApiResponse>;
  /** Begins to read the queues of `sources`; called once, when the streams that they feed are there. */
  readQueues(): void;
  /**
   * Delivers now what is buffered for the stream, or for all; resolves when every batch has had an attempt. Throws
   * `ApiError` for an unknown name.
   */
  flush(streamName?: string): Promise<Flushed>;
  readonly streams: { list(): Promise<readonly StreamDefinition[]> };
  /** How streams are fed that have a source of their own, or a queue. */
  sources(): readonly (SourceStatus | QueueStatus)[];
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

/** AWS's quota in its largest regions. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const STREAM_QUOTA = 5_000;
const CLOSE_GRACE_MS = 5_000;

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
  const kafka = await knownClusters(options.kafka ?? {});
  const disk = nodeDisk();
  await disk.makeFolder(dataFolder);
  const calls = await functions({
    modules: options.functions ?? {},
    ...(options.lambda && { api: options.lambda }),
    // What is sent to Lambda is signed by the time it is there.
    ...{ now: Date.now, alarm: alarmOf(Date.now), newInvocationId: randomUUID, log: functionLog(logger) },
  });
  const buffer = await openBuffer(disk, options).catch(async (error: unknown) => {
    await calls.close();
    throw error;
  });
  const streams = await fileStreams({ folder: join(dataFolder, 'streams'), disk });
  const host = await hostAdapters(options, { clusters, objectKeys, now, alarm });
  const jq = jqWorker();
  const logEvent = drainReporter(logger);
  const wakes = timers({
    buffer,
    now,
    alarm,
    concurrency: { total: 16, perStream: 4, ...options.deliveries },
    fault: (error) => logger.error({ err: error }, 'The buffer failed while draining; the work will be tried again.'),
    drain: drain({
      startedAt: now(),
      buffer,
      room: buffer,
      streams,
      adapters: host.adapters,
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
  const fromSources = sourceIngest({ buffer, room: buffer, grew: wakes.grew, now });
  const sources = hostSources(options.kinesis, {
    ...{ clusters: kafka, streams, now, alarm, cursor: buffer.cursor },
    ingest: fromSources,
    keep: async (name, value) => void (await buffer.commit({ cursor: { name, value } })),
    ...{ random: Math.random, report: sourceReporter(logger) },
  });
  const take = ingest({ buffer, room: buffer, grew: wakes.grew });
  const context: Omit<ApiContext, 'gate'> = {
    streams,
    ingest: take,
    changed(stream) {
      wakes.changed(stream.id);
      sources.changed(stream);
    },
    async discard({ id, name }) {
      await sources.forget(id);
      others.forget(id);
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
      ...host.settings,
      streamQuota: STREAM_QUOTA,
    },
    warn: (message, fields) => logger.warn(fields, message),
  };
  const keys = allKeys(options.keys ?? [], keyFiles({ dataFolder, disk, now }));
  const signed = gate({ keys, ...context });
  const others = otherSources(options.sources ?? {}, {
    ...{ context, isKeyRequired: keys.isRequired, ingest: take, cursor: buffer.cursor },
    ...{ expectRoom: fromSources.expectRoom, fetched: fetchedText, read: s3Reader(options.s3 ?? { region }) },
    ...{ alarm, random: Math.random, log: logger },
  });
  wakes.start();
  await sources.start();

  return {
    handle: api({ ...context, gate: signed }),
    handleOwn: api({ ...context, gate: openGate(context.settings) }),
    gate: signed,
    httpDelivery: others.httpDelivery,
    sns: others.sns,
    readQueues: others.readQueues,
    streams,
    async flush(streamName) {
      if (streamName === undefined) return wakes.flush();
      const stream = await streams.get(streamName);
      if (stream !== undefined) return wakes.flush(stream.id);
      throw new ApiError('ResourceNotFoundException', `Firehose ${streamName} under account ${accountId} not found.`);
    },
    sources: () => [...sources.status(), ...others.status()],
    isReady: buffer.isReady,
    usage: () => buffer.usage(),
    damaged: buffer.damaged,
    async close(graceMs = CLOSE_GRACE_MS) {
      await sources.stop();
      await others.stop();
      host.closeLookUps();
      await wakes.stop(graceMs);
      await host.closeThreads();
      await jq.close();
      await calls.close();
      await buffer.close();
    },
  };
}

/** What functions say on the console, with the names of the function and of the stream. */
function functionLog(logger: Logger): (line: FunctionLine) => void {
  return ({ functionName, streamName, level, text }) =>
    logger[level]({ function: functionName, ...(streamName !== undefined && { stream: streamName }) }, text);
}
