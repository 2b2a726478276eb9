import { isJsonObject, type JsonValue } from '../core/json.ts';
import { isControlMessage, logEnvelopeIn } from '../formats/log-envelope.ts';
import type { Item, Outcome } from './item.ts';

/**
 * Firehose's CloudWatchLogProcessing with DataMessageExtraction: an envelope becomes its log events' messages, each
 * with a line feed, in one record. Messages of control, with which CloudWatch Logs sees whether the stream is there,
 * have none and are dropped.
 * https://docs.aws.amazon.com/firehose/latest/dev/Message_extraction.html
 */
export function extractMessages(item: Item): Outcome {
  const envelope = logEnvelopeIn(item.data);
  // Decompression comes first and has let nothing else through.
  if (envelope === undefined) return [item];
  if (isControlMessage(envelope)) return [];
  const text = envelope.logEvents.map((event) => `${messageOf(event)}\n`).join('');
  return [{ ...item, data: Buffer.from(text) }];
}

function messageOf(event: JsonValue): string {
  return isJsonObject(event) && typeof event.message === 'string' ? event.message : '';
}
