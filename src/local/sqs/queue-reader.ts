import { ApiError, DeliveryError } from '../../core/errors.ts';
import { recordBlock } from '../../core/records.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { Alarm } from '../../host/alarm.ts';
import type { Log } from '../../host/log.ts';
import type { ReadObject } from '../../objects/s3-reader.ts';
import { objectLines } from '../../sources/object-lines.ts';
import { piecesOf } from '../../sources/pieces.ts';
import { type CreatedObject, createdObjects } from '../../sources/s3-notifications.ts';
import type { SourceTarget } from '../../sources/source-streams.ts';
import type { Once } from '../sources/once.ts';
import { patience, pause } from '../sources/patience.ts';
import type { Message, Queue } from './sqs-api.ts';

export interface QueueReaderPorts {
  readonly queue: Queue;
  /** The stream of this name that takes puts; throws AWS's error where there is none. */
  readonly acceptingStream: (name: string) => Promise<StreamDefinition>;
  /** Throws when there is next to no room: so that nothing is received in vain. */
  readonly expectRoom: (stream: StreamDefinition) => void;
  readonly once: Once;
  readonly read: ReadObject;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** How a queue is read now. */
export interface QueueStatus {
  readonly DeliveryStreamName: string;
  readonly queueUrl: string;
  /** What keeps it from being read. */
  readonly failure?: string;
}

export interface QueueReader {
  status(): QueueStatus;
  /** Resolves once nothing of the queue is taken any more. */
  stop(): Promise<void>;
}

/** An object is read for as long as it takes; until then nobody else needs its message. */
const OBJECT_HIDDEN_SECONDS = 900;

/**
 * Reads a queue into a stream: a message is removed once its records are durable. One that comes again before that was
 * known is recognised, and not taken twice. One that cannot be taken, whatever happens, stays in the queue, which has
 * the rules for what then becomes of it.
 */
export function queueReader(queueUrl: string, target: SourceTarget, ports: QueueReaderPorts): QueueReader {
  const { queue, once, read, now, alarm, log } = ports;
  const { streamName, content } = target;
  const fields = { stream: streamName, queueUrl };
  const stop = new AbortController();
  const { signal } = stop;
  const luck = patience(ports.random, (type, { code, message }) => {
    if (type === 'recovered') log.info({ ...fields, code }, `Reading a queue for stream ${streamName} goes on.`);
    else {
      const sentence = `Reading a queue for stream ${streamName} has to wait and will be tried again: ${message}`;
      log.warn({ ...fields, code }, sentence);
    }
  });

  async function takeObject(stream: StreamDefinition, object: CreatedObject): Promise<void> {
    const bytes = await read(object, signal);
    if (bytes === undefined) return;
    const { bucket, key, versionId = '', sequencer } = object;
    let number = 0;
    for await (const piece of piecesOf(objectLines(bytes))) {
      const id = ['s3', bucket, key, versionId, sequencer, number++].join('\n');
      await once.take(stream, id, recordBlock(now(), piece));
    }
  }

  async function take(stream: StreamDefinition, { id, body }: Message): Promise<void> {
    if (content === 'objects') for (const object of createdObjects(body)) await takeObject(stream, object);
    else await once.take(stream, `sqs\n${queueUrl}\n${id}`, recordBlock(now(), [Buffer.from(body)]));
  }

  /** Whether the message is done with. Throws what has to do with no message in particular. */
  async function isTaken(stream: StreamDefinition, message: Message): Promise<boolean> {
    try {
      await take(stream, message);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500) throw error;
      const why = `A message is left in its queue, for it cannot be taken into stream ${streamName}: ${error.message}`;
      log.warn({ ...fields, message: message.id, code: error.code }, why);
      return false;
    }
  }

  async function readOnce(): Promise<void> {
    const stream = await ports.acceptingStream(streamName).catch(notThere);
    ports.expectRoom(stream);
    const hidden = content === 'objects' ? { hiddenForSeconds: OBJECT_HIDDEN_SECONDS } : {};
    const messages = await queue.receive(hidden, signal);
    const taken: Message[] = [];
    const takeAll = async (some: readonly Message[]): Promise<void> => {
      const outcomes = await Promise.allSettled(some.map((message) => isTaken(stream, message)));
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled' && outcome.value) taken.push(...some.slice(i, i + 1));
      }
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    };
    try {
      // Records go into the buffer in the order of their messages, and it writes what waits together.
      if (content === 'messages') await takeAll(messages);
      else for (const message of messages) await takeAll([message]);
    } finally {
      if (taken.length > 0) await queue.remove(taken, signal);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await readOnce();
        luck.works();
      } catch (error) {
        if (signal.aborted) return;
        await pause(now() + luck.failed(error), alarm, signal);
      }
    }
  }

  const running = run();
  return {
    status() {
      const failure = luck.failure();
      return { DeliveryStreamName: streamName, queueUrl, ...(failure && { failure: failure.code }) };
    },
    async stop() {
      stop.abort();
      await running;
      queue.close();
    },
  };
}

function notThere(error: unknown): never {
  if (!(error instanceof ApiError)) throw error;
  throw new DeliveryError(error.message, { code: 'Hydrant.NoStream', retryable: true });
}
