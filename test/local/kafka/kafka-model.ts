import { DeliveryError } from '../../../src/core/errors.ts';
import type { Fetched, KafkaApi, Place } from '../../../src/local/kafka/kafka-api.ts';
import { refusalIn } from '../../../src/local/kafka/kafka-error.ts';
import { batchOf } from './batches.ts';

interface ModelPartition {
  readonly records: { readonly offset: number; readonly value: string; readonly writtenAt: number }[];
  leader: number;
  /** The first offset it still has. */
  start: number;
  end: number;
}

/** The protocol's error numbers. */
export const ERRORS = { outOfRange: 1, notFound: 3, notLeader: 6, timedOut: 7, denied: 29 } as const;

/** As much of a cluster as readers can see: a topic whose partitions grow in number, lose their oldest, and move. */
export function kafkaModel(now: () => number, { answerRecords = 1_000 } = {}) {
  let partitions: ModelPartition[] = [];
  let id: string | undefined;
  let made = 0;
  const calls: string[] = [];

  function partitionOf(number: number, leader: number): ModelPartition {
    const found = partitions[number];
    if (id === undefined || found === undefined) throw refused(ERRORS.notFound);
    if (found.leader !== leader) throw refused(ERRORS.notLeader);
    return found;
  }

  function offsetAt({ records, start, end }: ModelPartition, place: Place): number | undefined {
    if (place === 'earliest') return start;
    if (place === 'latest') return end;
    return records.find(({ offset, writtenAt }) => offset >= start && writtenAt >= place)?.offset;
  }

  function fetched(leader: number, partition: number, offset: number): Fetched {
    const found = partitionOf(partition, leader);
    if (offset < found.start || offset > found.end) throw refused(ERRORS.outOfRange);
    const next = found.records.filter((each) => each.offset >= offset).slice(0, answerRecords);
    const batches = next.map(({ offset: at, value, writtenAt }) => batchOf({ offset: at, values: [value], writtenAt }));
    return { partition, end: found.end, batches: Buffer.concat(batches), aborted: [] };
  }

  const model = {
    /** Every call it has answered or refused: `fetch 1: 0 2`. */
    calls,
    /** Looks at a call before it is answered, and may refuse it. */
    before: (_call: 'topic' | 'offsets' | 'fetch', _leader: number): void => {},

    /** Makes the topic, or makes it again. */
    make(count: number): void {
      id = `topic-${++made}`;
      partitions = [];
      model.grow(count);
    },
    grow(count: number): void {
      while (partitions.length < count)
        partitions.push({ records: [], leader: partitions.length % 2, start: 0, end: 0 });
    },
    remove(): void {
      id = undefined;
    },
    move(partition: number, leader: number): void {
      partitions[partition]!.leader = leader; // tests name those they made
    },
    /** What was before the offset is older than the topic keeps. */
    expire(partition: number, before: number): void {
      const found = partitions[partition]!; // as above
      found.start = before;
      found.records.splice(0, found.records.filter(({ offset }) => offset < before).length);
    },
    write(partition: number, ...values: readonly string[]): void {
      const found = partitions[partition]!; // as above
      for (const value of values) found.records.push({ offset: found.end++, value, writtenAt: now() });
    },

    api: {
      async topic(_name, signal) {
        signal.throwIfAborted();
        calls.push('topic');
        model.before('topic', -1);
        if (id === undefined) throw refused(ERRORS.notFound);
        return { id, partitions: partitions.map(({ leader }, partition) => ({ partition, leader })) };
      },
      async offsets({ leader }, places, signal) {
        signal.throwIfAborted();
        calls.push(`offsets ${leader}`);
        model.before('offsets', leader);
        const found = places.flatMap(({ partition, place }) => {
          const offset = offsetAt(partitionOf(partition, leader), place);
          return offset === undefined ? [] : [[partition, offset] as const];
        });
        return new Map(found);
      },
      async fetch({ leader }, asked, signal) {
        signal.throwIfAborted();
        calls.push(`fetch ${leader}: ${asked.map(({ partition }) => partition).join(' ')}`);
        model.before('fetch', leader);
        return asked.map(({ partition, offset }) => {
          try {
            return fetched(leader, partition, offset);
          } catch (error) {
            if (error instanceof DeliveryError)
              return { partition, error, end: 0, batches: Buffer.alloc(0), aborted: [] };
            throw error;
          }
        });
      },
    } satisfies KafkaApi,
  };
  return model;
}

export type KafkaModel = ReturnType<typeof kafkaModel>;

export function refused(error: number): DeliveryError {
  return refusalIn('it', error)!; // none of them is 0
}
