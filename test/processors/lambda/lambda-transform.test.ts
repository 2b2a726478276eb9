import { describe, expect, it } from 'vitest';
import { eventOf } from '../../../src/processors/lambda/event.ts';
import { lambdaTransform } from '../../../src/processors/lambda/lambda-transform.ts';
import { answering, base64, batchOf, inWords, never } from './batch.ts';

/** The contract of facts §5 between Firehose and a function. */

describe('the event', () => {
  it("has Firehose's members, and each record's base64 and time in ms", () => {
    const event = JSON.parse(Buffer.from(eventOf(batchOf(['one', 'two']), 'uuid-1')).toString());

    expect(event).toEqual({
      invocationId: 'uuid-1',
      deliveryStreamArn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks',
      region: 'eu-west-1',
      records: [
        { recordId: 'r0', approximateArrivalTimestamp: 1_700_000_000_000, data: base64('one') },
        { recordId: 'r1', approximateArrivalTimestamp: 1_700_000_000_001, data: base64('two') },
      ],
    });
  });

  it('holds every byte as it is, and an empty record as an empty string', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

    const event = JSON.parse(Buffer.from(eventOf(batchOf([all, '']), 'uuid-1')).toString());

    expect(Buffer.from(event.records[0].data, 'base64')).toEqual(all);
    expect(event.records[1].data).toBe('');
  });

  it('escapes what is not plain in ids and names', () => {
    const batch = batchOf(['x']);
    const odd = { ...batch, records: [{ ...batch.records[0]!, id: 'a"\\\u2028é𝄞' }] }; // there is one

    const event = JSON.parse(Buffer.from(eventOf(odd, '"')).toString());

    expect([event.invocationId, event.records[0].recordId]).toEqual(['"', 'a"\\\u2028é𝄞']);
  });

  it('names the stream that records came from, and where in it each was', () => {
    const batch = batchOf(['x', 'y']);
    const members = { kinesisRecordMetadata: { partitionKey: 'ü"', subsequenceNumber: 0 } };
    const sourced = {
      ...batch,
      stream: { ...batch.stream, members: { sourceKinesisStreamArn: 'arn:aws:kinesis:…' } },
      records: batch.records.map((record, i) => (i === 0 ? { ...record, members } : record)),
    };

    const event = JSON.parse(Buffer.from(eventOf(sourced, 'uuid-1')).toString());

    expect(event.sourceKinesisStreamArn).toBe('arn:aws:kinesis:…');
    expect(event.records).toEqual([
      { recordId: 'r0', approximateArrivalTimestamp: 1_700_000_000_000, data: base64('x'), ...members },
      { recordId: 'r1', approximateArrivalTimestamp: 1_700_000_000_001, data: base64('y') },
    ]);
  });

  it('has the records of Kafka under another name, and so has the answer', async () => {
    const transform = answering(() => ({
      records: [
        { recordId: 'r0', result: 'Ok', kafkaRecordValue: base64('ONE') },
        { recordId: 'r1', result: 'Ok', data: base64('TWO') },
      ],
    }));
    const batch = batchOf(['one', 'two']);
    const sourced = { ...batch, stream: { ...batch.stream, dataMember: 'kafkaRecordValue' } } as const;

    const outcomes = await transform(sourced, never);

    expect(transform.events[0]?.records).toMatchObject([
      { kafkaRecordValue: base64('one') },
      { kafkaRecordValue: base64('two') },
    ]);
    expect(inWords(outcomes)).toEqual(['ONE', 'Lambda.InvalidReturnFormat']);
  });

  it('lies in memory of its own, which can be transferred', () => {
    const event = eventOf(batchOf(['x']), 'uuid-1');

    structuredClone(event.buffer, { transfer: [event.buffer] });

    expect(event.length).toBe(0);
  });
});

describe('the outcome of a record', () => {
  it('is what the function says, in whatever order it says it', async () => {
    const transform = answering(() => ({
      records: [
        { recordId: 'r2', result: 'ProcessingFailed', data: base64('kept') },
        { recordId: 'r1', result: 'Dropped' },
        { recordId: 'r0', result: 'Ok', data: base64('ONE') },
      ],
    }));

    expect(await transform(batchOf(['one', 'two', 'three']), never)).toEqual([
      { result: 'Ok', outputs: [{ data: Buffer.from('ONE') }] },
      { result: 'Dropped' },
      { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'ProcessingFailed status set for record' },
    ]);
  });

  it.each([
    ['an id that is not returned', [], 'Lambda.MissingRecordId', /^One or more record Ids were not returned\. /],
    ['a number for an id', [{ recordId: 0, result: 'Ok', data: '' }], 'Lambda.MissingRecordId', /Ids/],
    [
      'an id that is returned twice',
      [
        { recordId: 'r0', result: 'Ok', data: base64('a') },
        { recordId: 'r0', result: 'Dropped' },
      ],
      'Lambda.DuplicatedRecordId',
      /^Multiple records were returned with the same record Id\. .* a unique record Id for each record\.$/,
    ],
    [
      'Ok with null',
      [{ recordId: 'r0', result: 'Ok', data: null }],
      'Lambda.InvalidReturnFormat',
      /^The data field cannot be null when the SourceType is DirectPut .* processing result is Ok\.$/,
    ],
    ['Ok without data', [{ recordId: 'r0', result: 'Ok' }], 'Lambda.InvalidReturnFormat', /cannot be null/],
  ])('that has %s is a failure of that record alone', async (_, entries, code, message) => {
    const other = { recordId: 'r1', result: 'Ok', data: base64('fine') };
    const transform = answering(() => ({ records: [...entries, other] }));

    const [first, second] = await transform(batchOf(['one', 'two']), never);

    expect(first).toEqual({ result: 'failed', code, message: expect.stringMatching(message) });
    expect(second?.result).toBe('Ok');
  });

  it('may be no bytes at all', async () => {
    const transform = answering(() => ({ records: [{ recordId: 'r0', result: 'Ok', data: '' }] }));

    expect(await transform(batchOf(['one']), never)).toEqual([{ result: 'Ok', outputs: [{ data: Buffer.alloc(0) }] }]);
  });

  it('does not depend on entries for ids that were not asked about', async () => {
    const transform = answering(() => ({
      records: [
        { recordId: 'constructor', result: 'what?' },
        { recordId: 'r0', result: 'Dropped' },
      ],
    }));

    expect(inWords(await transform(batchOf(['one']), never))).toEqual(['Dropped']);
  });
});

describe('a whole answer', () => {
  it.each([
    ['no records', '{}'],
    ['records that are null', '{"records":null}'],
    ['nothing', 'null'],
  ])('with %s means that every id is missing, and is not tried again', async (_, answer) => {
    const transform = answering(() => answer);

    expect(inWords(await transform(batchOf(['one', 'two']), never))).toEqual([
      'Lambda.MissingRecordId',
      'Lambda.MissingRecordId',
    ]);
  });

  it.each([
    ['an unknown result', '{"records":[{"recordId":"r0","result":"ok","data":""}]}'],
    ['no result', '{"records":[{"recordId":"r0","data":""}]}'],
    ['bad base64', '{"records":[{"recordId":"r0","result":"Ok","data":"a?=="}]}'],
    ['base64 for URLs', '{"records":[{"recordId":"r0","result":"Ok","data":"_-8="}]}'],
    ['base64 that ends early', '{"records":[{"recordId":"r0","result":"Ok","data":"YQ==YQ=="}]}'],
    ['base64 without padding', '{"records":[{"recordId":"r0","result":"Ok","data":"YQ"}]}'],
    ['data that is an object', '{"records":[{"recordId":"r0","result":"Ok","data":{}}]}'],
    ['an entry that is no object', '{"records":[7]}'],
    ['records that are no list', '{"records":{"r0":"Ok"}}'],
    ['a list', '[]'],
    ['a text', '"done"'],
  ])('with %s fails the attempt, which is tried again', async (_, answer) => {
    const transform = answering(() => answer);

    await expect(transform(batchOf(['one']), never)).rejects.toMatchObject({
      code: 'Lambda.FunctionError',
      retryable: true,
      message: expect.stringMatching(/^Check your function and make sure the output is in required format\. /),
    });
  });

  it.each([
    ['no JSON', 'oops'],
    ['nothing at all', ''],
    ['half of an answer', '{"records":['],
  ])('that is %s fails the attempt', async (_, answer) => {
    const transform = answering(() => answer);

    await expect(transform(batchOf(['one']), never)).rejects.toMatchObject({
      code: 'Lambda.JsonProcessingException',
      retryable: true,
    });
  });

  it.each([
    ['nested as deep as 6 MB allow', '['.repeat(3_000_000) + ']'.repeat(3_000_000)],
    ['a million empty objects', `[${'{},'.repeat(1_000_000)}{}]`],
    ['half a million members', `{${Array.from({ length: 500_000 }, (_, i) => `"${i}":1`).join()}}`],
  ])('is refused unread when it is %s', async (_, hostile) => {
    const transform = answering(() => `{"x":${hostile},"records":[{"recordId":"r0","result":"Dropped"}]}`);

    await expect(transform(batchOf(['one']), never)).rejects.toMatchObject({ code: 'Lambda.FunctionError' });
  });

  it('may say a lot about each of many records', async () => {
    const partitionKeys = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key${i}`, `value ${i}`]));
    const transform = answering(({ records }) => ({
      records: records.map(({ recordId }) => ({ recordId, result: 'Ok', data: '', metadata: { partitionKeys } })),
    }));

    const outcomes = await transform(batchOf(Array.from({ length: 2_000 }, () => 'x')), never);

    expect(outcomes.filter(({ result }) => result === 'Ok')).toHaveLength(2_000);
  });
});

describe('partition keys', () => {
  const keysFor = async (metadata: string) => {
    const entry = `{"recordId":"r0","result":"Ok","data":"","metadata":${metadata}}`;
    const [outcome] = await answering(() => `{"records":[${entry}]}`)(batchOf(['one']), never);
    if (outcome?.result === 'Ok') return outcome.outputs[0]?.partitionKeys;
    return outcome?.result === 'failed' ? outcome.code : outcome;
  };

  it('are strings, whatever JSON they came as; null is as good as missing, an empty text is kept', async () => {
    const keys = await keysFor('{"partitionKeys":{"a":"x","b":7,"c":1.5,"d":true,"e":"","f":null}}');

    expect(keys).toEqual({ a: 'x', b: '7', c: '1.5', d: 'true', e: '' });
  });

  it.each(['null', '{}', '{"partitionKeys":null}'])('are absent from metadata %s', async (metadata) => {
    expect(await keysFor(metadata)).toBeUndefined();
  });

  it.each([
    '"x"',
    '[]',
    '{"partitionKeys":[]}',
    '{"partitionKeys":"a"}',
    '{"partitionKeys":{"a":{}}}',
    '{"partitionKeys":{"a":12345678901234567890}}',
  ])('that cannot be read cost their record: %s', async (metadata) => {
    expect(await keysFor(metadata)).toBe('Lambda.InvalidReturnFormat');
  });

  it('may be named like the inner parts of an object', async () => {
    const keys = await keysFor('{"partitionKeys":{"__proto__":"x","constructor":"y"}}');

    expect(Object.entries(keys ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('an invocation', () => {
  it('has a new id at every attempt, and its records have the same ids', async () => {
    const transform = answering(() => ({}));
    const batch = batchOf(['one', 'two']);

    await transform(batch, never);
    await transform(batch, never);

    expect(transform.events.map(({ invocationId }) => invocationId)).toEqual(['invocation-1', 'invocation-2']);
    expect(transform.events[0]?.records).toEqual(transform.events[1]?.records);
  });

  it('is not made for a batch without records', async () => {
    const transform = answering(() => ({}));

    expect(await transform(batchOf([]), never)).toEqual([]);
    expect(transform.events).toEqual([]);
  });

  it('that fails fails the attempt as it is', async () => {
    const failure = new Error('the connection is gone');
    const transform = lambdaTransform({ invoke: () => Promise.reject(failure), newInvocationId: () => '1' });

    await expect(transform(batchOf(['one']), never)).rejects.toBe(failure);
  });
});
