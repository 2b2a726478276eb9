import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { kinesisApi } from '../../../src/local/kinesis/kinesis-api.ts';
import { type KinesisSettings, kinesisClient } from '../../../src/local/kinesis/kinesis-client.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { CREDENTIALS, kinesisEndpoint } from './kinesis-endpoint.ts';
import { kinesisModel, refused } from './kinesis-model.ts';
import { START } from './reading.ts';

const STREAM = { arn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks', name: 'clicks', region: 'eu-west-1' };
const never = new AbortController().signal;

interface Circumstances {
  readonly behave?: (action: string, answer: ServerResponse) => boolean;
  /** By how much Kinesis' clock is ahead of ours, in ms. */
  readonly aheadMs?: number;
  readonly credentials?: NonNullable<KinesisSettings['credentials']>;
}

async function connected({
  behave = () => false,
  aheadMs = 0,
  credentials = async () => CREDENTIALS,
}: Circumstances = {}) {
  const clock = virtualClock(START);
  const model = kinesisModel(clock.now);
  const server = await kinesisEndpoint(model, { behave, clock: () => clock.now() + aheadMs });
  const settings = { endpoint: server.endpoint, credentials };
  const client = kinesisClient(settings, clock);
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return { clock, model, server, api: kinesisApi(client, settings) };
}

describe("Kinesis' API", () => {
  it('tells of all shards, page by page, with what they were made from', async () => {
    const { model, api } = await connected();
    const first = model.addShard();
    const [one, other] = model.split(first);
    const last = model.merge(one, other);

    expect(await api.shards(STREAM, never)).toEqual([
      { id: first, parents: [] },
      { id: one, parents: [first] },
      { id: other, parents: [first] },
      { id: last, parents: [one, other] },
    ]);
  });

  it('gives records with their bytes, times, keys and numbers, and at the end of a shard no way on', async () => {
    const { model, api } = await connected();
    const shardId = model.addShard();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    model.put(shardId, bytes, '');

    const iterator = await api.iterator(STREAM, { shardId, start: { at: 'oldest' } }, never);
    const { next, ...answer } = await api.read(STREAM, { shardId, iterator }, never);
    expect(answer).toEqual({
      behindMs: 0,
      records: [
        { shardId, sequenceNumber: '4958', partitionKey: 'p', arrivedAt: START, data: bytes },
        { shardId, sequenceNumber: '4959', partitionKey: 'p', arrivedAt: START, data: Buffer.alloc(0) },
      ],
    });

    model.split(shardId);
    expect(await api.read(STREAM, { shardId, iterator: next ?? '' }, never)).toEqual({ behindMs: 0, records: [] });
  });

  it.each([
    [{ at: 'time', time: START }, '4958'],
    [{ at: 'sequenceNumber', sequenceNumber: '4959' }, '4959'],
    [{ at: 'afterSequenceNumber', sequenceNumber: '4958' }, '4959'],
  ] as const)('starts at %j', async (start, first) => {
    const { model, api } = await connected();
    const shardId = model.addShard();
    model.put(shardId, 'a', 'b');

    const iterator = await api.iterator(STREAM, { shardId, start }, never);

    const { records } = await api.read(STREAM, { shardId, iterator }, never);
    expect(records[0]).toMatchObject({ sequenceNumber: first });
  });

  it('of AWS is asked by ARN, in the region of the ARN unless another is configured', async () => {
    const asked: unknown[] = [];
    const client = {
      call: async (action: string, input: JsonObject, { region }: { readonly region: string }) => {
        asked.push([action, input, region]);
        return { Shards: [] };
      },
      close() {},
    };

    await kinesisApi(client, {}).shards(STREAM, never);
    await kinesisApi(client, { region: 'us-west-2' }).shards(STREAM, never);

    const input = { StreamARN: STREAM.arn };
    expect(asked).toEqual([
      ['ListShards', input, 'eu-west-1'],
      ['ListShards', input, 'us-west-2'],
    ]);
  });
});

describe('a call that fails', () => {
  it.each([
    ['AccessDeniedException', 'Kinesis.AccessDenied'],
    ['ExpiredIteratorException', 'Kinesis.ExpiredIterator'],
    ['InvalidArgumentException', 'Kinesis.InvalidArgument'],
    ['KMSAccessDeniedException', 'Kinesis.KMS.AccessDeniedException'],
    ['KMSNotFoundException', 'Kinesis.KMS.NotFoundException'],
    ['LimitExceededException', 'Kinesis.Throttling'],
    ['OptInRequired', 'Kinesis.SubscriptionRequired'],
    ['ProvisionedThroughputExceededException', 'Kinesis.Throttling'],
    ['ResourceNotFoundException', 'Kinesis.ResourceNotFound'],
    ['constructor', 'Kinesis.constructor'],
    ['', 'Kinesis.Status400'],
  ])('with %s has the code that Firehose gives it', async (type, code) => {
    const { model, api } = await connected();
    model.before = () => {
      throw refused(type, 'It is so.');
    };

    const message = expect.stringContaining('It is so.');
    await expect(api.shards(STREAM, never)).rejects.toMatchObject({ code, retryable: true, message });
  });

  const text = (body: string) => (_: string, answer: ServerResponse) => {
    answer.end(body);
    return true;
  };

  it.each([
    ['no JSON', text('<html>')],
    ['no object', text('[]')],
    ['no shards', text('{}')],
    ['shards without an id', text('{"Shards":[{}]}')],
    ['pages without an end', text('{"Shards":[],"NextToken":"more"}')],
  ])('because the answer has %s says so', async (_, behave) => {
    const { api } = await connected({ behave });

    await expect(api.shards(STREAM, never)).rejects.toMatchObject({ code: 'Kinesis.BadAnswer' });
  });

  it.each([
    ['without an iterator', '{}'],
    ['with a record that lacks something', '{"ShardIterator":"i","Records":[{"Data":""}]}'],
  ])('because the answer is one %s says so', async (_, body) => {
    const { api } = await connected({ behave: text(body) });
    const reading = api
      .iterator(STREAM, { shardId: 's', start: { at: 'oldest' } }, never)
      .then((iterator) => api.read(STREAM, { shardId: 's', iterator }, never));

    await expect(reading).rejects.toMatchObject({ code: 'Kinesis.BadAnswer' });
  });

  it('because the answer has no end takes no more memory than an answer may', async () => {
    const { api } = await connected({
      behave(_, answer) {
        const more = () => {
          while (answer.write(' '.repeat(1024 * 1024)));
        };
        answer.on('drain', more);
        more();
        return true;
      },
    });

    await expect(api.shards(STREAM, never)).rejects.toMatchObject({ code: 'Kinesis.BadAnswer' });
  });

  it('because nobody listens says so', async () => {
    const { server, api } = await connected();
    await server.close();

    await expect(api.shards(STREAM, never)).rejects.toMatchObject({
      code: 'Kinesis.Unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('because no answer comes is given up', async () => {
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { api, clock } = await connected({
      behave() {
        asked();
        return true;
      },
    });
    const outcome = expect(api.shards(STREAM, never)).rejects.toMatchObject({ code: 'Kinesis.Unreachable' });

    await wasAsked;
    await clock.pass(5_000);

    await outcome;
  });

  it('because the caller gave it up says what the caller said', async () => {
    const stop = new AbortController();
    const { api } = await connected({
      behave() {
        stop.abort('enough');
        return true;
      },
    });

    await expect(api.shards(STREAM, stop.signal)).rejects.toBe('enough');
    await expect(api.shards(STREAM, stop.signal)).rejects.toBe('enough');
  });

  it('for want of credentials says so', async () => {
    const { api } = await connected({ credentials: () => Promise.reject(new Error('No providers')) });

    await expect(api.shards(STREAM, never)).rejects.toMatchObject({ code: 'Kinesis.AccessDenied' });
  });

  it('because our clock is wrong does not fail again', async () => {
    const { api } = await connected({ aheadMs: 3_600_000 });

    await expect(api.shards(STREAM, never)).rejects.toMatchObject({ code: 'Kinesis.InvalidSignature' });
    expect(await api.shards(STREAM, never)).toEqual([]);
  });
});
