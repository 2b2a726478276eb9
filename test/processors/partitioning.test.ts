import { describe, expect, it } from 'vitest';
import { partitionKeysIn, partitionName } from '../../src/formats/partition-names.ts';
import { processors } from '../../src/processors/index.ts';
import { noFunctions } from '../kit/no-functions.ts';
import { aStream } from '../kit/streams.ts';

const QUERY = '{customer: .customer, day: .at[0:10]}';
const PREFIX = 'c=!{partitionKeyFromQuery:customer}/d=!{partitionKeyFromQuery:day}/';

describe('a partition', () => {
  it('is named by its keys, in whatever order they were found', () => {
    const one = partitionName({ query: new Map([['a', '1'], ['b', '2']]), lambda: new Map([['c', '3']]) }); // biome-ignore format: one line
    const other = partitionName({ query: new Map([['b', '2'], ['a', '1']]), lambda: new Map([['c', '3']]) }); // biome-ignore format: one line

    expect(one).toBe(other);
    expect(partitionKeysIn(one)?.query.get('b')).toBe('2');
    expect(partitionKeysIn(one)?.lambda.get('c')).toBe('3');
  });

  it('has another name for other keys, however odd', () => {
    const odd = ['', '"', '","', '/', '..', '\u0000', 'a]', '\ud800'];
    const names = odd.flatMap((query) =>
      odd.map((lambda) => partitionName({ query: new Map([['k', query]]), lambda: new Map([['k', lambda]]) })),
    );

    expect(new Set(names).size).toBe(odd.length ** 2);
  });

  it('without keys has no name', () => {
    expect(partitionName({ query: new Map(), lambda: new Map() })).toBe('');
    expect(partitionKeysIn('')).toBeUndefined();
  });
});

describe('MetadataExtraction', () => {
  it('gives records their partition', async () => {
    const { outputs, failures } = await run([
      '{"customer":"a","at":"2026-11-24T06:00"}',
      '{"customer":7,"at":"2026-11-25"}',
    ]);

    expect(outputs).toEqual([
      { customer: 'a', day: '2026-11-24' },
      { customer: '7', day: '2026-11-25' },
    ]);
    expect(failures).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello', 'Non JSON record provided'],
    ['two objects', '{"customer":"a"}{"customer":"b"}', 'Non JSON record provided'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'Non JSON record provided'],
    ['a key that is missing', '{"at":"2026-11-24"}', 'partitionKeys values must not be null or empty'],
    ['a key that is empty', '{"customer":"","at":"2026-11-24"}', 'partitionKeys values must not be null or empty'],
    ['a query that fails', '{"customer":"a","at":7}', 'jq: error: Cannot index number with object'],
  ])('fails a record with %s, and none beside it', async (_, record, message) => {
    const { outputs, failures } = await run([record, '{"customer":"a","at":"2026-11-24"}']);

    expect(outputs).toHaveLength(1);
    expect(failures).toEqual([
      { type: 'metadata-extraction-failed', code: 'DynamicPartitioning.MetadataExtractionFailed', message },
    ]);
  });

  it('fails a record for which the query gives no object, or several', async () => {
    const messages = async (query: string) => (await run(['{"a":1}'], query)).failures.map(({ message }) => message);

    expect(await messages('.a')).toEqual(['The query gives 1, not an object.']);
    expect(await messages('empty')).toEqual(['The query gives 0 values for the record; it must give one object.']);
    expect(await messages('{customer:("a","b"),day:"x"}')).toEqual([
      'The query gives 2 values for the record; it must give one object.',
    ]);
  });
});

async function run(records: readonly (string | Uint8Array)[], query = QUERY) {
  const stream = aStream({
    config: {
      Prefix: PREFIX,
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'MetadataExtraction',
            Parameters: [
              { ParameterName: 'MetadataExtractionQuery', ParameterValue: query },
              { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
            ],
          },
        ],
      },
    },
  });
  const chunk = {
    stream,
    batch: 'b',
    records: records.map((data, place) => ({ place, arrivedAt: 1_000, data: Buffer.from(data) })),
  };
  const { outputs, failures } = await processors({ transform: noFunctions }).process(
    chunk,
    new AbortController().signal,
  );
  return {
    outputs: outputs.map(({ partition }) => Object.fromEntries(partitionKeysIn(partition)?.query ?? [])),
    failures: failures.map(({ reason }) => reason),
  };
}
