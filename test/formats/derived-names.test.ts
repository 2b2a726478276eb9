import { expect, test } from 'vitest';
import { derivedRandomStrings, derivedUuid } from '../../src/formats/derived-names.ts';

test('a UUID is the same for the same seed and another for another', () => {
  expect(derivedUuid('batch/0')).toBe(derivedUuid('batch/0'));
  expect(derivedUuid('batch/0')).not.toBe(derivedUuid('batch/1'));
});

test('a UUID has the shape of version 4 in lower case', () => {
  for (let i = 0; i < 200; i++) {
    expect(derivedUuid(`seed ${i}`)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('random strings are eleven alphanumerics, fresh each call, and the same sequence for the same seed', () => {
  const sequence = (seed: string) => Array.from({ length: 100 }, derivedRandomStrings(seed));

  const strings = sequence('batch/0');

  expect(new Set(strings).size).toBe(100);
  for (const text of strings) expect(text).toMatch(/^[0-9A-Za-z]{11}$/);
  expect(sequence('batch/0')).toEqual(strings);
  expect(sequence('batch/1')).not.toEqual(strings);
});

test('random strings use the whole alphabet', () => {
  const next = derivedRandomStrings('seed');
  const letters = new Set(Array.from({ length: 200 }, next).join(''));

  expect(letters.size).toBe(62);
});
