import { expect, it } from 'vitest';
import { count, counted, seconds, size } from '../../src/cli/amounts.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 KB'],
  [999_949, '999.9 KB'],
  [999_960, '1 MB'],
  [61_234_567, '61.2 MB'],
  [5e15, '5,000 TB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

it('counts have their thousands apart, times a tenth of a second', () => {
  expect(count(200_000)).toBe('200,000');
  expect(seconds(2_449)).toBe('2.4 s');
});

it('one is not many', () => {
  expect([0, 1, 2].map((amount) => counted(amount, 'record'))).toEqual(['0 records', '1 record', '2 records']);
});
