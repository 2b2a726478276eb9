import type { AddressInfo } from 'node:net';
import type { Resources, Settings } from '../framework.ts';

export interface Queues {
  readonly endpoint: string;
  /** By the queue's logical id. */
  urlOf(logicalId: string): string;
  arnOf(logicalId: string): string;
  close(): Promise<void>;
}

/** SQS on a free port, in memory, with the template's queues. */
export async function startQueues(
  resources: Resources,
  { account, region }: { readonly account: string; readonly region: string },
): Promise<Queues> {
  const { createSqsServer } = await import('local-aws-sqs');
  const arnOf = (logicalId: string): string => `arn:aws:sqs:${region}:${account}:${logicalId}`;
  const declared = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
  // A queue of dead letters comes before the queue that names it.
  declared.sort(
    ([, a], [, b]) => Number('RedrivePolicy' in (a.Properties ?? {})) - Number('RedrivePolicy' in (b.Properties ?? {})),
  );
  const server = await createSqsServer({
    ...{ port: 0, hostname: '127.0.0.1', accountId: account, region, emulateQueueCreationLifecycle: false },
    queues: declared.map(([QueueName, { Properties = {} }]) => ({
      QueueName,
      Attributes: attributesOf(Properties, arnOf),
    })),
  });
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    urlOf: (logicalId) => `${endpoint}/${account}/${logicalId}`,
    arnOf,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A queue's properties as CreateQueue takes them: texts all. */
function attributesOf(properties: Settings, arnOf: (logicalId: string) => string): Record<string, string> {
  const text = (value: unknown): string =>
    typeof value === 'object'
      ? JSON.stringify(value, (_, each) => (each?.['Fn::GetAtt'] ? arnOf(each['Fn::GetAtt'][0]) : each))
      : String(value);
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, text(value)]));
}
