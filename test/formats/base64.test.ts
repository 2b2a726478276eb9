import { expect, test } from 'vitest';
import { decodeBase64 } from '../../src/formats/base64.ts';

test.each([
  ['', ''],
  ['YQ==', 'a'],
  ['YWI=', 'ab'],
  ['YWJj', 'abc'],
])('%j stands for %j', (text, bytes) => {
  expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
});

test.each([
  ['a length that is no multiple of four', 'YWJ'],
  ['the alphabet of URLs', '-_-_'],
  ['padding in the middle', 'YQ==YWJj'],
  ['a line break', 'YWJ\n'],
  ['a character of Latin-1', 'YWJ\u00e9'],
  ['a character whose lower byte is in the alphabet', '\u0141AAA'],
])('%s is not base64', (_, text) => {
  expect(decodeBase64(text)).toBeUndefined();
});
