import { describe, expect, test } from 'vitest';
import { type ObjectName, objectKey } from '../../src/formats/object-names.ts';

const NAME = '-1-2026-07-13-10-01-02-5f1c7a5e-0f5c-4d43-9a3e-0a2b8c1d2e3f';

function key(object: Partial<ObjectName> = {}): string {
  return objectKey({
    streamName: 'clicks',
    streamVersion: 1,
    oldestAt: Date.UTC(2026, 6, 13, 10, 1, 2, 999),
    uuid: '5f1c7a5e-0f5c-4d43-9a3e-0a2b8c1d2e3f',
    extension: '',
    randomString: () => 'ztWxkdg3Thg',
    ...object,
  });
}

describe('data', () => {
  test('without a prefix lies under the hour in UTC, named by stream, version, time and UUID', () => {
    expect(key()).toBe(`2026/07/13/10/clicks${NAME}`);
    expect(key({ prefix: '' })).toBe(`2026/07/13/10/clicks${NAME}`);
  });

  test('under a literal prefix has the hour appended without a slash', () => {
    expect(key({ prefix: 'legacy' })).toBe(`legacy2026/07/13/10/clicks${NAME}`);
    expect(key({ prefix: 'legacy/' })).toBe(`legacy/2026/07/13/10/clicks${NAME}`);
  });

  test('under a prefix with expressions has nothing appended', () => {
    const prefix = "events/year=!{timestamp:yyyy}/!{timestamp:'month='MM}/";
    expect(key({ prefix })).toBe(`events/year=2026/month=07/clicks${NAME}`);
  });

  test('under a prefix whose only expression is a random string has no time appended either', () => {
    expect(key({ prefix: 'r/!{firehose:random-string}/' })).toBe(`r/ztWxkdg3Thg/clicks${NAME}`);
  });

  test('gets a fresh random string for each occurrence', () => {
    let drawn = 0;
    const randomString = () => `random-${++drawn}`;

    expect(key({ prefix: '!{firehose:random-string}/!{firehose:random-string}/', randomString })).toBe(
      `random-1/random-2/clicks${NAME}`,
    );
  });

  test('has prefix and name shifted by CustomTimeZone', () => {
    expect(key({ timeZone: 'Asia/Tokyo' })).toBe(`2026/07/13/19/clicks${NAME.replace('-10-01', '-19-01')}`);
    expect(key({ timeZone: '' })).toBe(key());
  });

  test('ends with the extension and carries the version', () => {
    expect(key({ extension: '.gz', streamVersion: 12 })).toMatch(/clicks-12-2026-.*e3f\.gz$/);
  });

  test('is named by its partition keys, each from its own namespace', () => {
    const prefix = 'c=!{partitionKeyFromQuery:id}/d=!{partitionKeyFromLambda:id}/';
    const partitionKeys = { query: new Map([['id', 'a']]), lambda: new Map([['id', 'b']]) };

    expect(key({ prefix, partitionKeys })).toBe(`c=a/d=b/clicks${NAME}`);
  });

  test('partitioned before the prefix gained a key still has a name', () => {
    const prefix = 'c=!{partitionKeyFromQuery:new}/';
    const expected = `c=__HIVE_DEFAULT_PARTITION__/clicks${NAME}`;

    expect(key({ prefix, partitionKeys: { query: new Map(), lambda: new Map() } })).toBe(expected);
    expect(key({ prefix })).toBe(expected);
  });

  test('does not interpret expressions that stand in a partition value', () => {
    const partitionKeys = { query: new Map([['id', '!{timestamp:yyyy}']]), lambda: new Map() };

    expect(key({ prefix: '!{partitionKeyFromQuery:id}/', partitionKeys })).toBe(`!{timestamp:yyyy}/clicks${NAME}`);
  });
});

describe('error records', () => {
  const errorOutputType = 'processing-failed';

  test('without prefixes lie under their type and the hour', () => {
    expect(key({ errorOutputType })).toBe(`processing-failed/2026/07/13/10/clicks${NAME}`);
  });

  test('lie beside the data under a literal prefix when there is no error prefix', () => {
    expect(key({ errorOutputType, prefix: 'retries/' })).toBe(`retries/processing-failed/2026/07/13/10/clicks${NAME}`);
  });

  test('under a literal error prefix have type and hour appended', () => {
    expect(key({ errorOutputType, prefix: 'x', errorOutputPrefix: 'errors/' })).toBe(
      `errors/processing-failed/2026/07/13/10/clicks${NAME}`,
    );
  });

  test('under an error prefix with expressions have nothing appended', () => {
    const errorOutputPrefix = 'e/!{firehose:error-output-type}/!{timestamp:yyyy}/!{firehose:error-output-type}/';
    expect(key({ errorOutputType, errorOutputPrefix })).toBe(
      `e/processing-failed/2026/processing-failed/clicks${NAME}`,
    );
  });

  test('are told apart by type even where the prefix has expressions and there is no error prefix', () => {
    expect(key({ errorOutputType, prefix: '!{timestamp:yyyy}/' })).toBe(`2026/processing-failed/clicks${NAME}`);
  });
});

describe('a key', () => {
  test('never exceeds 1024 bytes, is cut between characters and stays unique by its UUID', () => {
    for (const first of ['', 'x']) {
      const long = key({ prefix: `${first}${'é'.repeat(600)}!{timestamp:yyyy}`, extension: '.gz' });

      expect(Buffer.byteLength(long)).toBeLessThanOrEqual(1024);
      expect(Buffer.byteLength(long)).toBeGreaterThan(1020);
      expect(long.endsWith(`clicks${NAME}.gz`)).toBe(true);
      expect(long).not.toContain('\ufffd');
    }
  });

  test('of exactly 1024 bytes is whole', () => {
    const suffixBytes = Buffer.byteLength(`clicks${NAME}`);
    const prefix = `${'p'.repeat(1024 - suffixBytes - 4)}!{timestamp:yyyy}`;

    expect(key({ prefix })).toBe(`${prefix.replace('!{timestamp:yyyy}', '2026')}clicks${NAME}`);
  });

  test('has no half of a surrogate pair, which no S3 client could send', () => {
    expect(key({ prefix: 'a\ud800b/' })).toBe(`a\ufffdb/2026/07/13/10/clicks${NAME}`);
  });

  test('is made even from prefixes that AWS would refuse', () => {
    for (const prefix of [
      '!{',
      '!{}',
      '!{a:b}',
      '!{timestamp:}',
      '!{timestamp:bbb}',
      '!{!{firehose:random-string}',
      '}',
    ]) {
      expect(key({ prefix })).toContain(`clicks${NAME}`);
    }
  });
});
