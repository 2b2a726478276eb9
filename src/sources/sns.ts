import { isJsonObject, type JsonObject } from '../core/json.ts';
import { malformed } from './refusals.ts';

/** What SNS sends to an endpoint: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export interface SnsMessage extends JsonObject {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
}

const TYPES: readonly unknown[] = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'];
const TEXTS = ['MessageId', 'TopicArn', 'Message', 'Timestamp'] as const;

/** The message whose members these are. Throws an `ApiError` that names what is missing. */
export function snsMessage(value: unknown): SnsMessage {
  if (!isJsonObject(value) || !TYPES.includes(value.Type)) {
    throw malformed('This is no message of SNS: its Type is none of Notification and the two confirmations.');
  }
  const missing = TEXTS.find((member) => typeof value[member] !== 'string');
  if (missing !== undefined) throw malformed(`The message of SNS has no ${missing}.`);
  return value as SnsMessage; // what makes it one has just been looked at
}

/**
 * A notification as the record that SNS itself puts to a delivery stream: its members without the signature, and a line
 * feed. https://docs.aws.amazon.com/sns/latest/dg/firehose-archived-message-format-S3.html
 */
export function notificationRecord(message: SnsMessage): Uint8Array {
  const { Type, MessageId, TopicArn, Subject, Message, Timestamp, MessageAttributes } = message;
  // To functions SNS spells it otherwise.
  const UnsubscribeURL = message.UnsubscribeURL ?? message.UnsubscribeUrl;
  const hasAttributes = isJsonObject(MessageAttributes) && Object.keys(MessageAttributes).length > 0;
  const members = {
    ...{ Type, MessageId, TopicArn },
    ...(typeof Subject === 'string' && { Subject }),
    ...{ Message, Timestamp },
    ...(UnsubscribeURL !== undefined && { UnsubscribeURL }),
    ...(hasAttributes && { MessageAttributes }),
  };
  return Buffer.from(`${JSON.stringify(members)}\n`);
}
