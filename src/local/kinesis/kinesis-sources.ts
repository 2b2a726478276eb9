import { isJsonObject } from '../../core/json.ts';
import type { StreamDefinition, StreamStore } from '../../core/streams.ts';
import type { KinesisApi, KinesisStream } from './kinesis-api.ts';
import { type SourceStatus, type StreamReader, type StreamReaderPorts, streamReader } from './stream-reader.ts';
import { turns } from './turns.ts';

export interface KinesisSourcesPorts extends Omit<StreamReaderPorts, 'api' | 'turns' | 'streamById'> {
  /** Without it nothing is read, and who creates such a stream is told. */
  readonly api: KinesisApi | undefined;
  readonly streams: StreamStore;
}

export interface KinesisSources {
  /** Goes on reading for all streams that are there. */
  start(): Promise<void>;
  /** The stream was created or updated. */
  changed(stream: StreamDefinition): void;
  /** The stream is gone: resolves once nothing of it is read or stored any more. */
  forget(streamId: string): Promise<void>;
  status(): readonly SourceStatus[];
  stop(): Promise<void>;
}

/** An answer has up to 10 MiB, and some three times that while it is taken apart. */
const ANSWERS_AT_ONCE = 4;

/** Feeds the streams whose source is a Kinesis stream. */
export function kinesisSources(ports: KinesisSourcesPorts): KinesisSources {
  const { api, streams } = ports;
  const readers = new Map<string, StreamReader>();
  const shared = { ...ports, turns: turns(ANSWERS_AT_ONCE), streamById: streams.byId };

  function changed(stream: StreamDefinition): void {
    const source = kinesisStreamOf(stream);
    if (source === undefined || stream.goneAt !== undefined || readers.has(stream.id)) return;
    if (api === undefined) ports.report({ type: 'unread', stream });
    else readers.set(stream.id, streamReader(stream, source, { ...shared, api }));
  }

  return {
    changed,

    async start() {
      for (const stream of await streams.list()) changed(stream);
    },

    async forget(streamId) {
      await readers.get(streamId)?.stop();
      readers.delete(streamId);
    },

    status: () => [...readers.values()].map((reader) => reader.status()),

    async stop() {
      await Promise.all([...readers.values()].map((reader) => reader.stop()));
    },
  };
}

function kinesisStreamOf({ source }: StreamDefinition): KinesisStream | undefined {
  const config = source?.KinesisStreamSourceConfiguration;
  if (!isJsonObject(config) || typeof config.KinesisStreamARN !== 'string') return undefined;
  const arn = config.KinesisStreamARN;
  // The API takes no other form: arn:aws:kinesis:<region>:<account>:stream/<name>
  return { arn, region: arn.split(':')[3] ?? '', name: arn.slice(arn.lastIndexOf('/') + 1) };
}
