import { describe, expect, it } from 'vitest';
import { byScheme } from '../../destinations/by-scheme.ts';
import { type CustomDestination, type CustomSlice, customDestination, schemeIn } from '../../destinations/custom.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { heldSecrets } from '../../src/local/held-secrets.ts';
import { ARRIVED_AT, sliceOf, type ToSlice } from './slice.ts';

const signal = new AbortController().signal;
const secrets = heldSecrets({});

function slice(url: string, { config, ...more }: Partial<ToSlice> = {}) {
  return sliceOf({
    ...more,
    config: {
      EndpointConfiguration: { Url: url, AccessKey: 'key' },
      RequestConfiguration: { ContentEncoding: 'NONE' },
      ...config,
    },
  });
}

const deliver = (own: CustomDestination, toDeliver = slice('loki://host/path')) =>
  customDestination(own, { secrets }).deliver(toDeliver, signal);

describe("a destination of the user's own", () => {
  it('gets the records with what its stream says of it', async () => {
    const CommonAttributes = [{ AttributeName: 'env', AttributeValue: 'prod' }];
    const config: JsonObject = { RequestConfiguration: { ContentEncoding: 'NONE', CommonAttributes } };
    const seen: unknown[] = [];

    const outcome = await deliver(
      {
        async deliver(given: CustomSlice) {
          for await (const { index, data, arrivedAt } of given.records())
            seen.push([index, Buffer.from(data).toString(), arrivedAt]);
          seen.push([`${given.url}`, given.accessKey, given.attributes, given.stream.name, given.count, given.bytes]);
        },
      },
      slice('loki://host/path?x=1', { records: ['a', 'bc'], config }),
    );

    expect(outcome).toEqual({ bytes: 3 });
    expect(seen).toEqual([
      [10, 'a', ARRIVED_AT],
      [11, 'bc', ARRIVED_AT],
      ['loki://host/path?x=1', 'key', { env: 'prod' }, 'clicks', 2, 3],
    ]);
  });

  it('is reached by https for clients that insist on it', async () => {
    let url = '';

    await deliver(
      {
        async deliver(given) {
          url = `${given.url}`;
        },
      },
      slice('https://loki.destination.local/host:3100/x'),
    );

    expect(url).toBe('loki://host:3100/x');
    expect(schemeIn('https://loki.destination.local/host')).toBe('loki');
    expect(schemeIn('https://loki.destination.local.example.com/host')).toBe('https');
  });

  it('may refuse records, for good unless it says otherwise', async () => {
    const refused = [
      { index: 10, message: 'No.' },
      { index: 11, message: 'Not now.', code: 'Loki.Busy', retryable: true },
    ];

    const outcome = await deliver({ deliver: async () => ({ refused }) }, slice('loki://x', { records: ['a', 'b'] }));

    expect(outcome).toMatchObject({
      refused: [{ index: 10, message: 'No.', code: 'Hydrant.RecordRefused', retryable: false }, refused[1]],
    });
  });

  it('may say later what came of the records', async () => {
    const own: CustomDestination = {
      deliver: async () => ({ pending: { job: 7 }, checkAt: 5_000 }),
      check: async (_, state) => (JSON.stringify(state) === '{"job":7}' ? undefined : { refused: [] }),
    };
    const destination = customDestination(own, { secrets });

    expect(await destination.deliver(slice('loki://x'), signal)).toEqual({ pending: { job: 7 }, checkAt: 5_000 });
    expect(await destination.check?.(slice('loki://x'), { job: 7 }, signal)).toEqual({ bytes: 1 });
  });

  it.each<[string, unknown, object]>([
    ['an error', new Error('No.'), { code: 'Hydrant.DestinationFailed', message: 'No.', retryable: true }],
    ['a text', 'No.', { code: 'Hydrant.DestinationFailed', message: 'No.', retryable: true }],
    ['nothing', undefined, { code: 'Hydrant.DestinationFailed', retryable: true }],
    [
      'a code of its own',
      Object.assign(new Error('No.'), { code: 'Loki.400', retryable: false }),
      { code: 'Loki.400', retryable: false },
    ],
    [
      'that it was too much',
      Object.assign(new Error('No.'), { isTooLarge: true }),
      { isTooLarge: true, retryable: false },
    ],
    [
      'when to come back',
      Object.assign(new Error('No.'), { retryAfterMs: 9_000 }),
      { retryAfterMs: 9_000, retryable: true },
    ],
    [
      'nonsense',
      Object.assign(new Error('No.'), { code: 4, retryable: 'no', retryAfterMs: 'x' }),
      { code: 'Hydrant.DestinationFailed', retryable: true, retryAfterMs: 0 },
    ],
  ])('that throws %s fails the attempt', async (_, thrown, expected) => {
    const failed = deliver({
      deliver() {
        throw thrown;
      },
    });

    await expect(failed).rejects.toBeInstanceOf(DeliveryError);
    await expect(failed).rejects.toMatchObject(expected);
  });

  it.each<[string, object]>([
    ['a refusal of a record that it never had', { refused: [{ index: 3, message: 'No.' }] }],
    ['refusals that are no list', { refused: 'all' }],
    ['neither', {}],
    ['a pending state without a time', { pending: 1 }],
    ['a time that is none', { pending: 1, checkAt: Number.NaN }],
  ])('that resolves with %s has failed', async (_, outcome) => {
    // What a module in JavaScript may do.
    const own = { deliver: async () => outcome } as unknown as CustomDestination;

    await expect(deliver(own)).rejects.toMatchObject({ code: 'Hydrant.DestinationFailed', retryable: true });
  });

  it('has limits of its own, or those that most receivers take', () => {
    const limits = (own: object) => customDestination({ ...own, deliver: async () => {} }, { secrets }).limits?.({});

    expect(limits({})).toEqual({ records: 500, bytes: 4 * 1024 * 1024 });
    expect(limits({ limits: { records: 7 } })).toEqual({ records: 7, bytes: 4 * 1024 * 1024 });
  });
});

describe('a stream that leaves a destination of the user', () => {
  it('has what that left pending sent anew', async () => {
    const http = customDestination({ deliver: async () => {} }, { secrets });
    const { check } = byScheme({ limits: http.limits!, deliver: http.deliver }, new Map());

    await expect(check(slice('https://example.com'), 1, signal)).rejects.toMatchObject({
      ...{ code: 'Hydrant.DestinationChanged', retryable: true },
    });
  });
});
