import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../src/core/errors.ts';
import { eventOf } from '../../../src/processors/lambda/event.ts';
import { inHalves, tooLarge } from '../../../src/processors/lambda/halves.ts';
import { lambdaTransform } from '../../../src/processors/lambda/lambda-transform.ts';
import type { TransformBatch, TransformOutcome } from '../../../src/processors/lambda/transform.ts';
import { answering, base64, batchOf, type FirehoseEvent, inWords, never } from './batch.ts';

const MB = 1_000_000;
const DROPPED: TransformOutcome = { result: 'Dropped' };

const echo = ({ records }: FirehoseEvent) => ({
  records: records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })),
});

describe('a batch that is too large to send', () => {
  it('goes in halves, with the same record ids and an invocation id each', async () => {
    const transform = answering(echo);
    const batch = batchOf(['a', 'b', 'c', 'd'].map((letter) => letter.repeat(2 * MB)));

    const outcomes = await transform(batch, never);

    expect(transform.events.map(({ records }) => records.map(({ recordId }) => recordId))).toEqual([
      ['r0', 'r1'],
      ['r2', 'r3'],
    ]);
    expect(new Set(transform.events.map(({ invocationId }) => invocationId)).size).toBe(2);
    expect(inWords(outcomes).map((text) => `${text[0]}${text.length}`)).toEqual([
      'a2000000',
      'b2000000',
      'c2000000',
      'd2000000',
    ]);
  });

  it('is so at the first byte over 6 MB of JSON', () => {
    const spare = 6_291_456 - eventOf(batchOf(['']), 'id').length;
    const whole = (spare - (spare % 4)) * 0.75;

    expect(eventOf(batchOf([Buffer.alloc(whole)]), 'i'.repeat(2 + (spare % 4))).length).toBe(6_291_456);
    expect(() => eventOf(batchOf([Buffer.alloc(whole)]), 'i'.repeat(3 + (spare % 4)))).toThrow(DeliveryError);
  });

  it('fails a record that is too large alone, and no other', async () => {
    const transform = answering(echo);

    const outcomes = await transform(batchOf(['a', Buffer.alloc(5 * MB), 'c']), never);

    expect(inWords(outcomes)).toEqual(['a', 'Lambda.InvocationFailure', 'c']);
  });
});

describe('an answer that is too large', () => {
  it('is asked for again in halves, down to the record it is about', async () => {
    const huge = { recordId: 'r2', result: 'Ok', data: base64('x'.repeat(5 * MB)) };
    const transform = answering(({ records }) => ({
      records: records.map(({ recordId, data }) => (recordId === 'r2' ? huge : { recordId, result: 'Ok', data })),
    }));

    const outcomes = await transform(batchOf(['a', 'b', 'c', 'd', 'e']), never);

    expect(inWords(outcomes)).toEqual(['a', 'b', 'Lambda.FunctionError', 'd', 'e']);
    expect(transform.events.map(({ records }) => records.length)).toEqual([5, 2, 3, 1, 2]);
  });

  it("may be refused by the function's host", async () => {
    const invoke = async (payload: Uint8Array) => {
      const event = JSON.parse(Buffer.from(payload).toString());
      if (event.records.length > 1) throw tooLarge('response');
      return Buffer.from(JSON.stringify(echo(event)));
    };

    const outcomes = await lambdaTransform({ invoke, newInvocationId: () => '1' })(batchOf(['a', 'b', 'c']), never);

    expect(inWords(outcomes)).toEqual(['a', 'b', 'c']);
  });
});

describe('an attempt in halves', () => {
  it('fails as a whole when one half fails', async () => {
    const failure = new DeliveryError('It threw.', { code: 'Lambda.FunctionError', retryable: true });
    const attempt = async ({ records }: TransformBatch) => {
      if (records.length > 2) throw tooLarge('response');
      if (records[0]?.id === 'r2') throw failure;
      return records.map(() => DROPPED);
    };

    await expect(inHalves(attempt)(batchOf(['a', 'b', 'c', 'd']), never)).rejects.toBe(failure);
  });

  it('is given up when there is no end of halves', async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts++;
      throw tooLarge('response');
    };
    const many = batchOf(Array.from({ length: 5_000 }, () => ''));

    await expect(inHalves(attempt)(many, never)).rejects.toMatchObject({
      code: 'Lambda.FunctionError',
      retryable: true,
    });
    expect(attempts).toBe(1_000);
  });

  it('keeps the order of a batch of a hundred thousand', async () => {
    const attempt = async ({ records }: TransformBatch) => {
      if (records.length > 1_000) throw tooLarge('request');
      return records.map(({ id }) => ({ result: 'failed', code: id, message: '' }) as const);
    };
    const many = batchOf(Array.from({ length: 100_000 }, () => ''));

    const outcomes = await inHalves(attempt)(many, never);

    // As a count, since the runner takes minutes to show how two lists of a hundred thousand differ.
    expect(inWords(outcomes).filter((word, i) => word !== many.records[i]?.id)).toHaveLength(0);
    expect(outcomes).toHaveLength(100_000);
  });
});
