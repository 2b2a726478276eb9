import type { StreamDefinition } from '../../core/streams.ts';
import { patience, pause } from '../sources/patience.ts';
import type { SourceStatus, StreamReader } from '../sources/stream-sources.ts';
import type { Place, Topic } from './kafka-api.ts';
import { refusalIn } from './kafka-error.ts';
import { type LeaderReader, leaderReader, type Partition, type ReaderPorts } from './leader-reader.ts';
import { isSameTopic, type PositionsPorts, positions } from './positions.ts';

/** What a stream reads. */
export interface TopicToRead {
  readonly name: string;
  /** Records from this time on, in ms since the epoch. */
  readonly readFrom: number;
}

export type TopicReaderPorts = ReaderPorts & PositionsPorts;

/** New partitions, and leaders that moved without a word. */
const LIST_EVERY_MS = 30_000;
/** Worth a word to the operator, each time the partitions are listed. */
const FAR_BEHIND_MS = 60_000;

/** Several turns without an answer. */
const SILENT_MS = 5_000;

/** As `refusalIn` has it: the partition has no leader now. */
const LEADER_NOT_AVAILABLE = 5;

/**
 * Reads all partitions of a topic, each in order, by their own cursors: a data folder has one process, so there is
 * nobody to share them with, and no consumer group. What changes while it reads is that partitions are added, which
 * begin with their first record, and that they move between brokers.
 */
export function topicReader(stream: StreamDefinition, topic: TopicToRead, ports: TopicReaderPorts): StreamReader {
  const { api, now } = ports;
  const stop = new AbortController();
  const { signal } = stop;
  const read = positions(stream, ports);
  const partitions = new Map<number, Partition>();
  const leaders = new Map<number, LeaderReader & { readonly stop: AbortController }>();
  const ended = new Set<Promise<void>>();
  const luck = patience(ports.random, (type, failure) => ports.report({ type, stream, ...failure }));
  let wake = new AbortController();

  /** Before anything is read of it. */
  async function begin(found: Topic): Promise<void> {
    const begun = read.beginning();
    const id = found.id === undefined ? {} : { topicId: found.id };
    if (begun === undefined) return read.begin({ ...id, starts: await firstOffsets(found) });
    if (isSameTopic(begun, found)) return;
    ports.report({ type: 'topic made again', stream, topic: topic.name });
    // What is still on its way is of the old one, and must not be stored as the new one's.
    lead(new Set());
    await Promise.all(ended);
    partitions.clear();
    await read.begin({ ...id, starts: [] });
  }

  /** Where each partition's records begin that the stream is to have. */
  async function firstOffsets({ partitions: found }: Topic): Promise<readonly (number | null)[]> {
    const starts = new Map<number, number>();
    for (const leader of new Set(found.map((each) => each.leader))) {
      if (leader < 0) throw refusalIn('Metadata', LEADER_NOT_AVAILABLE);
      const led = found.filter((each) => each.leader === leader).map(({ partition }) => partition);
      const at = (place: Place) =>
        api.offsets(
          { leader, topic: topic.name },
          led.map((partition) => ({ partition, place })),
          signal,
        );
      // The end first: what is written meanwhile is behind it, and found by its time or else from there on.
      const ends = await at('latest');
      const first = await at(topic.readFrom > 0 ? topic.readFrom : 'earliest');
      for (const partition of led) starts.set(partition, first.get(partition) ?? ends.get(partition) ?? 0);
    }
    return Array.from({ length: Math.max(0, ...found.map(({ partition }) => partition + 1)) }, (_, i) => {
      return starts.get(i) ?? null;
    });
  }

  async function follow(): Promise<void> {
    const found = await api.topic(topic.name, signal);
    await begin(found);
    for (const { partition: number, leader } of found.partitions) {
      const known = partitions.get(number);
      if (known === undefined) partitions.set(number, newPartition(number, leader));
      else known.leader = leader;
    }
    const listed = new Set(found.partitions.map(({ partition }) => partition));
    for (const number of partitions.keys()) if (!listed.has(number)) partitions.delete(number);
    lead(new Set(found.partitions.map(({ leader }) => leader).filter((leader) => leader >= 0)));
  }

  function newPartition(number: number, leader: number): Partition {
    const told = patience(ports.random, (type, failure) =>
      ports.report({ type, stream, partition: number, ...failure }),
    );
    return { number, leader, luck: told, isBusy: false, waitsUntil: 0 };
  }

  /** One reader for each of these brokers, and no others. */
  function lead(wanted: ReadonlySet<number>): void {
    for (const [leader, reader] of leaders) {
      if (wanted.has(leader)) continue;
      reader.stop.abort();
      leaders.delete(leader);
    }
    for (const leader of wanted) {
      if (leaders.has(leader)) continue;
      const own = new AbortController();
      const told = { stream, topic: topic.name, leader, positions: read, partitions, moved: () => wake.abort() };
      const reader = leaderReader(told, ports, AbortSignal.any([signal, own.signal]));
      leaders.set(leader, { ...reader, stop: own });
      ended.add(reader.over);
      void reader.over.then(() => ended.delete(reader.over));
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      wake = new AbortController();
      let waitMs = LIST_EVERY_MS;
      let isFailing = false;
      try {
        await follow();
        luck.works();
      } catch (error) {
        if (signal.aborted) return;
        isFailing = true;
        waitMs = luck.failed(error);
      }
      const { millisBehindLatest } = status();
      if ((millisBehindLatest ?? 0) >= FAR_BEHIND_MS) {
        ports.report({ type: 'behind', stream, millisBehindLatest: millisBehindLatest ?? 0 });
      }
      const until = isFailing ? signal : AbortSignal.any([signal, wake.signal]);
      await pause(now() + waitMs, ports.alarm, until);
    }
  }

  function status(): SourceStatus {
    const behind = [...partitions.values()].flatMap(({ number, end, lastAt, answeredAt = now() }) => {
      if (end === undefined) return [];
      const records = Math.max(0, end - (read.next(number) ?? 0));
      const ms = records === 0 ? 0 : lastAt === undefined ? undefined : now() - lastAt;
      // While nothing can be read the partition goes on.
      const silentMs = now() - answeredAt;
      return [{ records, ms: silentMs < SILENT_MS ? ms : Math.max(ms ?? 0, silentMs) }];
    });
    const times = behind.flatMap(({ ms }) => (ms === undefined ? [] : [ms]));
    const failures = [luck, ...[...leaders.values()], ...[...partitions.values()].map((each) => each.luck)];
    const failure = failures.map((each) => each.failure()).find((each) => each !== undefined);
    return {
      DeliveryStreamName: stream.name,
      partitions: partitions.size,
      recordsBehindLatest: behind.length === 0 ? null : behind.reduce((sum, { records }) => sum + records, 0),
      millisBehindLatest: times.length === 0 ? null : Math.max(...times),
      ...(failure && { failure: failure.code }),
    };
  }

  const watching = watch();

  return {
    status,
    async stop() {
      stop.abort();
      await watching;
      await Promise.all(ended);
    },
  };
}
