import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { isLogsEvent, subscribedLogs } from './cloudwatch-logs.ts';
import { directRecords, isDirect } from './direct.ts';
import { busRecord, isBusEvent } from './eventbridge.ts';
import { objectLines } from './object-lines.ts';
import { piecesOf } from './pieces.ts';
import { malformed, unknownSource } from './refusals.ts';
import { type CreatedObject, createdObjects } from './s3-notifications.ts';
import { notificationRecord, snsMessage } from './sns.ts';
import { logGroupSource, type SourceTarget, type TargetOf } from './source-streams.ts';

export interface EventPorts {
  readonly targetOf: TargetOf;
  /** Resolves when the records are durable; rejects when there is no such stream, or no room. */
  readonly put: (streamName: string, records: readonly Uint8Array[]) => Promise<void>;
  /** An object's bytes; undefined when it is there no more. */
  readonly read: (object: CreatedObject) => Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Told why a message of a queue was left there. */
  readonly refused: (message: { readonly messageId: string; readonly source: string; readonly error: unknown }) => void;
}

/**
 * Takes in what AWS hands to a function: messages of SQS, notifications of SNS and S3, events of EventBridge, logs of
 * CloudWatch Logs, records of whoever invokes it himself. Told apart by their shape.
 *
 * Resolves when all of it is durable, with what the function has to answer: of a queue's messages those that are to
 * come again. Rejects when nobody else can be told, and AWS then tries the whole event again. What comes again may have
 * been taken in already: at least once.
 */
export function eventTaker(ports: EventPorts): (event: unknown) => Promise<JsonValue> {
  return async (event) => {
    if (!isJsonObject(event)) throw malformed('The event is not an object.');
    if (isDirect(event)) return takeDirect(ports, event);
    if (isLogsEvent(event)) return takeLogs(ports, event);
    if (isBusEvent(event))
      return takeMessage(ports, event, { source: `events:${event.source}`, record: busRecord(event) });
    const { Records: records } = event;
    if (!Array.isArray(records) || !records.every(isJsonObject)) throw unknownShape();
    const sources = new Set(records.map(({ eventSource, EventSource }) => eventSource ?? EventSource));
    const [source] = sources;
    if (sources.size !== 1) throw unknownShape();
    if (source === 'aws:sqs') return takeQueued(ports, records);
    if (source === 'aws:sns') return takeNotifications(ports, records);
    if (source === 'aws:s3') return takeBuckets(ports, event);
    throw unknownSource(`Events of ${String(source).slice(0, 100)} are not taken here.`);
  };
}

async function takeDirect({ put }: EventPorts, event: JsonObject): Promise<JsonValue> {
  const { streamName, records } = directRecords(event);
  for await (const piece of piecesOf(records)) await put(streamName, piece);
  return { deliveryStreamName: streamName, records: records.length };
}

async function takeLogs(ports: EventPorts, event: Parameters<typeof subscribedLogs>[0]): Promise<null> {
  const { records, ...of } = await subscribedLogs(event);
  const { streamName } = targetOf(ports, logGroupSource(of));
  if (records.length > 0) await ports.put(streamName, records);
  return null;
}

interface Queued {
  readonly messageId: string;
  readonly source: string;
  readonly body: string;
}

async function takeQueued(ports: EventPorts, records: readonly JsonObject[]): Promise<JsonValue> {
  const messages = records.map(queued);
  const [source = '', ...others] = new Set(messages.map((message) => message.source));
  if (others.length > 0) throw malformed('The messages are of more than one queue.');
  const { streamName, content } = targetOf(ports, source);
  const left = await (content === 'messages' ? takeBodies : takeEachObjects)(ports, streamName, messages);
  return { batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function queued({ messageId, eventSourceARN, body }: JsonObject): Queued {
  if (typeof messageId === 'string' && typeof eventSourceARN === 'string' && typeof body === 'string') {
    return { messageId, source: eventSourceARN, body };
  }
  throw malformed('A message of SQS lacks its messageId, eventSourceARN or body.');
}

/** Few puts for all; gives the messages that are to come again. */
async function takeBodies(
  ports: EventPorts,
  streamName: string,
  messages: readonly Queued[],
): Promise<readonly Queued[]> {
  let taken = 0;
  try {
    for await (const piece of piecesOf(messages.map(({ body }) => Buffer.from(body)))) {
      await ports.put(streamName, piece);
      taken += piece.length;
    }
  } catch (error) {
    for (const { messageId, source } of messages.slice(taken)) ports.refused({ messageId, source, error });
  }
  return messages.slice(taken);
}

/** A queue that keeps an order gets back whatever follows a message that was refused. */
async function takeEachObjects(
  ports: EventPorts,
  streamName: string,
  messages: readonly Queued[],
): Promise<readonly Queued[]> {
  const left: Queued[] = [];
  for (const message of messages) {
    const { messageId, source, body } = message;
    try {
      if (source.endsWith('.fifo') && left.length > 0) throw malformed('A message before it was refused.');
      await takeObjects(ports, streamName, body);
    } catch (error) {
      ports.refused({ messageId, source, error });
      left.push(message);
    }
  }
  return left;
}

async function takeNotifications(ports: EventPorts, records: readonly JsonObject[]): Promise<null> {
  for (const { Sns } of records) {
    const message = snsMessage(Sns);
    await takeMessage(ports, message, { source: message.TopicArn, record: notificationRecord(message) });
  }
  return null;
}

async function takeBuckets(ports: EventPorts, event: JsonObject): Promise<null> {
  for (const object of createdObjects(event)) {
    const { streamName } = targetOf(ports, `arn:aws:s3:::${object.bucket}`);
    await takeObject(ports, streamName, object);
  }
  return null;
}

/** What came is either the record itself, or says where the records are. */
async function takeMessage(
  ports: EventPorts,
  message: JsonObject,
  { source, record }: { readonly source: string; readonly record: Uint8Array },
): Promise<null> {
  const { streamName, content } = targetOf(ports, source);
  if (content === 'messages') await ports.put(streamName, [record]);
  else await takeObjects(ports, streamName, message);
  return null;
}

async function takeObjects(ports: EventPorts, streamName: string, notification: unknown): Promise<void> {
  for (const object of createdObjects(notification)) await takeObject(ports, streamName, object);
}

async function takeObject({ read, put }: EventPorts, streamName: string, object: CreatedObject): Promise<void> {
  const bytes = await read(object);
  if (bytes === undefined) return;
  for await (const piece of piecesOf(objectLines(bytes))) await put(streamName, piece);
}

function targetOf(ports: EventPorts, source: string): SourceTarget {
  const target = ports.targetOf(source);
  if (target === undefined) throw unknownSource(`No stream is configured for events of ${source.slice(0, 300)}.`);
  return target;
}

function unknownShape() {
  return unknownSource('The event is of none of the sources that are known here, or lacks their members.');
}
