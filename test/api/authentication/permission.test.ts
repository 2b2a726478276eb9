import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLike, permits } from '../../../src/api/authentication/permission.ts';
import { KEY } from '../sdk-client.ts';

describe('a pattern', () => {
  it.each([
    ['clicks', 'clicks', true],
    ['clicks', 'click', false],
    ['clicks', 'Clicks', false],
    ['orders-*', 'orders-eu', true],
    ['orders-*', 'orders-', true],
    ['orders-*', 'orders', false],
    ['*-eu', 'orders-eu-eu', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['order?', 'orders', true],
    ['order?', 'order', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });

  it('means what a regular expression means', () => {
    const letters = (...each: readonly string[]) => fc.string({ unit: fc.constantFrom(...each), maxLength: 8 });

    fc.assert(
      fc.property(letters('a', 'b'), letters('a', 'b', '*', '?'), (text, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);

        expect(isLike(text, pattern)).toBe(expression.test(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

it('what is asked of all streams takes a key that is for all streams', () => {
  const some = { ...KEY, streams: ['a*', '?*'] };

  expect(permits(KEY, 'firehose:ListDeliveryStreams', undefined)).toBe(true);
  expect(permits(some, 'firehose:ListDeliveryStreams', undefined)).toBe(false);
});
