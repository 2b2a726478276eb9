import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';
import type { SnsMessage } from '../../src/sources/sns.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const EVENTS: Readonly<Record<string, { event?: JsonObject; envelope?: JsonObject }>> = JSON.parse(read('events.json'));

/** What AWS's documentation shows, by its name in the fixtures, which say on which page. */
export function documented(name: string): JsonObject {
  const { event, envelope } = EVENTS[name] ?? {};
  const shown = event ?? envelope;
  if (shown === undefined) throw new Error(`There is no fixture ${name}.`);
  return shown;
}

/** A certificate that stands for SNS's, and what it signs. */
export const CERTIFICATE = read('sns.crt');

const SIGNED = {
  Notification: 'Message MessageId Subject Timestamp TopicArn Type',
  SubscriptionConfirmation: 'Message MessageId SubscribeURL Timestamp Token TopicArn Type',
  UnsubscribeConfirmation: 'Message MessageId SubscribeURL Timestamp Token TopicArn Type',
};

/** The message as SNS would sign it, if the certificate were its own. */
export function signed(message: JsonObject, version: '1' | '2' = '2'): SnsMessage {
  const type = message.Type as SnsMessage['Type']; // of the documentation's examples
  const names = SIGNED[type].split(' ').filter((name) => message[name] !== undefined);
  const text = names.map((name) => `${name}\n${String(message[name])}\n`).join('');
  const signer = createSign(version === '1' ? 'sha1' : 'sha256').update(text);
  const Signature = signer.sign(read('sns.key'), 'base64');
  return { ...message, SignatureVersion: version, Signature } as unknown as SnsMessage; // as the example is
}
