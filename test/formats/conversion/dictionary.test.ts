import { expect, test } from 'vitest';
import { dictionary } from '../../../src/formats/conversion/dictionary.ts';

function filled(): {
  readonly size: () => number;
  readonly placeOf: (text: string) => number;
  truncate: (size: number) => void;
} {
  const { placeOf, size, truncate } = dictionary();
  return { size, truncate, placeOf: (text) => placeOf(Buffer.from(text), 0, Buffer.byteLength(text)) };
}

test('equal values have one place, and different ones have places in the order in which they came', () => {
  const { placeOf, size } = filled();
  const places = ['a', 'b', 'a', '', 'ab', '', 'b'].map(placeOf);

  expect(places).toEqual([0, 1, 0, 2, 3, 2, 1]);
  expect(size()).toBe(4);
});

test('a value that was forgotten is new when it comes again', () => {
  const { placeOf, size, truncate } = filled();
  for (const text of ['a', 'b', 'c']) placeOf(text);

  truncate(1);

  expect(size()).toBe(1);
  expect(['c', 'a', 'b'].map(placeOf)).toEqual([1, 0, 2]);
});

test('thousands of values are found again, also after some were forgotten', () => {
  const { placeOf, truncate } = filled();
  for (let i = 0; i < 5_000; i++) placeOf(`v${i}`);
  truncate(2_500);

  for (let i = 0; i < 5_000; i++) expect(placeOf(`v${i}`)).toBe(i);
});
