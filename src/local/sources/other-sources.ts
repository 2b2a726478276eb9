import type { ApiContext, ApiRequest, ApiResponse, ApiSettings } from '../../api/context.ts';
import { acceptingStream } from '../../api/put/accepting-stream.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { Alarm } from '../../host/alarm.ts';
import type { Log } from '../../host/log.ts';
import type { ReadObject } from '../../objects/s3-reader.ts';
import { type QueueStatus, queueReader } from '../sqs/queue-reader.ts';
import { sqsQueue } from '../sqs/sqs-api.ts';
import { httpDelivery } from './http-delivery-route.ts';
import { type OncePorts, onceOnly } from './once.ts';
import { snsRoute } from './sns-route.ts';
import type { SourceSettings } from './source-settings.ts';

export interface OtherSourcesPorts extends OncePorts {
  readonly context: Pick<ApiContext, 'streams' | 'now' | 'warn'> & {
    readonly settings: Pick<ApiSettings, 'accountId' | 'defaultRegion'>;
  };
  /** Whether those are refused who have no key. */
  readonly isKeyRequired: () => Promise<boolean>;
  readonly expectRoom: (stream: StreamDefinition) => void;
  /** What a URL of SNS gives, as text. */
  readonly fetched: (url: string) => Promise<string>;
  readonly read: ReadObject;
  readonly alarm: Alarm;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface OtherSources {
  /** `POST /http-delivery/<stream>` */
  readonly httpDelivery: (request: ApiRequest) => Promise<ApiResponse>;
  /** `POST /sns/<stream>` */
  readonly sns: (request: ApiRequest) => Promise<ApiResponse>;
  /** How queues are read. */
  status(): readonly QueueStatus[];
  /** The stream is gone. */
  forget(streamId: string): void;
  /** Begins to read queues; called once. */
  readQueues(): void;
  /** Resolves once nothing is read any more. */
  stop(): Promise<void>;
}

/** The ways into a stream beside the Firehose API and a source of its own. */
export function otherSources(settings: SourceSettings, ports: OtherSourcesPorts): OtherSources {
  const { context, isKeyRequired, fetched, log } = ports;
  const { now, warn } = context;
  const once = onceOnly(ports);
  const shared = {
    ...{ once, now },
    acceptingStream: async (name: string) => acceptingStream(context, name, await context.streams.get(name)),
  };
  const readers: ReturnType<typeof queueReader>[] = [];

  return {
    httpDelivery: httpDelivery({ ...shared, accessKeys: settings.httpDelivery ?? {}, isKeyRequired, warn }),
    sns: snsRoute({ ...shared, sources: settings.sns ?? {}, fetched, warn, log }),
    status: () => readers.map((reader) => reader.status()),
    forget: once.forget,
    readQueues() {
      for (const [url, { region = context.settings.defaultRegion, ...target }] of Object.entries(settings.sqs ?? {})) {
        const queue = sqsQueue({ url, region }, { now, alarm: ports.alarm });
        readers.push(queueReader(url, target, { ...ports, ...shared, queue }));
      }
    },
    async stop() {
      await Promise.all(readers.map((reader) => reader.stop()));
    },
  };
}
