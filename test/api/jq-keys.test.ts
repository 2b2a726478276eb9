import { expect, test } from 'vitest';
import { keysOfQuery } from '../../src/api/destinations/jq-keys.ts';

test.each<[string, readonly string[] | undefined]>([
  ['{a: .a}', ['a']],
  [' { a : .x , "b c": .y, region } ', ['a', 'b c', 'region']],
  ['{a: (.x, .y), b: [1, 2], c: {d: 1, e: 2}}', ['a', 'b', 'c']],
  ['{a: "x, {y: \\", z:", b: .b}', ['a', 'b']],
  ['{year: .at | strftime("%Y"), hour: .at[11:13]}', ['year', 'hour']],
  ['.a', undefined],
  ['{(.name): 1}', undefined],
  ['{$x}', undefined],
  ['{"a\\u0062": 1}', undefined],
  ['{a: (1}', undefined],
  ['{a: "open}', undefined],
  ['{a: "\\(.x // ",")"}', undefined],
  ['{}', undefined],
  ['{a: 1} | {b: 2}', undefined],
])('the keys of the query %j are %j', (query, keys) => {
  expect(keysOfQuery(query)).toEqual(keys);
});
