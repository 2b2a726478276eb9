import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Item, Outcome } from './item.ts';

/**
 * Firehose's CloudWatchLogProcessing with DataMessageExtraction: an envelope becomes its log events' messages, each
 * with a line feed, in one record. Messages of control, with which CloudWatch Logs sees whether the stream is there,
 * have none and are dropped.
 * https://docs.aws.amazon.com/firehose/latest/dev/Message_extraction.html
 */
export function extractMessages(item: Item): Outcome {
  const envelope = logEnvelope(item.data);
  // Decompression comes first and has let nothing else through.
  if (envelope === undefined) return [item];
  if (envelope.messageType === 'CONTROL_MESSAGE') return [];
  const text = envelope.logEvents.map((event) => `${messageOf(event)}\n`).join('');
  return [{ ...item, data: Buffer.from(text) }];
}

export function isLogEnvelope(data: Uint8Array): boolean {
  return logEnvelope(data) !== undefined;
}

interface LogEnvelope extends JsonObject {
  readonly messageType: string;
  readonly logEvents: readonly JsonValue[];
}

/** The envelope in which CloudWatch Logs puts events; undefined when these bytes are none. */
function logEnvelope(data: Uint8Array): LogEnvelope | undefined {
  const value = parsed(data);
  if (!isJsonObject(value)) return undefined;
  const { messageType, logEvents } = value;
  return typeof messageType === 'string' && Array.isArray(logEvents) ? { ...value, messageType, logEvents } : undefined;
}

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
  } catch {
    return undefined; // no JSON, so no envelope
  }
}

function messageOf(event: JsonValue): string {
  return isJsonObject(event) && typeof event.message === 'string' ? event.message : '';
}
