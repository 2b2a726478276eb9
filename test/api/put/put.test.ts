import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/core/errors.ts';
import type { StreamDefinition } from '../../../src/core/streams.ts';
import { apiRequest, testApi } from '../../kit/api.ts';
import { aStream } from '../../kit/streams.ts';

const NOW = 5_000;

async function service({ stream = aStream() } = {}) {
  const firehose = testApi();
  firehose.clock.now = NOW;
  await firehose.streams.change(stream.name, () => stream);
  const put = (operation: string) => async (input: unknown) => {
    const { status, body } = await firehose.handle({ ...apiRequest(operation, {}), body: bytesOf(input) });
    const answer = JSON.parse(String(body));
    if (status === 200) return answer;
    throw new ApiError(answer.__type, answer.message, status);
  };
  return { record: put('PutRecord'), batch: put('PutRecordBatch'), records: firehose.taken };
}

/** A body as it is, a body's text, or what is to become its JSON. */
function bytesOf(input: unknown): Uint8Array {
  if (input instanceof Uint8Array) return input;
  return Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
}
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const one = (text: string, name = 'events') => ({ DeliveryStreamName: name, Record: { Data: base64(text) } });
const many = (texts: readonly (string | Buffer)[], name = 'events') => ({
  DeliveryStreamName: name,
  Records: texts.map((text) => ({ Data: base64(text) })),
});
const refusal = (code: string, message: string | RegExp, status = 400) =>
  expect.objectContaining({
    code,
    status,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

describe('PutRecord', () => {
  it('takes the record in and answers with its id', async () => {
    const { record, records } = await service();

    expect(await record(one('hello'))).toEqual({ RecordId: expect.stringMatching(/^[\w+/]{56}$/), Encrypted: false });

    expect(await records()).toEqual(['hello']);
  });

  it('takes an empty record', async () => {
    const { record, records } = await service();

    await record(one(''));

    expect(await records()).toEqual(['']);
  });

  it('refuses a batch', async () => {
    const { record } = await service();

    await expect(record(many(['a']))).rejects.toEqual(
      refusal(
        'ValidationException',
        "1 validation error detected: Value at 'record' failed to satisfy constraint: Member must not be null",
      ),
    );
  });
});

describe('PutRecordBatch', () => {
  it('takes the records in, in order, and answers each with an id of its own', async () => {
    const { batch, records } = await service();
    const texts = Array.from({ length: 500 }, (_, i) => `record ${i}`);

    const answer = await batch(many(texts));

    expect(answer).toMatchObject({ FailedPutCount: 0, Encrypted: false });
    expect(new Set(answer.RequestResponses.map(({ RecordId }: { RecordId: string }) => RecordId)).size).toBe(500);
    expect(await records()).toEqual(texts);
  });

  it('never gives an id twice', async () => {
    const { batch } = await service();

    const answers = [await batch(many(['a', 'b'])), await batch(many(['a', 'b']))];

    expect(new Set(answers.flatMap(({ RequestResponses }) => RequestResponses.flatMap(Object.values))).size).toBe(4);
  });

  it('takes a body that only JSON.parse understands', async () => {
    const { batch, records } = await service();

    await batch(
      '{"Records":[{"Data":"aGV\\/\\u0062G8=","Extra":null},{"Data":"bA==","Data":"bA=="}],"DeliveryStreamName":"ev\\u0065nts"}',
    );

    expect(await records()).toEqual([Buffer.from('aGV/bG8=', 'base64').toString(), 'l']);
  });

  it.each([
    [
      'no records',
      many([]),
      /'records' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    ],
    [
      '501 records',
      many(Array(501).fill('a')),
      /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
    ],
    [
      'one record too large among good ones',
      many(['a', Buffer.alloc(1_024_001), 'b']),
      "1 validation error detected: Value at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1024000",
    ],
    [
      'a name that cannot be',
      many(['a'], 'a b'),
      "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      'a record without data',
      { DeliveryStreamName: 'events', Records: [{}] },
      /'records.1.member.data' failed to satisfy constraint: Member must not be null/,
    ],
  ])('refuses %s, and takes nothing in', async (_, input, message) => {
    const { batch, records } = await service();

    await expect(batch(input)).rejects.toEqual(refusal('ValidationException', message));

    expect(await records()).toEqual([]);
  });

  it.each([
    ['a truncated body', '{"DeliveryStreamName":"events","Records":[{"Data":"QQ=='],
    ['a body that is no object', '[]'],
    ['an empty body', ''],
    ['nesting a million deep', `{"DeliveryStreamName":"events","Records":${'['.repeat(1_000_000)}`],
    ['data of the wrong type', '{"DeliveryStreamName":"events","Records":[{"Data":1}]}'],
    ['base64 without its padding', '{"DeliveryStreamName":"events","Records":[{"Data":"QQ"}]}'],
    ['base64 of the other alphabet', '{"DeliveryStreamName":"events","Records":[{"Data":"-_-_"}]}'],
    ['base64 with a line break', '{"DeliveryStreamName":"events","Records":[{"Data":"QUJD\\r\\n"}]}'],
  ])('cannot read %s', async (_, input) => {
    const { batch, records } = await service();

    await expect(batch(input)).rejects.toEqual(refusal('SerializationException', /./));

    expect(await records()).toEqual([]);
  });

  it('cannot read what is not UTF-8', async () => {
    const { batch } = await service();
    const body = Buffer.from(JSON.stringify({ ...many(['a']), Other: 'x' }));
    body[body.lastIndexOf('x')] = 0xff;

    await expect(batch(body)).rejects.toEqual(refusal('SerializationException', /./));
  });

  it('takes 4 MiB of data, and not a byte more', async () => {
    const { batch, records } = await service();
    const megabyte = 1_024_000;
    const rest = 4 * 1024 * 1024 - 4 * megabyte;
    const sized = (bytes: number) => many([...Array(4).fill(Buffer.alloc(megabyte)), Buffer.alloc(bytes)]);

    await batch(sized(rest));
    await expect(batch(sized(rest + 1))).rejects.toEqual(
      refusal('InvalidArgumentException', 'Records size exceeds 4 MB limit'),
    );

    expect((await records()).join('')).toHaveLength(4 * 1024 * 1024);
  });
});

describe('a put', () => {
  it('of a stream nobody made is refused', async () => {
    const { record } = await service();

    await expect(record(one('a', 'other'))).rejects.toEqual(
      refusal('ResourceNotFoundException', 'Firehose other under account 123456789012 not found.'),
    );
  });

  const events: StreamDefinition = aStream();

  it.each([
    ['is being created', { ...events, activeAt: NOW + 1 }, 'Firehose events is not active in 123456789012 account.'],
    ['is being deleted', { ...events, goneAt: NOW + 1 }, 'Firehose events is not active in 123456789012 account.'],
    ['has been deleted', { ...events, goneAt: NOW }, 'Firehose events under account 123456789012 not found.'],
  ])('is refused while its stream %s', async (_, stream, message) => {
    const { record, records } = await service({ stream });

    await expect(record(one('a'))).rejects.toEqual(refusal('ResourceNotFoundException', message));

    expect(await records()).toEqual([]);
  });

  it.each(['KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource'] as const)(
    'is refused when its stream has another source (%s)',
    async (type) => {
      const { record } = await service({ stream: { ...events, type } });

      await expect(record(one('a'))).rejects.toEqual(
        refusal('InvalidArgumentException', `This operation is not permitted on ${type} delivery stream type.`),
      );
    },
  );
});
