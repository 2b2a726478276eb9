import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/json.ts';
import { BYTES_MOST, DEPTH_MOST, STEPS_MOST } from '../../../src/formats/jq/meter.ts';
import { NESTING_MOST } from '../../../src/formats/jq/tokens.ts';
import { errorOf, outputsOf } from './answers.ts';

const STEPS = `the query takes more than ${STEPS_MOST} steps`;
const BYTES = `the query makes more than ${BYTES_MOST} bytes`;
const DEPTH = `the query or its input is nested deeper than ${DEPTH_MOST}`;

function nested(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('a query that asks for too much ends as the error of its input', () => {
  it.each<[string, string]>([
    ['range(1e9)', STEPS],
    ['[range(1e9)] | length', STEPS],
    ['last(range(1e9))', STEPS],
    ['[limit(1e9; repeat(1))]', STEPS],
    ['reduce range(1e9) as $i (0; . + $i)', STEPS],
    ['0 | until(. < 0; . + 1)', STEPS],
    ['[0 | while(true; . + 1)]', STEPS],
    ['[range(0; 1e9; 1)]', STEPS],
    ['"abc" | gsub(""; "-")', STEPS],
    ['"abc" | indices("")', STEPS],
    ['[range(100000)] | . - .', STEPS],
    ['"a" * 1e9', BYTES],
    ['"a" * 1e18', BYTES],
    ['reduce range(40) as $i ("a"; . + .)', BYTES],
    ['reduce range(40) as $i ([1]; . + .)', BYTES],
    ['reduce range(40) as $i (1; [., .]) | tojson', BYTES],
    ['reduce range(40) as $i (1; [., .]) | error', BYTES],
    ['[range(3000)] | reduce .[] as $i ([]; [$i] + . + [range(3000)])', BYTES],
    ['def f: f; f', DEPTH],
    ['def f: 1 + f; f', DEPTH],
    ['def f(g): f(g | g); f(. + 1)', DEPTH],
    ['[recurse(. + 1)]', DEPTH],
    ['def f: [f]; f', DEPTH],
    ['try (def f: f; f) catch "caught"', DEPTH],
    ['(range(1e9))?', STEPS],
    ['[.. |= [.]]| .[1e9] = 1', 'Array index too large'],
  ])('%s', (query, message) => {
    expect(errorOf(query, 0)).toBe(message);
  });

  it('and so ends what nests deeper than the stack', () => {
    const deep = nested(10_000);

    for (const query of [
      '..',
      '[paths]',
      'flatten',
      'walk(.)',
      '. == ([.] | .[0] | map(.))',
      'getpath([range(9999) | 0])',
    ]) {
      const outcome = errorOf(query, deep);
      expect([undefined, DEPTH, STEPS, BYTES]).toContain(outcome);
    }
    expect(errorOf('..', deep)).toBe(DEPTH);
  });
});

it('a record 500 deep is read, and printed to 256 as jq prints it', () => {
  expect(outputsOf('tojson', nested(500))).toEqual([`${'['.repeat(257)}<skipped: too deep>${']'.repeat(257)}`]);
  expect(outputsOf('getpath([range(499) | 0])', nested(500))).toEqual([[1]]);
});

it('calls nest as deep as is said, whatever the stack would hold', () => {
  const countDown = 'def f: if . == 0 then "done" else . - 1 | f end; f';

  expect(outputsOf(countDown, DEPTH_MOST - 1)).toEqual(['done']);
  expect(errorOf(countDown, DEPTH_MOST)).toBe(DEPTH);
});

it('brackets nest as deep as is said', () => {
  const brackets = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

  expect(outputsOf(`${brackets(NESTING_MOST)} | flatten`, null)).toEqual([[1]]);
  expect(() => outputsOf(brackets(NESTING_MOST + 1), null)).toThrow('nested too deep');
});

it('a query nested too deep is refused', () => {
  const deep = 50_000;

  const chains = ['+', ',', '|', '?', '.a'].map(
    (sign) =>
      `.a${Array(deep)
        .fill('')
        .join(sign === '.a' ? sign : `${sign}.a`)}`,
  );
  for (const query of chains) expect(() => outputsOf(query, null)).not.toThrow(RangeError);
  for (const query of ['['.repeat(deep), '('.repeat(deep), '-'.repeat(deep), '1+'.repeat(deep), '"\\('.repeat(deep)]) {
    expect(() => outputsOf(query, null)).toThrow(/nested too deep|syntax error/);
  }
  expect(outputsOf(Array(150).fill('1').join('+'), null)).toEqual([150]);
});

it('texts of 1 MB take no longer than their length', () => {
  const text = 'añ'.repeat(500_000);

  expect(outputsOf('length, (explode | length), (split("a") | length), (ascii_upcase | .[0:2])', text)).toEqual([
    1_000_000,
    1_000_000,
    500_001,
    'Añ',
  ]);
  expect(outputsOf('[match("ñ"; "g")] | length', 'añ'.repeat(50_000))).toEqual([50_000]);
});

describe('a member called __proto__', () => {
  const record: JsonValue = JSON.parse('{"__proto__": {"polluted": 1}, "a": 2}');

  it('is a member like others', () => {
    expect(outputsOf('.__proto__.polluted, has("__proto__"), keys, (del(.__proto__) | keys)', record)).toEqual([
      1,
      true,
      ['__proto__', 'a'],
      ['a'],
    ]);
    expect(outputsOf('.polluted, .constructor, .toString, has("constructor")', record)).toEqual([
      null,
      null,
      null,
      false,
    ]);
  });

  it('changes no other object, however it is made', () => {
    for (const query of [
      '{"__proto__": {"polluted": 1}}',
      '{("__proto__"): {"polluted": 1}}',
      '.__proto__ = {"polluted": 1}',
      '{} * {"__proto__": {"polluted": 1}}',
      '{} + .',
      '[{"key": "__proto__", "value": {"polluted": 1}}] | from_entries',
      'tojson | fromjson',
      'with_entries(.)',
      'setpath(["__proto__", "polluted"]; 1)',
    ]) {
      const [made] = outputsOf(query, record);
      expect(Object.keys(made ?? {})).toContain('__proto__');
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

it('the record is never changed', () => {
  const text = '{"a":[1,{"b":2}],"c":"x"}';
  const record: JsonValue = JSON.parse(text);

  for (const query of [
    '.a[1].b = 3',
    '.a |= map(tojson)',
    'del(.a)',
    '.a += [1]',
    '[.a[], 2]',
    'walk(1)',
    '.a | sort',
  ]) {
    outputsOf(query, record);
    expect(JSON.stringify(record)).toBe(text);
  }
});
