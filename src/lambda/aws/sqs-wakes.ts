import type { BatchResultErrorEntry, SQS } from '@aws-sdk/client-sqs';
import { DeliveryError } from '../../core/errors.ts';
import type { Message, Wake, Wakes } from '../services.ts';
import { asked } from './asked.ts';

export interface SqsWakesOptions {
  readonly client: () => Promise<SQS>;
  /** Their URLs: of the functions that process, and that deliver. */
  readonly queues: { readonly process: string; readonly deliver: string };
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** In SendMessageBatch. */
const MESSAGES_AT_ONCE = 10;
/** The longest that SQS holds a message back, and Firehose's longest interval. */
const DELAY_MOST_SECONDS = 900;

interface Waiting {
  readonly message: Message;
  readonly settle: (failure?: DeliveryError) => void;
}

/**
 * Wake-ups as messages of two queues, the JSON of a `Wake` each. What is sent at the same time, by whichever call, goes
 * in as few requests as it fits in.
 */
export function sqsWakes({ client, queues, now }: SqsWakesOptions): Wakes {
  const waiting = new Map<string, Waiting[]>();

  function post(message: Message): Promise<void> {
    const queue = isForProcess(message.wake) ? queues.process : queues.deliver;
    const together = waiting.get(queue) ?? [];
    if (together.length === 0) {
      waiting.set(queue, together);
      setImmediate(() => {
        waiting.delete(queue);
        for (let i = 0; i < together.length; i += MESSAGES_AT_ONCE) {
          void sendSome(queue, together.slice(i, i + MESSAGES_AT_ONCE));
        }
      });
    }
    return new Promise((resolve, reject) => {
      together.push({ message, settle: (failure) => (failure === undefined ? resolve() : reject(failure)) });
    });
  }

  async function sendSome(queue: string, some: readonly Waiting[]): Promise<void> {
    const entries = some.map(({ message: { wake, at } }, i) => ({
      Id: String(i),
      MessageBody: bodyOf(wake),
      DelaySeconds: Math.min(Math.max(Math.ceil((at - now()) / 1000), 0), DELAY_MOST_SECONDS),
    }));
    try {
      const { Failed = [] } = await asked('SQS', async () =>
        (await client()).sendMessageBatch({ QueueUrl: queue, Entries: entries }),
      );
      const failures = new Map(Failed.map((failed) => [failed.Id, notSent(failed)]));
      for (const [i, { settle }] of some.entries()) settle(failures.get(String(i)));
    } catch (error) {
      for (const { settle } of some) settle(error as DeliveryError); // as `asked` says
    }
  }

  return {
    async send(messages) {
      await Promise.all(messages.map(post));
    },
  };
}

/** What the queue of the processing functions is for; the other is for everything else. */
function isForProcess(wake: Wake): boolean {
  return 'lane' in wake || wake.stage === 'process';
}

/** Lanes are named for what is in records, which may hold characters that SQS does not take. */
function bodyOf(wake: Wake): string {
  return JSON.stringify(wake).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
}

function notSent({ Code, Message }: BatchResultErrorEntry): DeliveryError {
  return new DeliveryError(`SQS did not take a wake-up: ${Code} ${Message ?? ''}`, {
    code: `SQS.${Code}`,
    retryable: true,
  });
}
