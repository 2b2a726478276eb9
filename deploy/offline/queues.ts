import type { AddressInfo } from 'node:net';
import type { Resources, Settings } from '../framework.ts';
import type { Emulator } from './emulator.ts';

/** SQS on a free port, in memory. */
export async function startQueues(accountId: string, region: string): Promise<Emulator> {
  const { createSqsServer } = await import('local-aws-sqs');
  const options = { port: 0, hostname: '127.0.0.1', accountId, region, emulateQueueCreationLifecycle: false };
  const server = await createSqsServer(options);
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Queue {
  readonly url: string;
  readonly arn: string;
}

/** The template's queues, by the logical ids that are their names. */
export async function createQueues(
  resources: Resources,
  endpoint: string,
  region: string,
): Promise<ReadonlyMap<string, Queue>> {
  const { SQS } = await import('@aws-sdk/client-sqs');
  const client = new SQS({ endpoint, region, credentials: { accessKeyId: 'offline', secretAccessKey: 'any' } });
  const queues = new Map<string, Queue>();
  for (const [QueueName, Properties] of inOrder(resources)) {
    const Attributes = attributesOf(Properties, (logicalId) => queues.get(logicalId)?.arn);
    const { QueueUrl = '' } = await client.createQueue({ QueueName, Attributes });
    const answer = await client.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
    queues.set(QueueName, { url: QueueUrl, arn: answer.Attributes?.QueueArn ?? '' });
  }
  client.destroy();
  return queues;
}

/** A queue of dead letters comes before the queue that names it. */
function inOrder(resources: Resources): readonly (readonly [string, Settings])[] {
  const declared = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
  const queues = declared.map(([name, { Properties = {} }]) => [name, Properties] as const);
  return queues.sort(([, a], [, b]) => Number('RedrivePolicy' in a) - Number('RedrivePolicy' in b));
}

/** A queue's properties as CreateQueue takes them: texts all. */
function attributesOf(properties: Settings, arnOf: (logicalId: string) => string | undefined): Record<string, string> {
  const text = (value: unknown): string =>
    typeof value === 'object'
      ? JSON.stringify(value, (_, each) => (each?.['Fn::GetAtt'] ? arnOf(each['Fn::GetAtt'][0]) : each))
      : String(value);
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, text(value)]));
}
