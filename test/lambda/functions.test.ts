import { describe, expect, it } from 'vitest';
import type { Destination } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { Adapters } from '../../src/core/route.ts';
import type { LambdaPorts } from '../../src/lambda/host.ts';
import { createInput } from '../api/inputs.ts';
import { aStream } from '../kit/streams.ts';
import { deployment, INVOCATION_MS, messageOf, type SqsMessage } from './deployment.ts';

const STREAM = aStream({ name: 'clicks' });
const MINUTE_MS = 60_000;
/** Then the lease of what an invocation has left has lapsed. */
const LAPSED_MS = INVOCATION_MS + 6_000;

const lines = (...texts: readonly string[]) => texts.map((text) => `${text}\n`);
const never = new Promise<never>(() => {});

/** A promise, and what fulfils it. */
function promised<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

/** The real buckets, but for batches of one stream. */
const but = (name: string, deliver: Destination['deliver']) => {
  return ({ s3, others }: Adapters): Adapters => ({
    s3: { ...s3, deliver: (slice, stop) => (slice.stream.name === name ? deliver : s3.deliver)(slice, stop) },
    others,
  });
};

/** Messages again, as often as SQS has delivered them by now. */
const again = (messages: readonly SqsMessage[], receiveCount: number) =>
  messages.map(({ body }) => messageOf(body, receiveCount));

describe('the functions together', () => {
  it('deliver what was put when its interval is over', async () => {
    const { put, run, delivered } = await deployment({ streams: [STREAM] });

    expect((await put('clicks', ...lines('a', 'b'))).status).toBe(200);
    await run(59_000);
    expect(await delivered()).toEqual([]);
    await run(2_000);

    expect(await delivered()).toEqual(['a', 'b']);
  });

  it('deliver once what every message asks for twice, side by side and again later', async () => {
    const streams = ['a', 'b'].map((name) => aStream({ name }));
    const { put, due, clock, container, delivered, model } = await deployment({ streams });
    for (const { name } of streams) await put(name, ...lines(`${name}1`, `${name}2`));
    const all: SqsMessage[] = [];

    await clock.pass(MINUTE_MS);
    for (let round = 0; round < 5; round++) {
      const messages = due();
      all.push(...messages);
      const answers = await Promise.all([messages, messages].map((each) => container().receive(each)));
      expect(answers).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    }
    await clock.pass(MINUTE_MS);
    await container().receive(all);

    expect(model.state.messages).toEqual([]);
    expect(await delivered()).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('discard what is buffered for a stream that is deleted', async () => {
    const { put, container, model } = await deployment({ streams: [STREAM] });
    await put('clicks', ...lines('a'));

    const { status } = await container().request('DeleteDeliveryStream', { DeliveryStreamName: 'clicks' });

    expect(status).toBe(200);
    expect([...model.state.rows.values()].filter(({ dueAt }) => dueAt !== undefined)).toEqual([]);
    expect([...model.state.objects.keys()]).toEqual([]);
  });

  it.each([
    ['takes long', (): Promise<never> => never],
    [
      'fails',
      (): Promise<never> => Promise.reject(new DeliveryError('No.', { code: 'DynamoDB.Unavailable', retryable: true })),
    ],
  ])('delete a stream although discarding what it held %s: the sweep goes on with that', async (_, ask) => {
    const held = () => ({ [Symbol.asyncIterator]: () => ({ next: ask }) });
    const { put, run, clock, container, delivered, model } = await deployment({
      streams: [STREAM],
      between: ({ rows }) => ({ rows: { ...rows, held } }),
    });
    await put('clicks', ...lines('a'));

    const deleted = container().request('DeleteDeliveryStream', { DeliveryStreamName: 'clicks' });
    await clock.pass(10_000);

    expect((await deleted).status).toBe(200);
    await clock.pass(MINUTE_MS);
    await container().schedule({});
    await run(MINUTE_MS);
    expect(await delivered()).toEqual([]);
    expect([...model.state.objects.keys()]).toEqual([]);
  });
});

describe('a put', () => {
  it('is not answered before its wake-up is sent', async () => {
    const events: string[] = [];
    const sent = promised<void>();
    const { put } = await deployment({
      streams: [STREAM],
      between: () => ({
        wakes: { send: () => sent.promise.then(() => void events.push('sent')) },
      }),
    });

    const answered = put('clicks', ...lines('a')).then(() => events.push('answered'));
    await new Promise((resolve) => setImmediate(resolve));
    sent.resolve();
    await answered;

    expect(events).toEqual(['sent', 'answered']);
  });

  it('is answered though its wake-up cannot be sent, since the sweep finds it', async () => {
    const failure = new DeliveryError('No.', { code: 'SQS.Unavailable', retryable: true });
    let isBroken = true;
    const between = ({ wakes }: LambdaPorts): Partial<LambdaPorts> => ({
      wakes: { send: (messages) => (isBroken ? Promise.reject(failure) : wakes.send(messages)) },
    });
    const { put, clock, run, container, delivered } = await deployment({ streams: [STREAM], between });

    expect((await put('clicks', ...lines('a'))).status).toBe(200);
    isBroken = false;
    await clock.pass(2 * MINUTE_MS);
    await container().schedule({});
    await run(0);

    expect(await delivered()).toEqual(['a']);
  });

  it('is told to slow down while the staging bucket takes nothing', async () => {
    const put = async () => {
      throw new DeliveryError('No.', { code: 'S3.SlowDown', retryable: true });
    };
    const failing = await deployment({
      streams: [STREAM],
      between: ({ objects }) => ({ objects: { ...objects, put } }),
    });

    const { status, body } = await failing.put('clicks', 'x'.repeat(100_000));

    expect([status, body]).toEqual([503, { __type: 'ServiceUnavailableException', message: 'Slow down.' }]);
  });

  it('of many into one lane sends one wake-up, as far as a container remembers', async () => {
    const { container, model } = await deployment({ streams: [STREAM] });
    const record = { DeliveryStreamName: 'clicks', Record: { Data: 'eA==' } };
    const api = container();

    for (let i = 0; i < 3; i++) await api.request('PutRecord', record);

    expect(model.state.messages.map(({ wake }) => wake)).toEqual([{ lane: 'idclicks/deliver/' }]);
  });

  it('is answered as a fault of ours when the streams cannot be read', async () => {
    const get = async () => {
      throw new Error('the table is on fire');
    };
    const failing = await deployment({
      streams: [STREAM],
      between: ({ streams }) => ({ streams: { ...streams, get } }),
    });

    const { status, body } = await failing.put('clicks', 'a');

    expect([status, body.__type]).toEqual([500, 'InternalFailure']);
    expect(JSON.stringify(body)).not.toContain('fire');
    expect(JSON.stringify(failing.logged)).toContain('the table is on fire');
  });
});

describe('an HTTP endpoint', () => {
  const IN_LAMBDA = { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' };

  it.each<[string, Readonly<Record<string, string>>, string, number]>([
    ['in Lambda, with https', IN_LAMBDA, 'https://logs.example', 200],
    ['on a laptop itself', {}, 'http://127.0.0.1:8080', 200],
    ['in Lambda, where it is the runtime', IN_LAMBDA, 'http://127.0.0.1:9001/2018-06-01/runtime/init/error', 400],
    ['on a laptop, elsewhere and unencrypted', {}, 'http://logs.example', 400],
    ['that is a folder', {}, 'file:///tmp', 400],
    ['that is a folder by another name', IN_LAMBDA, 'https://file.destination.local/tmp', 400],
    ['of a scheme of nobody', {}, 'loki://logs.example', 400],
  ])('%s', async (_, environment, Url, expected) => {
    const { container } = await deployment({ streams: [], environment });

    const { status, body } = await container().request(
      'CreateDeliveryStream',
      createInput('HttpEndpoint', { EndpointConfiguration: { Url } }),
    );

    expect(status).toBe(expected);
    if (status !== 200) expect(body.message).toContain('Functions send records to https:// URLs alone');
  });
});

describe('a batch that', () => {
  it('always throws costs its neighbours nothing, and is kept', async () => {
    const adapt = but('poison', async () => {
      throw new TypeError('a bug');
    });
    const streams = [aStream({ name: 'poison' }), STREAM];
    const { put, run, delivered, model, logged } = await deployment({ streams, adapt });
    await put('poison', ...lines('p'));
    await put('clicks', ...lines('a'));

    await run(5 * MINUTE_MS);

    expect(await delivered()).toEqual(['a']);
    expect(model.state.messages).toMatchObject([{ wake: { streamId: 'idpoison', stage: 'deliver' } }]);
    expect(logged.filter(({ level }) => level === 'error').length).toBeGreaterThan(1);
  });

  it('always ends its function takes no neighbour with it, once it is received again', async () => {
    const reached = promised<readonly string[]>();
    const streams = ['poison', 'a', 'b'].map((name) => aStream({ name }));
    const { put, due, clock, container, delivered } = await deployment({
      streams,
      adapt: but('poison', async () => {
        reached.resolve(await delivered());
        return never;
      }),
    });
    for (const { name } of streams) await put(name, ...lines(name));
    await clock.pass(MINUTE_MS);
    await container().receive(due());
    const batches = due();
    const of = (name: string) => batches.filter(({ body }) => body.includes(`"id${name}"`));

    void container().receive([...again(of('poison'), 2), ...again(of('b'), 2), ...of('a')]);

    expect(await reached.promise).toEqual(['a']);
    await container().receive(again(of('b'), 3));
    expect(await delivered()).toEqual(['a', 'b']);
  });

  it('takes too long is stopped in time, and put off instead of cut off', async () => {
    const started = promised<void>();
    const slow: Destination['deliver'] = (_, stop) => {
      started.resolve();
      return new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)));
    };
    const { put, due, clock, container, logged } = await deployment({ streams: [STREAM], adapt: but('clicks', slow) });
    await put('clicks', ...lines('a'));
    await clock.pass(MINUTE_MS);
    await container().receive(due());

    const received = container().receive(due());
    await started.promise;
    await clock.pass(INVOCATION_MS - 5_000);

    expect(await received).toEqual({ batchItemFailures: [] });
    expect(logged.at(-1)).toMatchObject({ level: 'warn', fields: { attempts: 1, code: 'Hydrant.AttemptTimeout' } });
  });

  it('was left by a function that ended is delivered by another, once its lease has lapsed', async () => {
    let isEnding = true;
    const adapt = ({ s3, others }: Adapters): Adapters => ({
      s3: { ...s3, deliver: (slice, stop) => (isEnding ? never : s3.deliver(slice, stop)) },
      others,
    });
    const { put, due, clock, container, run, delivered } = await deployment({ streams: [STREAM], adapt });
    await put('clicks', ...lines('a'));
    await clock.pass(MINUTE_MS);
    await container().receive(due());
    const messages = due();
    void container().receive(messages);
    await clock.settle();

    isEnding = false;
    expect(await container().receive(again(messages, 2))).toEqual({ batchItemFailures: [] });
    expect(await delivered()).toEqual([]);
    await clock.pass(LAPSED_MS);
    await container().receive(again(messages, 3));
    await run(MINUTE_MS);

    expect(await delivered()).toEqual(['a']);
  });
});

describe('a message that', () => {
  it.each([
    ['is no JSON', 'hello'],
    ['is no object', '[]'],
    ['names nothing', '{}'],
    ['names a lane of no stage', '{"lane":"idclicks/drink/"}'],
    ['names a batch of no stream', '{"batch":"b","stage":"deliver"}'],
    ['names a batch of no stage', '{"batch":"b","streamId":"idclicks","stage":"drink"}'],
  ])('%s fails alone, and is logged', async (_, body) => {
    const { put, due, clock, container, logged } = await deployment({ streams: [STREAM] });
    await put('clicks', ...lines('a'));
    await clock.pass(MINUTE_MS);
    const broken = messageOf(body);

    const answer = await container().receive([broken, ...due()]);

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: broken.messageId }] });
    expect(logged).toMatchObject([{ level: 'error', fields: { message: body, deliveries: 1 } }]);
    expect(due()).toHaveLength(1);
  });

  it('does not say how often it came is taken for a new one', async () => {
    const { container } = await deployment({ streams: [STREAM] });
    const broken = { ...messageOf('hello'), attributes: {} };

    expect(await container().receive([broken])).toEqual({ batchItemFailures: [{ itemIdentifier: broken.messageId }] });
  });

  it('asks for what is gone is done with', async () => {
    const { container } = await deployment({ streams: [] });
    const gone = [
      messageOf({ lane: 'idgone/deliver/' }),
      messageOf({ batch: 'b', streamId: 'idgone', stage: 'error' }),
    ];

    expect(await container().receive(gone)).toEqual({ batchItemFailures: [] });
  });

  it('finds the table silent comes again', async () => {
    const get = async () => {
      throw new DeliveryError('No.', { code: 'DynamoDB.Unavailable', retryable: true });
    };
    const { container } = await deployment({ streams: [STREAM], between: ({ rows }) => ({ rows: { ...rows, get } }) });
    const message = messageOf({ lane: 'idclicks/deliver/' });

    expect(await container().receive([message])).toEqual({
      batchItemFailures: [{ itemIdentifier: message.messageId }],
    });
  });
});

describe('the schedules', () => {
  it('sweep: what lost messages have forgotten is delivered', async () => {
    const { put, model, run, container, clock, delivered } = await deployment({ streams: [STREAM] });
    await put('clicks', ...lines('a'));
    model.state.messages.length = 0;
    await clock.pass(2 * MINUTE_MS);

    await container().schedule({ source: 'aws.events' });
    await run(0);

    expect(await delivered()).toEqual(['a']);
  });

  it('sweep: told that all messages are lost, it does not wait until what they were about is late', async () => {
    const { put, model, run, container, delivered } = await deployment({ streams: [STREAM] });
    await put('clicks', ...lines('a'));
    model.state.messages.length = 0;

    await container().schedule({ lost: 'all' });
    await run(MINUTE_MS);

    expect(await delivered()).toEqual(['a']);
  });

  it('collect: what nobody names is removed, and how much that was is said', async () => {
    const { model, container, clock, logged } = await deployment({ streams: [] });
    await model.objects.put('records/left-behind', Buffer.from('x'));
    await clock.pass(25 * 60 * MINUTE_MS);

    await container().schedule({ collect: true });

    expect([...model.state.objects.keys()]).toEqual([]);
    expect(logged).toMatchObject([{ level: 'info', fields: { objects: 1 } }]);
  });
});
