import { createServer, type Server } from 'node:http';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { SQS } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dynamoRows } from '../../../src/lambda/aws/dynamo-rows.ts';
import { sqsWakes } from '../../../src/lambda/aws/sqs-wakes.ts';

/** How the far side answers one request: with a status and members in JSON, or by cutting the connection. */
type Fate = { readonly status: number; readonly members: object } | 'cut off';

/** What requests hold, as far as the tests look. */
interface Asked {
  readonly QueueUrl?: string;
  readonly Entries?: readonly { readonly DelaySeconds: number; readonly MessageBody: string }[];
}

const refused = (type: string): Fate => ({ status: 400, members: { __type: `x#${type}`, message: 'No.' } });
const THROTTLED = refused('ProvisionedThroughputExceededException');
const DONE: Fate = { status: 200, members: {} };
const ROW = { partition: 'lane/1', name: 'entry/1', body: '{}' };

let server: Server;
let fates: Fate[];
let requests: Asked[];
let settings: { endpoint: string; region: string; credentials: object; maxAttempts: number };

beforeEach(async () => {
  fates = [];
  requests = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    requests.push(JSON.parse(text));
    const fate = fates.shift() ?? DONE;
    if (fate === 'cut off') return request.socket.destroy();
    response.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(fate.members));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  settings = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials, maxAttempts: 1 };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const rows = () => {
  const client = new DynamoDB(settings as object);
  return dynamoRows({ client: async () => client, table: 'buffer' });
};

describe('a row that is created', () => {
  it('and is one too many for its partition is not tried again, and certainly not there', async () => {
    fates = [THROTTLED];

    await expect(rows().create(ROW)).rejects.toMatchObject({ code: 'Buffer.Throttled', retryable: true });
    expect(requests).toHaveLength(1);
  });

  it('after a try of unknown end is tried again, and then never said to be throttled', async () => {
    fates = ['cut off', THROTTLED, THROTTLED, THROTTLED];

    await expect(rows().create(ROW)).rejects.toMatchObject({
      code: 'DynamoDB.ProvisionedThroughputExceededException',
      retryable: true,
    });
    expect(requests).toHaveLength(4);
  });

  it('is there when a later try counts', async () => {
    fates = ['cut off', { status: 500, members: { __type: 'x#InternalServerError' } }, DONE];

    expect(await rows().create(ROW)).toBe(true);
    expect(requests).toHaveLength(3);
  });
});

describe('other requests', () => {
  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'are made again after %s, and in the end are Buffer.Throttled',
    async (type) => {
      fates = Array.from({ length: 4 }, () => refused(type));

      await expect(rows().replace(ROW, 1)).rejects.toMatchObject({ code: 'Buffer.Throttled', retryable: true });
      expect(requests).toHaveLength(4);

      fates = [refused(type), refused(type), DONE];
      expect(await rows().replace(ROW, 1)).toBe(true);
    },
  );

  it('that are wrong are not made again, and reject with the service and its word, without its fields', async () => {
    fates = [refused('ValidationException')];

    const error = await rows()
      .get(ROW)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: 'DeliveryError', code: 'DynamoDB.ValidationException', retryable: true });
    expect(error).toMatchObject({ message: expect.stringContaining('No.'), cause: undefined });
    expect(requests).toHaveLength(1);
  });

  it('of a service that is not there reject with what the connection did', async () => {
    settings = { ...settings, endpoint: 'http://127.0.0.1:1' };

    await expect(rows().get(ROW)).rejects.toMatchObject({ code: 'DynamoDB.ECONNREFUSED', retryable: true });
  });
});

describe('wake-ups', () => {
  const NOW = 1_767_225_600_000;
  const wakes = () => {
    const client = new SQS(settings as object);
    const queues = { process: `${settings.endpoint}/1/process`, deliver: `${settings.endpoint}/1/deliver` };
    return sqsWakes({ client: async () => client, queues, now: () => NOW });
  };
  const lane = (i: number) => ({ wake: { lane: `s/deliver/${i}` }, at: NOW });
  /** What was asked for, by the queue. */
  const sent = (queue: string) =>
    requests.flatMap(({ QueueUrl = '', Entries = [] }) => (QueueUrl.endsWith(queue) ? Entries : []));

  it('of lanes and batches to be processed are in one queue, all others in the other', async () => {
    const batch = (stage: 'process' | 'deliver' | 'backup' | 'error') => ({ batch: stage, streamId: 's', stage });

    await wakes().send([
      { wake: { lane: 's/deliver/' }, at: NOW },
      ...(['process', 'deliver', 'backup', 'error'] as const).map((stage) => ({ wake: batch(stage), at: NOW })),
    ]);

    const bodies = (queue: string) => sent(queue).map(({ MessageBody }) => JSON.parse(MessageBody));
    expect(bodies('process')).toEqual([{ lane: 's/deliver/' }, batch('process')]);
    expect(bodies('deliver')).toEqual([batch('deliver'), batch('backup'), batch('error')]);
  });

  it('wait for whole seconds, never less than asked for, as far as SQS can', async () => {
    const delays = [-5_000, 0, 1, 1_000, 1_001, 899_001, 900_000, 86_400_000];

    await wakes().send(delays.map((delay) => ({ ...lane(1), at: NOW + delay })));

    expect(sent('process').map(({ DelaySeconds }) => DelaySeconds)).toEqual([0, 0, 1, 1, 2, 900, 900, 900]);
  });

  it('that are sent at the same time share requests of ten', async () => {
    const all = wakes();

    await Promise.all(Array.from({ length: 25 }, (_, i) => all.send([lane(i)])));

    expect(requests.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 5]);
    expect(sent('process').map(({ MessageBody }) => JSON.parse(MessageBody))).toEqual(
      Array.from({ length: 25 }, (_, i) => lane(i).wake),
    );
  });

  it('of which one is not taken reject for whoever sent that one', async () => {
    fates = [{ status: 200, members: { Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }] } }];
    const all = wakes();

    const outcomes = await Promise.allSettled([all.send([lane(0)]), all.send([lane(1)]), all.send([lane(2)])]);

    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'SQS.InternalError', retryable: true } },
      { status: 'fulfilled' },
    ]);
  });

  it('reject when SQS is not there', async () => {
    settings = { ...settings, endpoint: 'http://127.0.0.1:1' };

    await expect(wakes().send([lane(0)])).rejects.toMatchObject({ code: 'SQS.ECONNREFUSED', retryable: true });
  });

  it('name lanes in characters that SQS takes', async () => {
    const name = { lane: 's/deliver/\u0000\ud800\ufffe\uffffü' };

    await wakes().send([{ wake: name, at: NOW }]);

    const [{ MessageBody } = { MessageBody: '' }] = sent('process');
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    expect(MessageBody).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]*$/);
    expect(JSON.parse(MessageBody)).toEqual(name);
  });

  it('none are no request', async () => {
    await wakes().send([]);

    expect(requests).toEqual([]);
  });
});
