import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { eventTaker } from '../../src/sources/event.ts';
import { sourceStreams } from '../../src/sources/source-streams.ts';
import { documented } from './events.ts';

const QUEUE = 'arn:aws:sqs:us-east-2:123456789012:my-queue';
const BUCKET = 'DOC-EXAMPLE-BUCKET';

/** A function that is configured so, with objects by their keys, and the streams that it must not put to. */
function taking(
  sources: JsonObject,
  {
    objects = {},
    refuses = () => false,
  }: { objects?: Record<string, Buffer>; refuses?: (text: string) => boolean } = {},
) {
  const put: [streamName: string, ...texts: string[]][] = [];
  const refused: string[] = [];
  const take = eventTaker({
    targetOf: sourceStreams(JSON.stringify(sources), 'HYDRANT_SOURCES'),
    async put(streamName, records) {
      const texts = records.map((record) => Buffer.from(record).toString());
      if (texts.some(refuses)) throw new ApiError('ServiceUnavailableException', 'Slow down.', 503);
      put.push([streamName, ...texts]);
    },
    async read({ bucket, key }) {
      const object = objects[`${bucket}/${key}`];
      return object && chunked(object);
    },
    refused: ({ messageId, error }) => refused.push(`${messageId}: ${error}`),
  });
  return { take, put, refused };
}

async function* chunked(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

const logsEvent = (envelope: unknown) => ({
  awslogs: { data: gzipSync(JSON.stringify(envelope)).toString('base64') },
});

/** The documented event of SQS with these messages. */
function queued(bodies: readonly string[], arn = QUEUE): JsonObject {
  const [record] = documented('sqs').Records as readonly JsonObject[]; // as the fixture is
  return { Records: bodies.map((body, i) => ({ ...record, messageId: `m${i}`, eventSourceARN: arn, body })) };
}

/** What S3 says of an object of its bucket. */
function notified(key: string): JsonObject {
  return JSON.parse(JSON.stringify(documented('s3')).replaceAll('b21b84d653bb07b05b1e6b33684dc11b', key));
}

describe('an event', () => {
  it('of SQS gives the bodies of its messages', async () => {
    const { take, put } = taking({ [QUEUE]: 'clicks' });

    expect(await take(documented('sqs'))).toEqual({ batchItemFailures: [] });
    expect(put).toEqual([['clicks', 'Test message.', 'Test message.']]);
  });

  it('of SNS gives what SNS itself would put to a delivery stream', async () => {
    const { take, put } = taking({ 'arn:aws:sns:us-east-1:123456789012:sns-lambda': 'alerts' });

    await take(documented('sns'));

    const [[, text = ''] = []] = put;
    expect(text).toMatch(/^\{"Type":"Notification","MessageId":"95df01b4-.*\}\n$/);
    const { Sns } = (documented('sns').Records as readonly { Sns: JsonObject }[])[0]!; // as the fixture is
    const { Signature, SignatureVersion, SigningCertURL, ...others } = Sns;
    expect(JSON.parse(text)).toEqual(others);
  });

  it('of EventBridge gives its JSON', async () => {
    const { take, put } = taking({ 'events:aws.ec2': 'changes' });

    await take(documented('eventbridge'));

    expect(put).toEqual([['changes', JSON.stringify(documented('eventbridge'))]]);
  });

  it.each([
    'arn:aws:logs:us-east-1:111111111111:log-group:CloudTrail/logs',
    'arn:aws:logs:us-east-1:111111111111:log-group:CloudTrail/logs:*',
  ])('of CloudWatch Logs gives the envelope as it came, for the group %s', async (group) => {
    const { take, put } = taking({ [group]: 'logs' });
    const event = logsEvent(documented('logs'));

    await take(event);

    expect(put).toEqual([['logs', Buffer.from(event.awslogs.data, 'base64').toString()]]);
  });

  it('of CloudWatch Logs that only asks whether somebody is there gives nothing', async () => {
    const { take, put } = taking({ 'arn:aws:logs:us-east-1:111111111111:log-group:CloudTrail/logs': 'logs' });

    await take(logsEvent({ ...documented('logs'), messageType: 'CONTROL_MESSAGE' }));

    expect(put).toEqual([]);
  });

  it('of S3 gives the lines of its objects', async () => {
    const objects = { [`${BUCKET}/a b.gz`]: gzipSync('one\ntwo') };
    const { take, put } = taking({ [`arn:aws:s3:::${BUCKET}`]: 'lines' }, { objects });

    await take(notified('a+b.gz'));

    expect(put).toEqual([['lines', 'one\n', 'two\n']]);
  });

  it('of whoever invokes the function gives its records to the stream that it names', async () => {
    const { take, put } = taking({});
    const records = ['one', 'two'].map((text) => ({ data: Buffer.from(text).toString('base64') }));

    expect(await take({ deliveryStreamName: 'clicks', records })).toEqual({ deliveryStreamName: 'clicks', records: 2 });
    expect(put).toEqual([['clicks', 'one', 'two']]);
  });

  it('whose object is there no more gives nothing', async () => {
    const { take, put } = taking({ [`arn:aws:s3:::${BUCKET}`]: 'lines' });

    await take(notified('gone'));

    expect(put).toEqual([]);
  });
});

describe('messages of a queue', () => {
  const OBJECTS = { [QUEUE]: { stream: 'lines', content: 'objects' } };
  const objects = { [`${BUCKET}/good`]: Buffer.from('one\n'), [`${BUCKET}/late`]: Buffer.from('two\n') };
  const messages = [JSON.stringify(notified('good')), 'no JSON', JSON.stringify(notified('late'))];

  it.each([
    ['S3 itself', (notification: JsonObject) => notification],
    ['a topic', (notification: JsonObject) => ({ ...documented('sns-http'), Message: JSON.stringify(notification) })],
  ])('that tell of objects give their lines, from %s', async (_, wrapped) => {
    const { take, put } = taking(OBJECTS, { objects });

    await take(queued([JSON.stringify(wrapped(notified('good')))]));

    expect(put).toEqual([['lines', 'one\n']]);
  });

  it('of which one cannot be taken come again without the others', async () => {
    const { take, put, refused } = taking(OBJECTS, { objects });

    expect(await take(queued(messages))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(put).toEqual([
      ['lines', 'one\n'],
      ['lines', 'two\n'],
    ]);
    expect(refused).toEqual([expect.stringMatching(/^m1: .*no notification of S3/)]);
  });

  it('that have an order come again from the first on that cannot be taken', async () => {
    const fifo = `${QUEUE}.fifo`;
    const { take, put } = taking({ [fifo]: { stream: 'lines', content: 'objects' } }, { objects });

    expect(await take(queued(messages, fifo))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(put).toEqual([['lines', 'one\n']]);
  });

  it('come again where there is no room for them, those that were taken do not', async () => {
    const { take, put } = taking({ [QUEUE]: 'clicks' }, { refuses: (text) => text.startsWith('b') });
    const large = 'a'.repeat(3_000_000);

    expect(await take(queued([large, `b${large}`, 'c']))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(put).toEqual([['clicks', large]]);
  });
});

describe('an event is refused that', () => {
  const bomb = () => ({ awslogs: { data: gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64') } });

  it.each<[string, () => unknown, string, RegExp]>([
    ['is no object', () => 'text', 'InvalidArgumentException', /not an object/],
    ['is empty', () => ({}), 'InvalidSourceException', /none of the sources/],
    ['has no records', () => ({ Records: [] }), 'InvalidSourceException', /none of the sources/],
    [
      'has records of two sources',
      () => ({ Records: [{ eventSource: 'aws:sqs' }, { eventSource: 'aws:s3' }] }),
      'InvalidSourceException',
      /none of the sources/,
    ],
    [
      'is of another service',
      () => ({ Records: [{ eventSource: 'aws:codecommit' }] }),
      'InvalidSourceException',
      /aws:codecommit/,
    ],
    ['is of a queue that nobody named', () => queued(['a'], `${QUEUE}2`), 'InvalidSourceException', /my-queue2/],
    [
      'is of a bucket that nobody named',
      () => notified('a'),
      'InvalidSourceException',
      /arn:aws:s3:::DOC-EXAMPLE-BUCKET/,
    ],
    ['is of a topic that nobody named', () => documented('sns'), 'InvalidSourceException', /sns-lambda/],
    [
      'is of EventBridge, from a source that nobody named',
      () => documented('eventbridge'),
      'InvalidSourceException',
      /events:aws\.ec2/,
    ],
    [
      'is of a log group that nobody named',
      () => logsEvent(documented('logs')),
      'InvalidSourceException',
      /CloudTrail/,
    ],
    [
      'has a message of SQS without a body',
      () => ({ Records: [{ eventSource: 'aws:sqs', messageId: 'm', eventSourceARN: QUEUE }] }),
      'InvalidArgumentException',
      /body/,
    ],
    [
      'has a message of SNS without its members',
      () => ({ Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification' } }] }),
      'InvalidArgumentException',
      /MessageId/,
    ],
    [
      'has nothing of SNS',
      () => ({ Records: [{ EventSource: 'aws:sns' }] }),
      'InvalidArgumentException',
      /no message of SNS/,
    ],
    [
      'has an object without a key',
      () => ({
        Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' }, object: {} } }],
      }),
      'InvalidArgumentException',
      /key/,
    ],
    ['has logs that are no base64', () => ({ awslogs: { data: '*' } }), 'InvalidArgumentException', /base64/],
    ['has logs that are no gzip', () => ({ awslogs: { data: 'aGVsbG8=' } }), 'InvalidArgumentException', /envelope/],
    ['has logs that are no envelope', () => logsEvent({ owner: '1' }), 'InvalidArgumentException', /envelope/],
    ['has logs that inflate beyond measure', bomb, 'RequestEntityTooLargeException', /16777216/],
    [
      'names no stream',
      () => ({ deliveryStreamName: 7, records: [] }),
      'InvalidArgumentException',
      /deliveryStreamName/,
    ],
    [
      'names a stream and has no records',
      () => ({ deliveryStreamName: 'clicks' }),
      'InvalidArgumentException',
      /records/,
    ],
    [
      'has a record that is no base64',
      () => ({ deliveryStreamName: 'clicks', records: [{ data: 'YQ==' }, { data: 'a' }] }),
      'InvalidArgumentException',
      /records\[1\]\.data/,
    ],
  ])('%s', async (_, event, code, message) => {
    const { take, put } = taking({ [QUEUE]: 'clicks' });

    await expect(take(event())).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(put).toEqual([]);
  });
});

describe('sources of a function', () => {
  it.each([
    ['no JSON', '{', 'HYDRANT_SOURCES: must be a JSON object'],
    ['no object', '[]', 'HYDRANT_SOURCES: must be a JSON object'],
    ['an unknown kind of source', '{"queue":"clicks"}', 'HYDRANT_SOURCES.queue: its name must be the ARN'],
    ['no stream', `{"${QUEUE}":{"content":"objects"}}`, `HYDRANT_SOURCES.${QUEUE}: must be a stream`],
    [
      'an unknown content',
      `{"${QUEUE}":{"stream":"s","content":"lines"}}`,
      `HYDRANT_SOURCES.${QUEUE}: must be a stream`,
    ],
    ['an unknown member', `{"${QUEUE}":{"stream":"s","raw":true}}`, `HYDRANT_SOURCES.${QUEUE}: must be a stream`],
  ])('are refused that have %s', (_, text, message) => {
    expect(() => sourceStreams(text, 'HYDRANT_SOURCES')).toThrow(message);
  });
});
