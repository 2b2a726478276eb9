import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** The envelope in which CloudWatch Logs puts events. */
export interface LogEnvelope extends JsonObject {
  readonly messageType: string;
  readonly logEvents: readonly JsonValue[];
}

/** The envelope whose JSON these bytes are; undefined when they are none. */
export function logEnvelopeIn(data: Uint8Array): LogEnvelope | undefined {
  const value = parsed(data);
  if (!isJsonObject(value)) return undefined;
  const { messageType, logEvents } = value;
  return typeof messageType === 'string' && Array.isArray(logEvents) ? { ...value, messageType, logEvents } : undefined;
}

/** What CloudWatch Logs says to see whether somebody is there. It holds no log events. */
export function isControlMessage({ messageType }: LogEnvelope): boolean {
  return messageType === 'CONTROL_MESSAGE';
}

/** As many as CloudWatch Logs gathers in one envelope, and room to spare: it puts at most 1 MB before compression. */
export const LOG_ENVELOPE_MOST_BYTES = 16 * 1024 * 1024;

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
  } catch {
    return undefined; // no JSON, so no envelope
  }
}
