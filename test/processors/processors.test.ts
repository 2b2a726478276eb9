import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { processors } from '../../src/processors/index.ts';
import { noFunctions } from '../kit/no-functions.ts';
import { aStream } from '../kit/streams.ts';

const ENVELOPE = {
  messageType: 'DATA_MESSAGE',
  owner: '111111111111',
  logGroup: 'app',
  logStream: 'one',
  subscriptionFilters: ['all'],
  logEvents: [
    { id: '1', timestamp: 1, message: 'first' },
    { id: '2', timestamp: 2, message: 'second' },
  ],
};
const CONTROL = { ...ENVELOPE, messageType: 'CONTROL_MESSAGE', logEvents: [{ id: '', timestamp: 0, message: 'ping' }] };
const DECOMPRESSION = processor('Decompression', { CompressionFormat: 'GZIP' });
const EXTRACTION = processor('CloudWatchLogProcessing', { DataMessageExtraction: 'true' });

describe('Decompression', () => {
  it('makes envelopes of CloudWatch Logs of gzipped ones', async () => {
    const { outputs, failures } = await run([DECOMPRESSION], [zipped(ENVELOPE), zipped(CONTROL)]);

    expect(outputs).toEqual([JSON.stringify(ENVELOPE), JSON.stringify(CONTROL)]);
    expect(failures).toEqual([]);
  });

  it('takes several gzip members for one text', async () => {
    const text = JSON.stringify(ENVELOPE);
    const members = Buffer.concat([gzipSync(text.slice(0, 40)), gzipSync(text.slice(40))]);

    expect((await run([DECOMPRESSION], [members])).outputs).toEqual([text]);
  });

  it.each([
    ['no gzip', Buffer.from(JSON.stringify(ENVELOPE))],
    ['gzip that is cut short', zipped(ENVELOPE).subarray(0, -12)],
    ['nothing', Buffer.alloc(0)],
    ['JSON of another kind', zipped({ hello: 'world' })],
    ['an array', zipped([ENVELOPE])],
    ['no JSON', gzipSync('hello')],
    ['more than 16 MiB', gzipSync(Buffer.alloc(17 * 1024 * 1024, ' '))],
  ])('fails a record of %s as it was put, and none beside it', async (_, record) => {
    const { outputs, failures } = await run([DECOMPRESSION], [zipped(ENVELOPE), record]);

    expect(outputs).toHaveLength(1);
    expect(failures).toEqual([
      {
        data: record.toString('base64'),
        type: 'decompression-failed',
        code: 'Decompression failed.',
        message: 'Decompression failed because input data does not conform to cloudwatch log.',
      },
    ]);
  });
});

describe('CloudWatchLogProcessing', () => {
  it('makes one record of the messages of an envelope, each with a line feed', async () => {
    expect((await run([EXTRACTION, DECOMPRESSION], [zipped(ENVELOPE)])).outputs).toEqual(['first\nsecond\n']);
  });

  it('drops messages of control', async () => {
    expect(await run([DECOMPRESSION, EXTRACTION], [zipped(CONTROL)])).toEqual({ outputs: [], failures: [] });
  });

  it('leaves envelopes as they are when it extracts nothing', async () => {
    const off = processor('CloudWatchLogProcessing', { DataMessageExtraction: 'false' });

    expect((await run([DECOMPRESSION, off], [zipped(ENVELOPE)])).outputs).toEqual([JSON.stringify(ENVELOPE)]);
  });
});

describe('RecordDeAggregation', () => {
  const json = processor('RecordDeAggregation', { SubRecordType: 'JSON' });
  const hashes = processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: 'IyMjIw==' });

  it.each<[string, string, readonly string[]]>([
    ['objects back to back', '{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
    ['JSON lines', '{"a":1}\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['objects in objects', '{"a":{"b":{}}} {"c":{}}', ['{"a":{"b":{}}}', '{"c":{}}']],
    ['braces and quotes in strings', '{"a":"}{\\"}"}{"b":"\\\\"}', ['{"a":"}{\\"}"}', '{"b":"\\\\"}']],
    ['one object, with white space around it', ' {"a":1}\n', ['{"a":1}']],
    ['an array', '[{"a":1}]', ['[{"a":1}]']],
    ['objects and something else', '{"a":1}2', ['{"a":1}2']],
    ['an object that does not close', '{"a":1}{"b"', ['{"a":1}{"b"']],
    ['an open string', '{"a":1}{"b', ['{"a":1}{"b']],
    ['no JSON', 'hello', ['hello']],
  ])('of JSON: %s', async (_, record, parts) => {
    expect((await run([json], [Buffer.from(record)])).outputs).toEqual(parts);
  });

  it.each<[string, string, readonly string[]]>([
    ['parts', 'a####b####c', ['a', 'b', 'c']],
    ['nothing after the last delimiter', 'a####b####', ['a', 'b']],
    ['empty parts', '####a########b', ['', 'a', '', 'b']],
    ['no delimiter', 'a###b', ['a###b']],
  ])('by delimiter: %s', async (_, record, parts) => {
    expect((await run([hashes], [Buffer.from(record)])).outputs).toEqual(parts);
  });

  it('cuts into at most 500 parts; a record of more stays whole', async () => {
    const [most, more] = ['{}'.repeat(500), '{}'.repeat(501)];

    expect((await run([json], [Buffer.from(most)])).outputs).toHaveLength(500);
    expect((await run([json], [Buffer.from(more)])).outputs).toEqual([more]);
  });
});

describe('processors', () => {
  it('work in one order, whatever their places', async () => {
    const json = processor('RecordDeAggregation', { SubRecordType: 'JSON' });
    const events = [{ message: '{"n":1}{"n":2}' }, { message: '{"n":3}' }];

    const { outputs } = await run([json, EXTRACTION, DECOMPRESSION], [zipped({ ...ENVELOPE, logEvents: events })]);

    expect(outputs).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  });
});

function processor(Type: string, parameters: Readonly<Record<string, string>>): JsonObject {
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  }));
  return { Type, Parameters };
}

function streamOf(list: readonly JsonObject[]) {
  return aStream({ config: { ProcessingConfiguration: { Enabled: true, Processors: list } } });
}

async function run(list: readonly JsonObject[], records: readonly Uint8Array[]) {
  const chunk = {
    stream: streamOf(list),
    batch: 'b',
    records: records.map((data, place) => ({ place, arrivedAt: 1_000, data })),
  };
  const { outputs, failures } = await processors({ transform: noFunctions }).process(
    chunk,
    new AbortController().signal,
  );
  return {
    outputs: outputs.map(({ data }) => Buffer.from(data).toString()),
    failures: failures.map(({ data, reason }) => ({ data: Buffer.from(data).toString('base64'), ...reason })),
  };
}

function zipped(value: object): Buffer {
  return gzipSync(JSON.stringify(value));
}
