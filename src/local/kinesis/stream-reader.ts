import type { StreamDefinition } from '../../core/streams.ts';
import { patience, pause } from '../sources/patience.ts';
import type { SourceStatus, StreamReader } from '../sources/stream-sources.ts';
import { cursorIn, hasEnded } from './cursor.ts';
import type { KinesisStream, Shard, Start } from './kinesis-api.ts';
import { cursorName, type ReaderPorts, type ShardReader, shardReader } from './shard-reader.ts';

export interface StreamReaderPorts extends ReaderPorts {
  /** Forgets a cursor. */
  readonly forget: (name: string) => Promise<void>;
}

/** New shards come from those that end, which is noticed at once. This is for whatever else may happen. */
const LIST_EVERY_MS = 60_000;
/** Worth a word to the operator, each time the shards are listed. */
const FAR_BEHIND_MS = 60_000;

interface Reading extends ShardReader {
  readonly stop: AbortController;
}

/**
 * Reads all shards of a Kinesis stream: each at its own pace, one that was split or merged to its end before what came
 * of it, so that records of one partition key keep their order. Like Firehose, it begins with what was put since the
 * delivery stream was created.
 */
export function streamReader(stream: StreamDefinition, source: KinesisStream, ports: StreamReaderPorts): StreamReader {
  const stop = new AbortController();
  const { signal } = stop;
  const reading = new Map<string, Reading>();
  const luck = patience(ports.random, (type, failure) => ports.report({ type, stream, ...failure }));
  let wake = new AbortController();
  const cursorOf = (shardId: string) => cursorIn(ports.cursor(cursorName(stream, shardId)));

  function begin({ id: shardId, parents }: Shard): void {
    const start: Start = parents.some((parent) => hasEnded(cursorOf(parent)))
      ? { at: 'oldest' }
      : { at: 'time', time: stream.createdAt };
    const own = new AbortController();
    const reader = shardReader({ stream, source, shardId, start }, ports, AbortSignal.any([signal, own.signal]));
    reading.set(shardId, { ...reader, stop: own });
    void reader.over.then(() => {
      reading.delete(shardId);
      if (!hasEnded(cursorOf(shardId))) return;
      ports.report({ type: 'shard ended', stream, shardId });
      wake.abort();
    });
  }

  async function follow(): Promise<void> {
    const shards = await ports.api.shards(source, signal);
    const listed = new Set(shards.map(({ id }) => id));
    const isRead = (shardId: string): boolean => !listed.has(shardId) || hasEnded(cursorOf(shardId));
    for (const shard of shards) {
      const isBegun = reading.has(shard.id) || hasEnded(cursorOf(shard.id));
      if (!isBegun && shard.parents.every(isRead)) begin(shard);
    }
    // Kinesis lists a shard for as long as it holds something.
    for (const [shardId, { stop }] of reading) if (!listed.has(shardId)) stop.abort();
    for (const parent of shards.flatMap(({ parents }) => parents)) {
      if (!listed.has(parent) && cursorOf(parent) !== undefined) await ports.forget(cursorName(stream, parent));
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      wake = new AbortController();
      let waitMs = LIST_EVERY_MS;
      try {
        await follow();
        luck.works();
      } catch (error) {
        if (signal.aborted) return;
        waitMs = luck.failed(error);
      }
      const { millisBehindLatest } = status();
      if ((millisBehindLatest ?? 0) >= FAR_BEHIND_MS) {
        ports.report({ type: 'behind', stream, millisBehindLatest: millisBehindLatest ?? 0 });
      }
      await pause(ports.now() + waitMs, ports.alarm, AbortSignal.any([signal, wake.signal]));
    }
  }

  function status(): SourceStatus {
    const readers = [...reading.values()];
    const behind = readers.map(({ behindMs }) => behindMs()).filter((ms) => ms !== undefined);
    const failure = luck.failure() ?? readers.map((reader) => reader.failure()).find((each) => each !== undefined);
    return {
      DeliveryStreamName: stream.name,
      shards: readers.length,
      millisBehindLatest: behind.length === 0 ? null : Math.max(...behind),
      ...(failure && { failure: failure.code }),
    };
  }

  const watching = watch();

  return {
    status,
    async stop() {
      stop.abort();
      await watching;
      await Promise.all([...reading.values()].map(({ over }) => over));
    },
  };
}
