import { isJsonObject, type JsonObject } from '../core/json.ts';
import { decodeBase64 } from '../formats/base64.ts';
import { gunzipped } from '../formats/gunzip.ts';
import { isControlMessage, LOG_ENVELOPE_MOST_BYTES, logEnvelopeIn } from '../formats/log-envelope.ts';
import { malformed, tooLarge } from './refusals.ts';

/** What a subscription of CloudWatch Logs hands to a function. */
export interface LogsEvent extends JsonObject {
  readonly awslogs: JsonObject;
}

export function isLogsEvent(value: JsonObject): value is LogsEvent {
  return isJsonObject(value.awslogs);
}

export interface SubscribedLogs {
  /** The account and the name of the log group. */
  readonly owner: string;
  readonly logGroup: string;
  /**
   * The record that CloudWatch Logs itself puts to a delivery stream: the envelope, still compressed, for the stream's
   * Decompression and CloudWatchLogProcessing. None when it holds no log events but a message of control.
   */
  readonly records: readonly Uint8Array[];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
export async function subscribedLogs({ awslogs }: LogsEvent): Promise<SubscribedLogs> {
  const data = typeof awslogs.data === 'string' ? decodeBase64(awslogs.data) : undefined;
  if (data === undefined) throw malformed('The event of CloudWatch Logs has no awslogs.data in base64.');
  const text = await gunzipped(data, LOG_ENVELOPE_MOST_BYTES);
  if (text === 'too large') {
    throw tooLarge(`The awslogs.data of CloudWatch Logs holds more than ${LOG_ENVELOPE_MOST_BYTES} bytes.`);
  }
  const envelope = text === 'not gzip' ? undefined : logEnvelopeIn(text);
  if (typeof envelope?.owner !== 'string' || typeof envelope.logGroup !== 'string') {
    throw malformed('The awslogs.data of CloudWatch Logs is not a compressed envelope of log events.');
  }
  const { owner, logGroup } = envelope;
  return { owner, logGroup, records: isControlMessage(envelope) ? [] : [data] };
}
