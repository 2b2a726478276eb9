import assert from 'node:assert';
import { setTimeout } from 'node:timers/promises';
import type { Message, SQS } from '@aws-sdk/client-sqs';
import type { QueueEvent, ServerlessFunction } from '../framework.ts';
import type { Invoke } from './invoke.ts';
import type { Queue } from './queues.ts';

export interface Polling {
  start(): void;
  /** Takes no more messages, and waits a while for what is under way. */
  stop(): Promise<void>;
}

export interface PollingOptions {
  readonly functions: readonly ServerlessFunction[];
  /** Of SQS. */
  readonly endpoint: string;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly invoke: Invoke;
  readonly region: string;
}

/** Of each function; every one is a thread. */
const INVOCATIONS_MOST = 4;
/** The longest that SQS waits for a message. */
const WAIT_SECONDS = 20;
/** Before it asks again after an error. */
const PAUSE_MS = 1_000;
const STOP_LONGEST_MS = 5_000;

/**
 * What Lambda does between SQS and the functions, as far as serverless.yml uses it: hands messages over, as many at
 * once as the event says, and deletes those that the answer does not name among its `batchItemFailures`; all others
 * are seen again when their visibility timeout is over.
 */
export function pollQueues({ functions, endpoint, queues, invoke, region }: PollingOptions): Polling {
  const stopping = new AbortController();
  const loops: Promise<void>[] = [];

  async function poll(sqs: SQS, name: string, { arn, batchSize }: QueueEvent): Promise<void> {
    const queue = queues.get(arn['Fn::GetAtt'][0]);
    assert(queue, 'the template declares every queue that an event names');
    const QueueUrl = queue.url;
    while (!stopping.signal.aborted) {
      try {
        const { Messages = [] } = await sqs.receiveMessage(
          {
            QueueUrl,
            MaxNumberOfMessages: batchSize,
            WaitTimeSeconds: WAIT_SECONDS,
            // How often a message was received, by the newer name and by the one that emulators know.
            MessageSystemAttributeNames: ['All'],
            AttributeNames: ['All'],
          },
          { abortSignal: stopping.signal },
        );
        if (Messages.length === 0) continue;
        const Records = Messages.map((message) => recordOf(message, { eventSourceARN: queue.arn, region }));
        const failed = failuresIn(await invoke(name, { Records }));
        for (const { MessageId = '', ReceiptHandle } of Messages) {
          if (!failed.includes(MessageId)) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        console.error(
          `hydrant: a message for ${name} was not handled: ${error instanceof Error ? error.message : error}`,
        );
        await setTimeout(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {}); // stopped meanwhile
      }
    }
  }

  return {
    async start() {
      const { SQS } = await import('@aws-sdk/client-sqs');
      const credentials = { accessKeyId: 'offline', secretAccessKey: 'any' };
      const sqs = new SQS({ endpoint, region, credentials });
      for (const { name, events = [] } of functions) {
        for (const { sqs: event } of events) {
          if (event === undefined) continue;
          for (let i = 0; i < INVOCATIONS_MOST; i++) loops.push(poll(sqs, name, event));
        }
      }
    },

    async stop() {
      stopping.abort();
      const waited = new AbortController();
      const late = setTimeout(STOP_LONGEST_MS, undefined, { signal: waited.signal }).catch(() => {}); // not that late
      await Promise.race([Promise.all(loops), late]);
      waited.abort();
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function recordOf(
  { MessageId, ReceiptHandle, Body, MD5OfBody, Attributes = {} }: Message,
  { eventSourceARN, region }: { readonly eventSourceARN: string; readonly region: string },
): object {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    md5OfBody: MD5OfBody,
    attributes: Attributes,
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: region,
  };
}

/**
 * Ids of the messages that are to be seen again.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failuresIn(answer: unknown): readonly string[] {
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: readonly { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}
