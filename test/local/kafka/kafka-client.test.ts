import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type KafkaSettings, kafkaClient } from '../../../src/local/kafka/kafka-client.ts';
import type { SaslSettings } from '../../../src/local/kafka/sasl.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { batchOf } from './batches.ts';
import { kafkaEndpoint } from './kafka-endpoint.ts';
import { ERRORS, kafkaModel, refused } from './kafka-model.ts';

const T = 1_700_000_000_000;
const never = new AbortController().signal;
const from = { leader: 1, topic: 'clicks' };
const credentials = async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' });

async function connected({ metadata = 12, ...settings }: Partial<KafkaSettings> & { readonly metadata?: number } = {}) {
  const clock = virtualClock(T);
  const model = kafkaModel(clock.now);
  model.make(2);
  for (const partition of [0, 1]) model.move(partition, 0);
  const endpoint = await kafkaEndpoint(model, { metadata });
  const bootstrapBrokers = [{ host: '127.0.0.1', port: endpoint.port }];
  const client = kafkaClient({ bootstrapBrokers, ...settings }, { ...clock, credentials });
  onTestFinished(async () => {
    client.close();
    await endpoint.close();
  });
  return { model, endpoint, client, clock };
}

describe('a client of Kafka', () => {
  it.each([
    [12, 'AAAAAAAAAAAAAAAAAAAABw'],
    [8, undefined],
  ])('finds partitions and their leaders where Metadata %i is the newest', async (metadata, id) => {
    const { client } = await connected({ metadata });

    const topic = await client.topic('clicks', never);

    const partitions = [0, 1].map((partition) => ({ partition, leader: 1 }));
    expect(topic).toEqual({ ...(id && { id }), partitions });
  });

  it('finds the first offset, the last, and that of a time', async () => {
    const { client, model, clock } = await connected();
    model.write(0, 'a');
    await clock.pass(1_000);
    model.write(0, 'b');
    await client.topic('clicks', never);
    const offsetOf = async (place: 'earliest' | 'latest' | number) =>
      (await client.offsets(from, [{ partition: 0, place }], never)).get(0);

    expect([await offsetOf('earliest'), await offsetOf('latest')]).toEqual([0, 2]);
    expect([await offsetOf(T + 1_000), await offsetOf(T + 1_001)]).toEqual([1, undefined]);
  });

  it('gets batches as they are, and says of each partition what keeps it from being read', async () => {
    const { client, model } = await connected();
    model.write(0, 'a', 'b');
    model.expire(1, 5);
    await client.topic('clicks', never);

    const answers = await client.fetch(
      from,
      [0, 1].map((partition) => ({ partition, offset: 1 - partition })),
      never,
    );

    const batches = batchOf({ offset: 1, values: ['b'], writtenAt: T });
    expect(answers).toMatchObject([
      { partition: 0, end: 2, batches, aborted: [{ producerId: 5, firstOffset: 9 }] },
      { partition: 1, error: { code: 'Kafka.OffsetOutOfRange' } },
    ]);
  });

  it('says that the topic is not there', async () => {
    const { client, model } = await connected();
    model.remove();

    await expect(client.topic('clicks', never)).rejects.toMatchObject({ code: 'Kafka.ResourceNotFound' });
  });

  it('logs in before it asks anything, and says when it may not', async () => {
    vi.stubEnv('KAFKA_PASSWORD', 'secret');
    const sasl: SaslSettings = { mechanism: 'PLAIN', username: 'alice', password: { variable: 'KAFKA_PASSWORD' } };
    const { client, endpoint } = await connected({ sasl });
    await client.topic('clicks', never);
    expect(endpoint.asked).toEqual(['ApiVersions', 'SaslHandshake', 'SaslAuthenticate', 'Metadata']);

    vi.stubEnv('KAFKA_PASSWORD', 'wrong');
    endpoint.drop();
    await expect(client.topic('clicks', never)).rejects.toMatchObject({ code: 'Kafka.AccessDenied' });
    vi.stubEnv('KAFKA_PASSWORD', '');
    await expect(client.topic('clicks', never)).rejects.toThrow('the variable KAFKA_PASSWORD cannot be read');
    vi.unstubAllEnvs();
  });

  it('does not take the word of a broker that has not the password either', async () => {
    vi.stubEnv('KAFKA_PASSWORD', 'secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const sasl: SaslSettings = {
      mechanism: 'SCRAM-SHA-256',
      username: 'bob',
      password: { variable: 'KAFKA_PASSWORD' },
    };
    const { client } = await connected({ sasl });

    await expect(client.topic('clicks', never)).rejects.toMatchObject({ code: 'Kafka.AccessDenied' });
  });

  it('connects again, without a word, where the broker has closed an idle connection', async () => {
    const { client, endpoint } = await connected();
    await client.topic('clicks', never);
    endpoint.drop();

    const answers = await client.fetch(from, [{ partition: 0, offset: 0 }], never);

    expect(answers).toHaveLength(1);
  });

  it('takes the next of the bootstrap brokers where one does not answer', async () => {
    const { endpoint } = await connected();
    const closed = await kafkaEndpoint(kafkaModel(() => T));
    await closed.close();
    const bootstrapBrokers = [closed.port, endpoint.port].map((port) => ({ host: '127.0.0.1', port }));
    const client = kafkaClient({ bootstrapBrokers }, { ...virtualClock(T), credentials });
    onTestFinished(client.close);

    expect((await client.topic('clicks', never)).partitions).toHaveLength(2);
  });

  it('says that a broker cannot be reached, and that one does not speak TLS', async () => {
    const { endpoint } = await connected();
    const bootstrapBrokers = [{ host: '127.0.0.1', port: endpoint.port }];
    const client = kafkaClient({ bootstrapBrokers, tls: {} }, { ...virtualClock(T), credentials });
    onTestFinished(client.close);
    await expect(client.topic('clicks', never)).rejects.toMatchObject({
      code: 'Kafka.Unreachable',
      message: expect.stringContaining('see tls'),
    });

    await endpoint.close();
    await expect(client.topic('clicks', never)).rejects.toMatchObject({ code: 'Kafka.Unreachable' });
  });

  it.each([
    ['ends too early', Buffer.from([0, 0, 0, 1, 0]), 'is not what Kafka says'],
    ['is of another request', Buffer.concat([Buffer.from([0, 0, 0, 9]), Buffer.alloc(64)]), 'is out of order'],
    [
      'has fields without an end',
      Buffer.from([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      'is not what Kafka says',
    ],
    [
      'says it is longer than it is',
      Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 0x7f, 0x7f, 0x7f]),
      'is not what Kafka says',
    ],
  ])('refuses an answer that %s', async (_, answer, said) => {
    const { client, endpoint } = await connected();
    endpoint.instead = (name) => (name === 'Metadata' ? answer : undefined);

    await expect(client.topic('clicks', never)).rejects.toMatchObject({
      code: 'Kafka.BadAnswer',
      message: expect.stringContaining(said),
    });
  });

  it('gives up a request that is not answered', async () => {
    const { client, endpoint, clock } = await connected();
    await client.topic('clicks', never);
    let ask = (): void => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    endpoint.instead = (name) => {
      if (name !== 'Fetch') return undefined;
      ask();
      return 'nothing';
    };
    const answered = client.fetch(from, [{ partition: 0, offset: 0 }], never).catch((error) => error);
    await asked;
    await clock.pass(30_000);

    expect(await answered).toMatchObject({ code: 'Kafka.Unreachable', message: expect.stringContaining('30 seconds') });
  });

  it('stops asking when it is told to', async () => {
    const { client, model } = await connected();
    await client.topic('clicks', never);
    const stop = new AbortController();
    model.before = () => stop.abort(new Error('stopped'));

    await expect(client.fetch(from, [{ partition: 0, offset: 0 }], stop.signal)).rejects.toThrow('stopped');
  });

  it('does not know a leader that no answer has named', async () => {
    const { client } = await connected();

    await expect(client.fetch(from, [], never)).rejects.toMatchObject({ code: 'Kafka.NotLeader' });
    expect(refused(ERRORS.notLeader).code).toBe('Kafka.NotLeader');
  });
});
