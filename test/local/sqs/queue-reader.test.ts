import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DeliveryError } from '../../../src/core/errors.ts';
import { recordBlock } from '../../../src/core/records.ts';
import { otherSources } from '../../../src/local/sources/other-sources.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { aStream } from '../../kit/streams.ts';
import { documented } from '../../sources/events.ts';
import { taking } from '../sources/taking.ts';
import { sqsModel } from './sqs-model.ts';

process.env.AWS_ACCESS_KEY_ID ??= 'any';
process.env.AWS_SECRET_ACCESS_KEY ??= 'any';

type Content = 'messages' | 'objects';

/** The real reader and the real client, before a model of a queue. */
async function reading({
  content = 'messages' as Content,
  isThere = true,
  objects = {},
  budgetBytes = 1 << 30,
  heldBytes = 0,
}: {
  readonly content?: Content;
  readonly isThere?: boolean;
  readonly objects?: Record<string, Buffer | Error>;
  readonly budgetBytes?: number;
  /** What the stream holds already. */
  readonly heldBytes?: number;
} = {}) {
  const model = await sqsModel();
  const world = taking({ budgetBytes });
  const streams = memoryStreams();
  if (isThere) await streams.change('events', () => aStream());
  if (heldBytes > 0) await world.ingest(aStream(), recordBlock(1, [Buffer.alloc(heldBytes)]));
  const warnings: object[] = [];
  const opened = () => {
    const sources = otherSources(
      { sqs: { [model.url]: { streamName: 'events', content } } },
      {
        ...world.ports({ streams, warnings }),
        async read({ bucket, key }) {
          const object = objects[`${bucket}/${key}`];
          if (object instanceof Error) throw object;
          return object && once(object);
        },
      },
    );
    sources.readQueues();
    return sources;
  };
  let sources = opened();
  onTestFinished(async () => sources.stop());
  const texts: string[] = [];
  return {
    ...{ model, streams, warnings },
    status: () => sources.status(),
    /** Another process, which waits for messages by now. */
    async restart() {
      await sources.stop();
      await expect.poll(model.waiting).toBe(0);
      sources = opened();
      await expect.poll(model.waiting).toBe(1);
    },
    /** Time passes, no more than SQS may take to answer, until the queue has nothing any more. */
    async emptied() {
      const left = async () => {
        await world.clock.pass(1_000);
        return model.left();
      };
      await expect.poll(left).toEqual([]);
    },
    /** All that came in so far. */
    async taken() {
      texts.push(...(await world.taken(aStream())));
      return texts;
    },
  };
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const notified = (key: string) => JSON.stringify(documented('s3')).replaceAll('b21b84d653bb07b05b1e6b33684dc11b', key);
const BUCKET = 'DOC-EXAMPLE-BUCKET';

describe('a queue', () => {
  it('gives its messages to the stream, and has none of them any more', async () => {
    const { model, taken } = await reading();

    model.send(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`m${i}`, `body ${i}`])));

    await expect.poll(model.left).toEqual([]);
    expect(await taken()).toEqual(Array.from({ length: 25 }, (_, i) => `body ${i}`));
    expect(model.calls[0]).toMatchObject({
      action: 'ReceiveMessage',
      input: { QueueUrl: model.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 },
      type: 'application/x-amz-json-1.0',
    });
  });

  it('gives a message once that comes again, after a crash too', async () => {
    const { model, taken, restart } = await reading();
    model.send({ m1: 'one', m2: 'two' });
    await expect.poll(model.left).toEqual([]);

    model.send({ m1: 'one' });
    await expect.poll(model.left).toEqual([]);
    await restart();
    model.send({ m2: 'two', m3: 'three' });
    await expect.poll(model.left).toEqual([]);

    expect(await taken()).toEqual(['one', 'two', 'three']);
  });

  it('is asked again after it refused, later and later, and says what keeps it', async () => {
    const { model, taken, status, warnings, emptied } = await reading();
    await expect.poll(() => model.calls.length).toBe(1);
    model.refuse('OverLimit');
    model.send({ m1: 'one' });

    await expect
      .poll(status)
      .toEqual([{ DeliveryStreamName: 'events', queueUrl: model.url, failure: 'SQS.OverLimit' }]);
    model.refuse(undefined);
    model.reveal();
    await emptied();
    await expect.poll(status).toEqual([{ DeliveryStreamName: 'events', queueUrl: model.url }]);

    expect(await taken()).toEqual(['one']);
    expect(warnings).toMatchObject([{ fields: { stream: 'events', code: 'SQS.OverLimit' } }]);
  });

  it('keeps its messages while there is no such stream, or no room for it', async () => {
    const without = await reading({ isThere: false });
    const full = await reading({ budgetBytes: 1_000, heldBytes: 490 });
    for (const { model } of [without, full]) model.send({ m1: 'one' });

    await expect.poll(() => without.status()[0]?.failure).toBe('Hydrant.NoStream');
    await expect.poll(() => full.status()[0]?.failure).toBe('Hydrant.BufferFull');
    expect([without.model.calls, full.model.calls]).toEqual([[], []]);

    await without.streams.change('events', () => aStream());
    await without.emptied();
    expect(await without.taken()).toEqual(['one']);
  });
});

describe('a queue of notifications', () => {
  const unreadable = new DeliveryError('No.', { code: 'S3.AccessDenied', retryable: true });

  it('gives the lines of their objects, and hides them for as long as that may take', async () => {
    const objects = { [`${BUCKET}/a`]: gzipSync('one\ntwo\n'), [`${BUCKET}/b`]: Buffer.from('three') };
    const { model, taken } = await reading({ content: 'objects', objects });

    model.send({
      m1: notified('a'),
      m2: notified('b'),
      m3: notified('gone'),
      m4: JSON.stringify(documented('s3-test')),
    });

    await expect.poll(model.left).toEqual([]);
    expect(await taken()).toEqual(['one\n', 'two\n', 'three\n']);
    expect(model.calls[0]?.input).toMatchObject({ VisibilityTimeout: 900 });
  });

  it('gives an object once, whichever message tells of it', async () => {
    const { model, taken } = await reading({ content: 'objects', objects: { [`${BUCKET}/a`]: Buffer.from('one\n') } });

    model.send({ m1: notified('a'), m2: notified('a') });

    await expect.poll(model.left).toEqual([]);
    expect(await taken()).toEqual(['one\n']);
  });

  it('keeps what is no notification, and says so, but not the others', async () => {
    const objects = { [`${BUCKET}/a`]: Buffer.from('one\n'), [`${BUCKET}/long`]: Buffer.alloc(1_100_000, 'x') };
    const { model, taken, warnings } = await reading({ content: 'objects', objects });

    model.send({ m1: 'hello', m2: notified('long'), m3: notified('a') });

    await expect.poll(model.left).toEqual(['m1', 'm2']);
    expect(await taken()).toEqual(['one\n']);
    expect(warnings).toMatchObject([{ fields: { message: 'm1' } }, { fields: { message: 'm2' } }]);
  });

  it('waits for a bucket that does not answer, and keeps what came after', async () => {
    const objects: Record<string, Buffer | Error> = {
      [`${BUCKET}/a`]: Buffer.from('one\n'),
      [`${BUCKET}/b`]: unreadable,
    };
    const { model, taken, status, emptied } = await reading({ content: 'objects', objects });

    model.send({ m1: notified('a'), m2: notified('b') });
    await expect.poll(() => status()[0]?.failure).toBe('S3.AccessDenied');
    expect(model.left()).toEqual(['m2']);
    objects[`${BUCKET}/b`] = Buffer.from('two\n');
    model.reveal();
    await emptied();

    expect(await taken()).toEqual(['one\n', 'two\n']);
  });
});
