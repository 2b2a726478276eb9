import { describe, expect, it, test } from 'vitest';
import { compileJq, isJqFault, jqText } from '../../../src/formats/jq/index.ts';
import { errorOf, outputsOf } from './answers.ts';

function faultOf(query: string): string {
  try {
    compileJq(query);
  } catch (thrown) {
    if (isJqFault(thrown)) return thrown.message;
    throw thrown;
  }
  return 'none';
}

test.each<[string, readonly string[] | undefined]>([
  ['{a: .a}', ['a']],
  [' { a : .x , "b c": .y, region } ', ['a', 'b c', 'region']],
  ['{a: (.x, .y), b: [1, 2], c: {d: 1, e: 2}}', ['a', 'b', 'c']],
  ['{a: "x, {y: \\", z:", b: .b}', ['a', 'b']],
  ['{year: .at | strftime("%Y"), hour: .at[11:13]}', ['year', 'hour']],
  ['{"a\\u0062": 1}', ['ab']],
  ['{a: "\\(.x // ",")"}', ['a']],
  ['. as $x | {$x}', undefined],
  ['{"a"}', ['a']],
  ['.a', undefined],
  ['{(.name): 1}', undefined],
  ['{"\\(.name)": 1}', undefined],
  ['{}', undefined],
  ['{a: 1} | {b: 2}', undefined],
])('the keys of the query %j are %j', (query, keys) => {
  expect(compileJq(query).outputKeys).toEqual(keys);
});

describe('a query that cannot be used is refused with what is wrong and where', () => {
  it.each([
    ['{a: (1}', 'syntax error: unexpected }, at line 1, column 7 of the jq query'],
    ['{a: 1 + 2}', 'syntax error: unexpected +, at line 1, column 7 of the jq query'],
    ['.a |\n  if . then 1 end', 'syntax error: unexpected end, at line 2, column 15 of the jq query'],
    ['"open', 'syntax error: a string is not closed, at line 1, column 1 of the jq query'],
    ['"\\x"', 'syntax error: invalid escape, at line 1, column 2 of the jq query'],
    ['.a ~ 1', 'syntax error: unexpected "~", at line 1, column 4 of the jq query'],
    ['1.2.3', 'syntax error: invalid number 1.2.3, at line 1, column 1 of the jq query'],
    ['.a |', 'syntax error: unexpected the end, at line 1, column 5 of the jq query'],
    ['1 == 1 == 1', 'syntax error: unexpected ==, at line 1, column 8 of the jq query'],
    ['1 / 0', 'Division by zero?, at line 1, column 3 of the jq query'],
    ['{(1): 2}', 'Cannot use 1 as object key, at line 1, column 2 of the jq query'],
    ['nosuch(1; 2)', 'nosuch/2 is not defined, at line 1, column 1 of the jq query'],
    ['.a | $x', '$x is not defined, at line 1, column 6 of the jq query'],
    ['break $x', '$*label-x is not defined, at line 1, column 1 of the jq query'],
    ['$ENV.HOME', '$ENV is not supported: a query sees its input only, at line 1, column 1 of the jq query'],
    ['$__prog_args', '$__prog_args is not defined, at line 1, column 1 of the jq query'],
    ['import "a" as a; 1', 'import is not supported: there are no modules, at line 1, column 1 of the jq query'],
  ])('%j', (query, message) => {
    expect(faultOf(query)).toBe(message);
  });

  it.each(
    (
      'input inputs input_filename input_line_number env now localtime strflocaltime("%Y") debug stderr halt halt_error ' +
      'halt_error(1) builtins lgamma j0'
    ).split(' '),
  )('%s, by name', (query) => {
    expect(faultOf(query)).toContain(`${query.split('(', 1)[0]} is not supported: `);
  });
});

it('what a regular expression has that JavaScript does not is an error by name', () => {
  expect(errorOf('test("a(?i)b")', 'x')).toBe('Regex failure: a flag within a pattern is not supported');
  expect(errorOf('test("\\\\Ga")', 'x')).toBe('Regex failure: \\G is not supported');
  expect(errorOf('test("(?:(a)|b)*")', 'x')).toBe(
    'Regex failure: a repetition of a group with optional captures is not supported',
  );
  expect(errorOf('test("a"; "l")', 'x')).toBe('Regex failure: the flag l (longest match) is not supported');
});

it('a regular expression that may do both matches whole characters only', () => {
  expect(outputsOf('[match("."; "g").string], [match("$"; "g").offset], sub("$"; "<")', 'é😀b')).toEqual([
    ['é', '😀', 'b'],
    [3, 3, 3],
    'é😀b<',
  ]);
});

it('a name means the innermost of what it may mean, whatever the library has', () => {
  expect(outputsOf('def length: 7; length, (def length: 8; length), length', 'abc')).toEqual([7, 8, 7]);
  expect(outputsOf('def f: 1; def f(x): x + 1; f, f(f)', null)).toEqual([1, 2]);
  expect(outputsOf('def f(map): map; f(3)', null)).toEqual([3]);
});

it('programs do not disturb each other', () => {
  const first = compileJq('.a |= (try error("x") catch .)');
  const second = compileJq('label $f | 1, break $f');

  expect([first.run({ a: 1 }), second.run(null), first.run({ a: 1 })]).toEqual([
    first.run({ a: 1 }),
    { outputs: [1] },
    first.run({ a: 1 }),
  ]);
});

test.each<[number, string]>([
  [0, '0'],
  [-0, '-0'],
  [3, '3'],
  [0.1, '0.1'],
  [1e-5, '1e-05'],
  [0.0001, '0.0001'],
  [1.5e300, '1.5e+300'],
  [1e17, '1e+17'],
  [1e15, '1000000000000000'],
  [2 ** 63, '9223372036854776000'],
  [Number.POSITIVE_INFINITY, '1.7976931348623157e+308'],
  [Number.NEGATIVE_INFINITY, '-1.7976931348623157e+308'],
  [Number.NaN, 'null'],
])('the number %d prints as %s', (number, text) => {
  expect(jqText(number)).toBe(text);
});

it('an error that is no text is told apart from one that is', () => {
  expect(errorOf('error({a: 1})', null)).toBe('(not a string): {"a":1}');
  expect(errorOf('error("a")', null)).toBe('a');
  expect(outputsOf('1, error(null), 2', null)).toEqual([1, 2]);
});
