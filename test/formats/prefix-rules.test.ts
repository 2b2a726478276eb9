import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPrefixes, type PrefixSettings, partitionKeysOf } from '../../src/formats/prefix-rules.ts';

const CONSTRAINT = 'Ths supplied prefix(es) do not satisfy the following constraint: ';

function check(settings: Partial<PrefixSettings>): string | undefined {
  return checkPrefixes({ dynamicPartitioning: false, ...settings });
}

describe('accepted', () => {
  const ACCEPTED: Partial<PrefixSettings>[] = [
    {},
    { prefix: '', errorOutputPrefix: '', timeZone: '' },
    { prefix: 'logs/', timeZone: 'Asia/Tokyo' },
    { prefix: 'braces {} and !', errorOutputPrefix: 'plain/' },
    { prefix: '!{timestamp:yyyy}/', errorOutputPrefix: 'plain/' },
    { prefix: "!{timestamp:'year='yyyy'/hour='HH:mm}/", errorOutputPrefix: '!{firehose:error-output-type}/' },
    { errorOutputPrefix: '!{firehose:random-string}/!{firehose:error-output-type}/' },
    { dynamicPartitioning: true, prefix: '!{partitionKeyFromQuery:a}/', errorOutputPrefix: 'errors/' },
    { prefix: 'x'.repeat(512) },
    { literalOnly: true, prefix: 'redshift/' },
  ];
  test.each(ACCEPTED)('%j', (settings) => {
    expect(check(settings)).toBeUndefined();
  });
});

describe('refused with the message of AWS', () => {
  const errorOutputPrefix = '!{firehose:error-output-type}/';
  const REFUSED: [Partial<PrefixSettings>, string][] = [
    [
      { prefix: 'my!{prefix/' },
      `${CONSTRAINT}Invalid expression usage: my!{prefix/.Must be of the form !{<namespace>:<value>}`,
    ],
    [{ prefix: 'a/!{bogus:yyyy}/' }, `${CONSTRAINT}Namespace to the left of colon (bogus) is an invalid keyword!`],
    [
      { prefix: 'a/!{firehose:bogus}/' },
      `${CONSTRAINT}Invalid conversion character used in the value of the expression in Prefix`,
    ],
    [
      { errorOutputPrefix: 'a/!{timestamp:yyyy/bbb}/' },
      `${CONSTRAINT}Invalid conversion character used in the value of the expression in ErrorOutputPrefix`,
    ],
    [
      { prefix: 'a/!{timestamp:yyyy}/' },
      `${CONSTRAINT}ErrorOutputPrefix cannot be null or empty when Prefix contains expressions`,
    ],
    [
      { errorOutputPrefix: 'e/!{timestamp:yyyy}/' },
      `${CONSTRAINT}ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}`,
    ],
    [
      { prefix: 'a/!{firehose:error-output-type}/', errorOutputPrefix },
      `${CONSTRAINT}Prefix must not contain any occurrence of !{firehose:error-output-type}`,
    ],
    [
      { errorOutputPrefix: `!{partitionKeyFromQuery:a}/${errorOutputPrefix}` },
      "Dynamic Partitioning Namespaces can't be part of an error prefix expression",
    ],
    [
      { dynamicPartitioning: true, prefix: 'data/plain/', errorOutputPrefix },
      'S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled',
    ],
    [
      { prefix: '!{partitionKeyFromLambda:a}/', errorOutputPrefix },
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
    ],
    [{ prefix: 'x'.repeat(513) }, `${CONSTRAINT}Length of evaluated prefix cannot be greater than 512`],
    [
      { prefix: `${'x'.repeat(509)}!{timestamp:yyyy}`, errorOutputPrefix },
      `${CONSTRAINT}Length of evaluated prefix cannot be greater than 512`,
    ],
    [
      { errorOutputPrefix: `${'x'.repeat(500)}${errorOutputPrefix}` },
      `${CONSTRAINT}Length of evaluated ErrorOutputPrefix cannot be greater than 512`,
    ],
    [
      { literalOnly: true, prefix: '!{timestamp:yyyy}/', errorOutputPrefix },
      `${CONSTRAINT}Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination`,
    ],
    [
      { literalOnly: true, errorOutputPrefix: 'errors/' },
      `${CONSTRAINT}Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination`,
    ],
    [
      { timeZone: 'EST' },
      'Provided custom time zone is not supported. ' +
        'Custom time zones are limited to UTC and non-3-letter IANA time zones.',
    ],
  ];
  test.each(REFUSED)('%j', (settings, message) => {
    expect(check(settings)).toBe(message);
  });
});

test('an empty namespace or value is no expression', () => {
  for (const prefix of ['!{:yyyy}', '!{timestamp:}', '!{}', '!{timestamp}', '!{timestamp:{yyyy}}']) {
    expect(check({ prefix }), prefix).toContain('Invalid expression usage');
  }
});

test('partition keys are listed once each, by namespace', () => {
  const prefix =
    '!{partitionKeyFromQuery:b}/!{partitionKeyFromLambda:a}/!{partitionKeyFromQuery:a}!{partitionKeyFromQuery:b}';

  expect(partitionKeysOf(prefix)).toEqual({ query: ['b', 'a'], lambda: ['a'] });
  expect(partitionKeysOf('plain')).toEqual({ query: [], lambda: [] });
});

test('no text makes the check throw', () => {
  const piece = fc.constantFrom(
    '!{',
    '}',
    '{',
    ':',
    'timestamp:',
    'firehose:',
    'yyyy',
    "'",
    '[',
    'p',
    'random-string',
    'é',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), fc.array(piece), (prefix, errorOutputPrefix) => {
      const message = check({ prefix: prefix.join(''), errorOutputPrefix: errorOutputPrefix.join('') });
      expect(message).not.toBe('');
    }),
  );
});
