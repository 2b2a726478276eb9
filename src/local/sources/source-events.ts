import type { Logger } from 'pino';
import type { StreamDefinition } from '../../core/streams.ts';

/** What readers tell their host. */
export type SourceEvent =
  /** `missing`: what it reads from, and why that cannot be read. */
  | { readonly type: 'unread'; readonly stream: StreamDefinition; readonly missing: string }
  | {
      readonly type: 'failing' | 'recovered';
      readonly stream: StreamDefinition;
      /** Of Kinesis; absent when it is about the list of shards. */
      readonly shardId?: string;
      /** Of Kafka; absent when it is about a broker or the whole topic. */
      readonly partition?: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'shard ended'; readonly stream: StreamDefinition; readonly shardId: string }
  /** The topic no longer has the records between: it does not keep them as long as they were not read. */
  | {
      readonly type: 'skipped';
      readonly stream: StreamDefinition;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
    }
  /** The topic was deleted and made again. It is read from its beginning. */
  | { readonly type: 'topic made again'; readonly stream: StreamDefinition; readonly topic: string }
  | { readonly type: 'behind'; readonly stream: StreamDefinition; readonly millisBehindLatest: number };

/** Turns them into log lines: a sentence, and the same as fields. */
export function sourceReporter(logger: Logger): (event: SourceEvent) => void {
  return (event) => {
    const { name } = event.stream;
    switch (event.type) {
      case 'unread':
        return logger.warn({ stream: name }, `Stream ${name} is not fed: it reads from ${event.missing}`);
      case 'failing': {
        const { shardId, partition, code, message } = event;
        const fields = { stream: name, shardId, partition, code };
        return logger.warn(fields, `Reading for stream ${name} has to wait and will be tried again: ${message}`);
      }
      case 'recovered': {
        const { shardId, partition, code } = event;
        return logger.info({ stream: name, shardId, partition, code }, `Reading for stream ${name} goes on.`);
      }
      case 'shard ended': {
        const { shardId } = event;
        return logger.info({ stream: name, shardId }, `Shard ${shardId} is read to its end for stream ${name}.`);
      }
      case 'skipped': {
        const { partition, from, to } = event;
        const lost = to > from ? `${to - from} records are lost` : 'what is there is read again';
        return logger.error(
          { stream: name, partition, from, to },
          `Stream ${name} goes on at offset ${to} of partition ${partition}, since its topic has nothing at ${from}: ${lost}.`,
        );
      }
      case 'topic made again': {
        const { topic } = event;
        return logger.warn({ stream: name, topic }, `Topic ${topic} was made again: stream ${name} reads all of it.`);
      }
      case 'behind': {
        const { millisBehindLatest } = event;
        const seconds = Math.round(millisBehindLatest / 1_000);
        return logger.warn({ stream: name, millisBehindLatest }, `Stream ${name} is ${seconds} s behind its source.`);
      }
    }
  };
}
