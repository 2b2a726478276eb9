import { isJsonObject, type JsonObject } from '../core/json.ts';
import { laneOf, type Stage } from '../core/lanes.ts';
import type { FunctionPorts, LambdaContext } from './function.ts';
import type { Wake } from './services.ts';

/** What SQS is told: these messages are delivered again, and in the end put into the dead-letter queue. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

interface Message {
  readonly id: string;
  readonly body: string;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
}

/**
 * Does what SQS's messages ask for, side by side; those that fail are named, and only they come again.
 *
 * Messages that came before go last and one after another: what made a function end in the middle then takes none of
 * its neighbours with it, nor twice the same.
 */
export async function receiveMessages(
  { open, log }: FunctionPorts,
  event: unknown,
  context: LambdaContext,
): Promise<BatchAnswer> {
  const host = await open();
  const invocation = host.invocation(context.getRemainingTimeInMillis());
  const failed: string[] = [];

  async function receive({ id, body, deliveries }: Message): Promise<void> {
    try {
      await invocation.wake(wakeIn(body));
    } catch (err) {
      log.error({ err, message: body.slice(0, BODY_SHOWN), deliveries }, 'A wake-up failed; SQS delivers it again.');
      failed.push(id);
    }
  }

  const messages = messagesIn(event);
  await Promise.all(messages.filter(({ deliveries }) => deliveries <= 1).map(receive));
  for (const again of messages.filter(({ deliveries }) => deliveries > 1)) {
    if (invocation.isEnding()) failed.push(again.id);
    else await receive(again);
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

const BODY_SHOWN = 300;

/** Throws when the event is not one of SQS's. */
function messagesIn(event: unknown): readonly Message[] {
  const records = isJsonObject(event) ? event.Records : undefined;
  if (!Array.isArray(records) || !records.every(isJsonObject)) {
    throw new Error('This function does what messages of SQS ask for; its event holds none.');
  }
  return records.map(({ messageId, body, attributes }) => ({
    id: String(messageId),
    body: String(body),
    deliveries: (isJsonObject(attributes) && Number(attributes.ApproximateReceiveCount)) || 1,
  }));
}

const STAGES: readonly unknown[] = ['process', 'deliver', 'backup', 'error'] satisfies Stage[];

/** Throws for what no version of ours has sent, or only a newer one: the dead-letter queue keeps it. */
function wakeIn(body: string): Wake {
  const wake: unknown = JSON.parse(body);
  const { lane, batch, streamId, stage }: JsonObject = isJsonObject(wake) ? wake : {};
  if (typeof lane === 'string' && STAGES.includes(laneOf(lane).stage)) return { lane };
  if (typeof batch === 'string' && typeof streamId === 'string' && isStage(stage)) return { batch, streamId, stage };
  throw new Error('The message is no wake-up: it names neither a lane nor a batch of some stage.');
}

function isStage(value: unknown): value is Stage {
  return STAGES.includes(value);
}
