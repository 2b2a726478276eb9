import { randomUUID } from 'node:crypto';
import { gate } from '../api/authentication/gate.ts';
import type { KeyStore } from '../api/authentication/keys.ts';
import type { ApiContext, ApiRequest, ApiResponse, ApiSettings } from '../api/context.ts';
import { api } from '../api/handler.ts';
import { acceptingStream } from '../api/put/accepting-stream.ts';
import type { Room } from '../core/buffer.ts';
import { drain } from '../core/drain.ts';
import { DeliveryError } from '../core/errors.ts';
import { ingest } from '../core/ingest.ts';
import type { LaneKey } from '../core/lanes.ts';
import type { Processing } from '../core/processing.ts';
import { recordBlock } from '../core/records.ts';
import type { Adapters } from '../core/route.ts';
import type { StreamDefinition, StreamStore } from '../core/streams.ts';
import type { Alarm } from '../host/alarm.ts';
import type { Log } from '../host/log.ts';
import { drainReporter } from '../host/reports.ts';
import { type SharedBuffer, sharedBuffer } from './buffer.ts';
import type { Rows, StagedObjects, Wake, Wakes } from './services.ts';
import type { Shards } from './shards.ts';
import { type Announced, type WakeUps, wakeUps } from './wake-ups.ts';

/** The services that the functions of a deployment share. */
export interface LambdaPorts {
  readonly rows: Rows;
  readonly objects: StagedObjects;
  readonly wakes: Wakes;
  readonly streams: StreamStore;
  readonly keys: KeyStore;
}

/** What batches are processed and delivered with. */
export interface BatchWork {
  readonly adapters: Adapters;
  readonly processing: Processing;
}

export interface LambdaHostOptions {
  readonly api: ApiSettings;
  /** Absent in functions that no wake-up is sent to: they need not carry it. */
  readonly work?: BatchWork;
  /** Of the program, for whoever asks whether it is alive. */
  readonly version?: string;
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly log: Log;
  /** A new stream incarnation's id: letters and digits, never seen before. */
  readonly newStreamId: () => string;
}

/** What a container keeps from one invocation to the next. */
export interface LambdaHost {
  /** What one invocation does, which Lambda ends when its time is over. */
  invocation(leftMs: number): Invocation;
  readonly version?: string;
}

export interface Invocation {
  /** The Firehose API. What it has taken is durable and will be looked at when the answer is there. */
  handle(request: ApiRequest, requestId: string): Promise<ApiResponse>;
  /** Takes records of another service in, as a put does. Throws AWS's error where the stream takes no puts. */
  put(streamName: string, records: readonly Uint8Array[]): Promise<void>;
  /** Does what a wake-up asks for. Rejects when it is to be delivered again. */
  wake(wake: Wake): Promise<void>;
  /** Whether enough time is left to begin with something. */
  isEnding(): boolean;
  readonly sweep: WakeUps['sweep'];
  /** Once a day: removes what crashes have left behind. Resolves with how many objects that were. */
  collect(): Promise<number>;
}

/**
 * An attempt that is still under way so long before its invocation ends is stopped, so that it is put off by rule and
 * not cut off.
 */
const STOPPED_BEFORE_END_MS = 5_000;
/** By which the clocks of two functions may differ: a lease outlives its invocation by it. */
const CLOCKS_DIFFER_MS = 5_000;
/** S3 and DynamoDB have room for everything. */
const BOUNDLESS: Room = {
  usage: () => ({ usedBytes: 0, budgetBytes: Number.POSITIVE_INFINITY }),
  heldBytes: () => 0,
};

/** The service as functions: the same core as on one machine, over services that many functions share. */
export function lambdaHost(ports: LambdaPorts, options: LambdaHostOptions): LambdaHost {
  const { work, now, alarm, log, version } = options;
  const { streams } = ports;
  const warn: ApiContext['warn'] = (sentence, fields) => log.warn(fields, sentence);
  const signed = gate({ keys: ports.keys, settings: options.api, now, warn });
  const report = drainReporter(log);
  const announced = new Map<LaneKey, Announced>();
  const shards: Shards = new Map();

  function invocation(leftMs: number): Invocation {
    const endsAt = now() + leftMs;
    const stopsAt = endsAt - STOPPED_BEFORE_END_MS;
    const buffer = sharedBuffer({
      ...{ rows: ports.rows, objects: ports.objects, now, shards },
      newId: randomUUID,
      leaseUntil: () => endsAt + CLOCKS_DIFFER_MS,
    });
    const wakes = wakeUps({
      ...{ buffer, streams, wakes: ports.wakes, announced, now },
      fault: (err) => log.error({ err }, 'A wake-up was not sent; the sweep will find what it was about.'),
      ...(work && {
        drain: drain({
          ...{ buffer, streams, ...work, now, report },
          room: BOUNDLESS,
          startedAt: now(),
          newBatchId: randomUUID,
          random: Math.random,
        }),
      }),
    });
    const context: Omit<ApiContext, 'newRequestId'> = {
      ...{ gate: signed, streams, now, warn, settings: options.api },
      ingest: ingest({ buffer, room: BOUNDLESS, grew: wakes.grew }),
      // The sweep goes by the new hints, and batches have their own time.
      changed: () => {},
      discard: (stream) => discard(buffer, stream, options),
      newStreamId: options.newStreamId,
    };

    return {
      async handle(request, requestId) {
        const answer = await api({ ...context, newRequestId: () => requestId })(request);
        await wakes.sent();
        return answer;
      },

      async put(streamName, records) {
        const stream = acceptingStream(context, streamName, await streams.get(streamName));
        await context.ingest(stream, recordBlock(now(), records));
        await wakes.sent();
      },

      async wake(wake) {
        const stop = new AbortController();
        const cancel = alarm(stopsAt, () => stop.abort(outOfTime()));
        await wakes.handle(wake, stop.signal).finally(cancel);
      },

      isEnding: () => now() >= stopsAt,
      sweep: wakes.sweep,
      collect: buffer.collect,
    };
  }

  return { invocation, ...(version !== undefined && { version }) };
}

/** A client waits no longer for what its stream held to be gone: the sweep finds the rest, and the drain drops it. */
const DISCARD_LONGEST_MS = 10_000;

async function discard(
  buffer: SharedBuffer,
  { id, name }: StreamDefinition,
  { now, alarm, log }: LambdaHostOptions,
): Promise<void> {
  log.warn({ stream: name }, `Stream ${name} is deleted: what is buffered for it is discarded.`);
  const discarded = buffer.commit({ discard: id }).catch((err: unknown) => {
    log.warn({ stream: name, err }, `What is buffered for stream ${name} is left for the sweep to discard.`);
  });
  await new Promise<void>((resolve) => {
    const cancel = alarm(now() + DISCARD_LONGEST_MS, resolve);
    void discarded.then(() => {
      cancel();
      resolve();
    });
  });
}

function outOfTime(): DeliveryError {
  const message = 'The attempt was stopped: the function that made it had no time left.';
  return new DeliveryError(message, { code: 'Hydrant.AttemptTimeout', retryable: true });
}
