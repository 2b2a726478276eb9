import { DeliveryError } from '../../core/errors.ts';
import type { SourceIngest } from '../../core/ingest.ts';
import { processorsOf } from '../../core/settings.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { CodecNumber, OpenBatch } from '../../formats/kafka-codecs.ts';
import type { Alarm } from '../../host/alarm.ts';
import { type Failure, type Patience, patience, pause } from '../sources/patience.ts';
import type { SourceEvent } from '../sources/source-events.ts';
import type { Turns } from '../sources/turns.ts';
import type { Fetched, KafkaApi } from './kafka-api.ts';
import { badAnswer, NOT_LEADER, OFFSET_OUT_OF_RANGE, TOPIC_NOT_FOUND } from './kafka-error.ts';
import type { Piece } from './packer.ts';
import type { Positions } from './positions.ts';
import { piecesOf } from './record-batches.ts';

export interface ReaderPorts {
  readonly api: KafkaApi;
  readonly ingest: SourceIngest;
  /** A stream's definition as it is now. */
  readonly streamById: (id: string) => Promise<StreamDefinition | undefined>;
  /** Answers held at once, of all streams. */
  readonly turns: Turns;
  readonly codec: (codec: CodecNumber) => Promise<OpenBatch>;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** In [0, 1). */
  readonly random: () => number;
  readonly report: (event: SourceEvent) => void;
}

/** A partition and how its reading goes, whoever leads it. */
export interface Partition {
  readonly number: number;
  readonly luck: Patience;
  leader: number;
  /** While it is read or stored. Nobody else reads it then, even when it has another leader meanwhile. */
  isBusy: boolean;
  /** Not to be read before this time, in ms since the epoch. */
  waitsUntil: number;
  /** Where it ended in the last answer, and when that came, in ms since the epoch. */
  end?: number;
  answeredAt?: number;
  /** When the last record that was read had been written, in ms since the epoch. */
  lastAt?: number;
}

export interface LeaderToRead {
  readonly stream: StreamDefinition;
  readonly topic: string;
  readonly leader: number;
  readonly positions: Positions;
  /** All of the topic's; it reads those that it leads. */
  readonly partitions: ReadonlyMap<number, Partition>;
  /** Something about who leads what has changed. */
  readonly moved: () => void;
}

export interface LeaderReader {
  failure(): Failure | undefined;
  /** Resolves once the signal aborts, and nothing of it is read or stored any more. */
  readonly over: Promise<void>;
}

/** As often as Firehose asks Kinesis. While there is more, nothing waits. */
const POLL_MS = 1_000;
/** What is stored at once: pieces of up to 4 MiB, of several partitions. */
const GROUP_BYTES = 8 * 1024 * 1024;
/** https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const RECORD_MOST_BYTES = 10 * 1024 * 1024;
const RECORD_MOST_BYTES_WITH_FUNCTION = 6 * 1024 * 1024;

/**
 * Reads the partitions that one broker leads into the buffer, whatever fails on the way. It asks for all of them at
 * once, each time another one first, so that none waits for the others.
 */
export function leaderReader(read: LeaderToRead, ports: ReaderPorts, signal: AbortSignal): LeaderReader {
  const { stream, topic, leader, positions, partitions, moved } = read;
  const { api, ingest, now, alarm } = ports;
  const from = { leader, topic };
  const luck = patience(ports.random, (type, failure) => ports.report({ type, stream, ...failure }));
  let turn = 0;

  function readable(): readonly Partition[] {
    const mine = [...partitions.values()].filter(
      (each) => each.leader === leader && !each.isBusy && each.waitsUntil <= now(),
    );
    const first = mine.length === 0 ? 0 : turn++ % mine.length;
    return [...mine.slice(first), ...mine.slice(0, first)];
  }

  /** Whether there is more to read at once. */
  async function readOnce(mine: readonly Partition[]): Promise<boolean> {
    for (const each of mine) each.isBusy = true;
    try {
      await findStarts(mine);
      const places = mine.map(({ number }) => ({ partition: number, offset: positions.next(number) ?? 0 }));
      const answers = await api.fetch(from, places, signal);
      const good = answers.filter((answer) => isGood(answer));
      await takeIn(good);
      // A broker whose quota is used up gives nothing, although there is something.
      return good.some(({ partition, end, batches }) => batches.length > 0 && (positions.next(partition) ?? 0) < end);
    } finally {
      for (const each of mine) each.isBusy = false;
    }
  }

  /** Partitions that came later, or whose offset the topic has no longer, are read from the first record there is. */
  async function findStarts(mine: readonly Partition[]): Promise<void> {
    const unknown = mine.filter(({ number, luck: its }) => {
      return positions.next(number) === undefined || its.failure()?.code === OFFSET_OUT_OF_RANGE;
    });
    if (unknown.length === 0) return;
    const places = unknown.map(({ number }) => ({ partition: number, place: 'earliest' as const }));
    const firsts = await api.offsets(from, places, signal);
    for (const { number, luck: its } of unknown) {
      const [before, first] = [positions.next(number), firsts.get(number)];
      if (first === undefined) throw badAnswer('ListOffsets', 'has no first offset');
      await ingest.takeBlocks(stream, [], positions.cursorAt(number, first));
      its.works();
      if (before !== undefined) ports.report({ type: 'skipped', stream, partition: number, from: before, to: first });
    }
  }

  function isGood({ partition, error, end }: Fetched): boolean {
    const its = partitions.get(partition);
    if (its === undefined) return false;
    if (error === undefined) {
      its.end = end;
      its.answeredAt = now();
      return true;
    }
    its.waitsUntil = now() + its.luck.failed(error);
    if (error.code === OFFSET_OUT_OF_RANGE) its.waitsUntil = 0;
    if (error.code === NOT_LEADER || error.code === TOPIC_NOT_FOUND) moved();
    return false;
  }

  /** Stores pieces of several partitions at once, which is one write of the log; of one partition never two. */
  async function takeIn(answers: readonly Fetched[]): Promise<void> {
    const hasFunction = processorsOf(stream).some(({ Type }) => Type === 'Lambda');
    const recordMostBytes = hasFunction ? RECORD_MOST_BYTES_WITH_FUNCTION : RECORD_MOST_BYTES;
    let open = answers.map((answer) => {
      const { partition, batches, aborted } = answer;
      const start = positions.next(partition) ?? 0;
      const places = { topic, partition, from: start, recordMostBytes, now };
      return { partition, pieces: piecesOf({ ...places, batches, aborted, codec: ports.codec }) };
    });
    while (open.length > 0) {
      const storing: Promise<void>[] = [];
      const more: typeof open = [];
      let bytes = 0;
      for (const each of open) {
        if (bytes < GROUP_BYTES) {
          const { value, done } = await each.pieces.next();
          if (done) continue;
          const piece: Piece = value;
          bytes += piece.blocks.reduce((sum, { data }) => sum + data.length, 0);
          storing.push(store(each.partition, piece));
        }
        more.push(each);
      }
      const failed = (await Promise.allSettled(storing)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      // Those that had to wait are first.
      open = [...more.slice(storing.length), ...more.slice(0, storing.length)];
    }
  }

  async function store(partition: number, { blocks, next, lastAt }: Piece): Promise<void> {
    signal.throwIfAborted();
    // It may have been updated, and records go where it says now.
    const current = (await ports.streamById(stream.id)) ?? stream;
    await ingest.takeBlocks(current, blocks, positions.cursorAt(partition, next));
    const its = partitions.get(partition);
    if (its === undefined) return;
    if (lastAt !== undefined) its.lastAt = lastAt;
    its.luck.works();
  }

  /** How long to wait for the next time, in ms. */
  async function step(): Promise<number> {
    try {
      const mine = readable();
      if (mine.length === 0) return POLL_MS;
      ingest.expectRoom(stream);
      const isMore = await ports.turns(() => readOnce(mine));
      luck.works();
      return isMore ? 0 : POLL_MS;
    } catch (error) {
      if (signal.aborted) return 0;
      if (error instanceof DeliveryError) moved();
      return luck.failed(error);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const startedAt = now();
      const waitMs = await step();
      await pause(startedAt + waitMs, alarm, signal);
    }
  }

  return { failure: luck.failure, over: run() };
}
