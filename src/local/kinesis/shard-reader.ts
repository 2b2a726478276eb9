import { DeliveryError } from '../../core/errors.ts';
import type { SourceIngest } from '../../core/ingest.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { Alarm } from '../../host/alarm.ts';
import { type Failure, patience, pause } from '../sources/patience.ts';
import type { SourceEvent } from '../sources/source-events.ts';
import type { Turns } from '../sources/turns.ts';
import { type Cursor, cursorIn, hasEnded, piecesOf, startAt } from './cursor.ts';
import type { KinesisApi, KinesisStream, ReadRecords, Start } from './kinesis-api.ts';
import { EXPIRED_ITERATOR } from './kinesis-error.ts';

export interface ReaderPorts {
  readonly api: KinesisApi;
  readonly ingest: SourceIngest;
  /** A cursor's last committed value. */
  readonly cursor: (name: string) => string | undefined;
  /** A stream's definition as it is now. */
  readonly streamById: (id: string) => Promise<StreamDefinition | undefined>;
  /** Answers held at once, of all streams. */
  readonly turns: Turns;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** In [0, 1). */
  readonly random: () => number;
  readonly report: (event: SourceEvent) => void;
}

export interface ShardToRead {
  readonly stream: StreamDefinition;
  readonly source: KinesisStream;
  readonly shardId: string;
  /** Where to start when nothing of it has been read. */
  readonly start: Start;
}

export interface ShardReader {
  /** How far reading is behind the shard's newest record, about; undefined before the first answer. */
  behindMs(): number | undefined;
  failure(): Failure | undefined;
  /** Resolves when the shard was read to its end, or once the signal aborts. */
  readonly over: Promise<void>;
}

/** As often as Firehose asks. https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html */
const POLL_MS = 1_000;
/** A shard takes five calls a second from all its readers together. */
const CATCH_UP_MS = 250;
/** As many records as GetRecords gives at once: there may be more. */
const ANSWER_RECORDS = 10_000;

export function cursorName({ id }: StreamDefinition, shardId: string): string {
  return `${id}/${shardId}`;
}

/**
 * Reads a shard into the buffer until its end, whatever fails on the way. What it holds in memory is one answer, and
 * that only while it has its turn and there is room: everything else is in the cursor.
 */
export function shardReader(shard: ShardToRead, ports: ReaderPorts, signal: AbortSignal): ShardReader {
  const { stream, source, shardId } = shard;
  const { api, ingest, now, alarm } = ports;
  const name = cursorName(stream, shardId);
  const luck = patience(ports.random, (type, failure) => ports.report({ type, stream, shardId, ...failure }));
  let iterator: string | undefined;
  let last: { readonly at: number; readonly behindMs: number } | undefined;

  async function readOnce(): Promise<ReadRecords> {
    const from = cursorIn(ports.cursor(name));
    const isRenewed = iterator === undefined;
    iterator ??= await api.iterator(source, { shardId, start: startAt(from, shard.start) }, signal);
    try {
      const answer = await api.read(source, { shardId, iterator }, signal);
      for (const { records, cursor } of piecesOf(answer, from)) await takeIn(records, cursor);
      iterator = answer.next;
      return answer;
    } catch (error) {
      iterator = undefined;
      const isExpired = error instanceof DeliveryError && error.code === EXPIRED_ITERATOR;
      if (isExpired && !isRenewed) return readOnce();
      throw error;
    }
  }

  async function takeIn(records: Parameters<SourceIngest['take']>[1], cursor: Cursor): Promise<void> {
    signal.throwIfAborted();
    // It may have been updated, and records go where it says now.
    const current = (await ports.streamById(stream.id)) ?? stream;
    await ingest.take(current, records, { name, value: JSON.stringify(cursor) });
  }

  /** How long to wait for the next time, in ms. */
  async function step(): Promise<number> {
    try {
      ingest.expectRoom(stream);
      const { behindMs, records } = await ports.turns(readOnce);
      last = { at: now(), behindMs };
      luck.works();
      return behindMs > 0 || records.length >= ANSWER_RECORDS ? CATCH_UP_MS : POLL_MS;
    } catch (error) {
      return signal.aborted ? 0 : luck.failed(error);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted && !hasEnded(cursorIn(ports.cursor(name)))) {
      const startedAt = now();
      const waitMs = await step();
      await pause(startedAt + waitMs, alarm, signal);
    }
  }

  function behindMs(): number | undefined {
    // While nothing can be read the shard goes on.
    return last && last.behindMs + (luck.failure() === undefined ? 0 : now() - last.at);
  }

  return { behindMs, failure: luck.failure, over: run() };
}
