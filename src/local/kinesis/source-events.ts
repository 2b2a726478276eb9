import type { Logger } from 'pino';
import type { StreamDefinition } from '../../core/streams.ts';

/** What readers tell their host. */
export type SourceEvent =
  | { readonly type: 'unread'; readonly stream: StreamDefinition }
  | {
      readonly type: 'failing' | 'recovered';
      readonly stream: StreamDefinition;
      /** Absent when it is about the list of shards. */
      readonly shardId?: string;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'shard ended'; readonly stream: StreamDefinition; readonly shardId: string }
  | { readonly type: 'behind'; readonly stream: StreamDefinition; readonly millisBehindLatest: number };

/** Turns them into log lines: a sentence, and the same as fields. */
export function sourceReporter(logger: Logger): (event: SourceEvent) => void {
  return (event) => {
    const { name } = event.stream;
    switch (event.type) {
      case 'unread':
        return logger.warn(
          { stream: name },
          `Stream ${name} is not fed: it reads from Kinesis, and the configuration says nothing of it. Set kinesis: true for AWS, or kinesis.endpoint.`,
        );
      case 'failing': {
        const { shardId, code, message } = event;
        const fields = { stream: name, shardId, code };
        return logger.warn(fields, `Reading for stream ${name} has to wait and will be tried again: ${message}`);
      }
      case 'recovered': {
        const { shardId, code } = event;
        return logger.info({ stream: name, shardId, code }, `Reading for stream ${name} goes on.`);
      }
      case 'shard ended': {
        const { shardId } = event;
        return logger.info({ stream: name, shardId }, `Shard ${shardId} is read to its end for stream ${name}.`);
      }
      case 'behind': {
        const { millisBehindLatest } = event;
        const seconds = Math.round(millisBehindLatest / 1_000);
        return logger.warn({ stream: name, millisBehindLatest }, `Stream ${name} is ${seconds} s behind its source.`);
      }
    }
  };
}
