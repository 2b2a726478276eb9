import type { StreamDefinition, StreamStore } from '../../core/streams.ts';

/** How a stream's source is read now. */
export interface SourceStatus {
  readonly DeliveryStreamName: string;
  /** Of Kinesis: shards being read. */
  readonly shards?: number;
  /** Of Kafka: partitions being read. */
  readonly partitions?: number;
  /** Of Kafka: records that are there and not read, of all partitions; null before the first answer. */
  readonly recordsBehindLatest?: number | null;
  /** Of the part that is furthest behind; null before the first answer. */
  readonly millisBehindLatest: number | null;
  /** What keeps some of it from being read. */
  readonly failure?: string;
}

export interface StreamReader {
  status(): SourceStatus;
  /** Resolves once nothing of the stream is read or stored any more. */
  stop(): Promise<void>;
}

/** Begins to read the stream's source; undefined when that is of another kind, or not to be had. */
export type OpenReader = (stream: StreamDefinition) => StreamReader | undefined;

export interface StreamSources {
  /** Goes on reading for all streams that are there. */
  start(): Promise<void>;
  /** The stream was created or updated. */
  changed(stream: StreamDefinition): void;
  /** The stream is gone: resolves once nothing of it is read or stored any more. */
  forget(streamId: string): Promise<void>;
  status(): readonly SourceStatus[];
  stop(): Promise<void>;
}

/** Feeds the streams that have a source of their own, each by the first of `kinds` that reads it. */
export function streamSources(streams: StreamStore, kinds: readonly OpenReader[]): StreamSources {
  const readers = new Map<string, StreamReader>();

  function changed(stream: StreamDefinition): void {
    if (stream.goneAt !== undefined || readers.has(stream.id)) return;
    for (const open of kinds) {
      const reader = open(stream);
      if (reader !== undefined) return void readers.set(stream.id, reader);
    }
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
