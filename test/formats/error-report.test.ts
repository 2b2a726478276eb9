import { describe, expect, test } from 'vitest';
import { type FailureReason, type RecordBlock, recordBlock } from '../../src/core/records.ts';
import { errorReport, type ReportContext } from '../../src/formats/error-report.ts';
import { collected } from './chunks.ts';

const ARRIVED_AT = 1_783_936_862_345;

function reason(type: string, change: Partial<FailureReason> = {}): FailureReason {
  return { type, code: 'Some.Code', message: 'It failed.', attempts: 4, lastAttemptAt: ARRIVED_AT + 9000, ...change };
}

async function* blocks(...list: readonly RecordBlock[]): AsyncGenerator<RecordBlock> {
  yield* list;
}

async function report(context: ReportContext, ...list: readonly RecordBlock[]): Promise<string[]> {
  const text = (await collected(errorReport(blocks(...list), context))).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

function block(why: FailureReason, ...records: readonly string[]): RecordBlock {
  return recordBlock(
    ARRIVED_AT,
    records.map((record) => Buffer.from(record)),
    why,
  );
}

describe('the line of a record has the members of its kind, in the order of AWS', () => {
  const lambdaArn = 'arn:aws:lambda:eu-west-1:000000000000:function:f:$LATEST';
  const dataCatalogTable = { catalogId: '000000000000', databaseName: 'd', tableName: 't' };
  const head = '"attemptsMade":4,"arrivalTimestamp":1783936862345';
  const end = '"attemptEndingTimestamp":1783936871345';
  const error = '"errorCode":"Some.Code","errorMessage":"It failed."';
  const KINDS: [string, ReportContext, string][] = [
    ['processing-failed', {}, `{"rawData":"aGk=",${error},${head},${end}}`],
    ['processing-failed', { lambdaArn }, `{"rawData":"aGk=",${error},${head},${end},"lambdaARN":"${lambdaArn}"}`],
    ['decompression-failed', { lambdaArn: 'not shown' }, `{"rawData":"aGk=",${error},${head},${end}}`],
    [
      'format-conversion-failed',
      { dataCatalogTable },
      `{${head},"lastErrorCode":"Some.Code","lastErrorMessage":"It failed.",${end},"rawData":"aGk=",` +
        `"sequenceNumber":null,"subSequenceNumber":null,"dataCatalogTable":${JSON.stringify(dataCatalogTable)}}`,
    ],
    [
      'AmazonOpenSearchService-failed',
      { indexOf: (at) => `i-${at}`, typeName: 't' },
      `{${head},${error},${end},"esIndexName":"i-${ARRIVED_AT}","esTypeName":"t","rawData":"aGk="}`,
    ],
    [
      'AmazonOpenSearchServerless-failed',
      { indexOf: () => 'i' },
      `{${head},${error},${end},"osIndexName":"i","rawData":"aGk="}`,
    ],
    ['splunk-failed', { id: 'b7' }, `{${head},${error},${end},"rawData":"aGk=","EventId":"b7.0"}`],
    ['splunk-failed', {}, `{${head},${error},${end},"rawData":"aGk="}`],
    [
      'http-endpoint-failed',
      { id: 'b7' },
      `{${head},${error},${end},"rawData":"aGk=","subsequenceNumber":0,"dataId":"b7.0"}`,
    ],
    ['snowflake-failed', {}, `{${head},${error},${end},"rawData":"aGk="}`],
  ];
  test.each(KINDS)('%s %j', async (type, context, line) => {
    expect(await report(context, block(reason(type), 'hi'))).toEqual([line]);
  });
});

test('any bytes come back from rawData, and each record has its own line', async () => {
  const records = [Buffer.from([0, 255, 10, 13]), Buffer.alloc(0), Buffer.from('é\n"'), Buffer.alloc(100_000, 7)];

  const lines = await report({}, recordBlock(ARRIVED_AT, records, reason('processing-failed')));

  const raw = lines.map((line) => Buffer.from(JSON.parse(line).rawData, 'base64'));
  expect(raw.map((each, i) => each.equals(records[i]!))).toEqual([true, true, true, true]); // As many as records.
});

test('messages with quotes, line ends, half surrogates and member names are still one line of valid JSON', async () => {
  const message = 'the endpoint said {"rawData":"x"}\r\n\u2028\ud800 é';

  const lines = await report({ id: 'b"7' }, block(reason('http-endpoint-failed', { message }), 'a', 'b'));

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { errorMessage: message, rawData: 'YQ==', dataId: 'b"7.0' },
    { errorMessage: message, rawData: 'Yg==', dataId: 'b"7.1' },
  ]);
});

test('blocks keep their own reasons and arrival, and ids count on over blocks', async () => {
  const first = block(reason('splunk-failed'), 'a', 'b');
  const second = { ...block(reason('splunk-failed', { code: 'Other' }), 'c'), arrivedAt: 5 };

  const lines = await report({ id: 'b' }, first, second);

  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { errorCode: 'Some.Code', arrivalTimestamp: ARRIVED_AT, EventId: 'b.0' },
    { errorCode: 'Some.Code', arrivalTimestamp: ARRIVED_AT, EventId: 'b.1' },
    { errorCode: 'Other', arrivalTimestamp: 5, EventId: 'b.2' },
  ]);
});

test('a report of tiny records is written in pieces, not in one', async () => {
  const tiny = recordBlock(0, Array<Buffer>(50_000).fill(Buffer.from('x')), reason('processing-failed'));

  const sizes: number[] = [];
  for await (const piece of errorReport(blocks(tiny))) sizes.push(piece.length);

  expect(sizes.length).toBeGreaterThan(5);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
});

test('records larger than a piece, and those on the borders of pieces, come back whole', async () => {
  const lengths = [2_000_000, ...Array.from({ length: 3000 }, (_, i) => 900 + (i % 7)), 1_500_001];
  const records = lengths.map((length, i) => Buffer.alloc(length, i % 256));

  const lines = await report({}, recordBlock(0, records, reason('processing-failed')));

  expect(lines.length).toBe(records.length);
  expect(lines.every((line, i) => records[i]?.equals(Buffer.from(JSON.parse(line).rawData, 'base64')))).toBe(true);
});

test('records without a reason cannot be reported: only error lanes are', async () => {
  await expect(collected(errorReport(blocks(recordBlock(0, [Buffer.from('a')]))))).rejects.toThrow('carry the reason');
});
