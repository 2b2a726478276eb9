import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import s3Destination from '../../destinations/s3.ts';
import type { Slice } from '../../src/core/destination.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import { folderObjects } from '../../src/objects/folder.ts';
import { LAMBDA_ARN, LEAST, processing, processor } from '../api/inputs.ts';
import { testApi } from '../kit/api.ts';
import { noTables } from '../kit/no-tables.ts';
import { world } from '../kit/world.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-error-output-'));
afterAll(() => fs.rm(top, { recursive: true }));

const AT = Date.UTC(2026, 6, 13, 10, 5, 9, 987);
const FAILED_UNDER: Readonly<Record<DestinationKind, string>> = {
  ExtendedS3: '',
  Redshift: 'redshift-failed',
  Elasticsearch: 'AmazonOpenSearchService-failed',
  Amazonopensearchservice: 'AmazonOpenSearchService-failed',
  AmazonOpenSearchServerless: 'AmazonOpenSearchServerless-failed',
  Splunk: 'splunk-failed',
  HttpEndpoint: 'http-endpoint-failed',
  Snowflake: 'snowflake-failed',
  Iceberg: 'iceberg-failed',
};
const KINDS = Object.keys(FAILED_UNDER) as DestinationKind[]; // the record has no others
const FIRST_ATTEMPT = { attemptsMade: 0, arrivalTimestamp: AT, attemptEndingTimestamp: AT };

describe('the error output of a stream', () => {
  for (const kind of KINDS.filter((each) => each !== 'ExtendedS3')) {
    it(`where there is no adapter for ${kind} holds its records under ${FAILED_UNDER[kind]}`, async () => {
      const [object] = await errorObjects(kind, {});

      const day = '/2026/07/13/10/clicks-1-2026-07-13-10-05-09-';
      expect(object?.key.slice(0, -36)).toBe(`${FAILED_UNDER[kind]}${day}`);
      const common = { ...FIRST_ATTEMPT, errorCode: 'Hydrant.NoAdapter', errorMessage: expect.stringContaining(kind) };
      expect(object?.lines).toMatchObject([
        { ...common, rawData: btoa('a') },
        { ...common, rawData: btoa('b"\n') },
      ]);
    });
  }

  it.each<[DestinationKind, JsonObject, JsonObject]>([
    ['Amazonopensearchservice', { IndexRotationPeriod: 'OneHour' }, { esIndexName: 'clicks-2026-07-13-10' }],
    ['Elasticsearch', { TypeName: 'click' }, { esIndexName: 'clicks-2026-07-13', esTypeName: 'click' }],
    ['AmazonOpenSearchServerless', {}, { osIndexName: 'clicks' }],
  ])('of documents for %s names the index that they were meant for', async (kind, changes, named) => {
    const [object] = await errorObjects(kind, changes);

    expect(object?.lines).toMatchObject([named, named]);
  });

  for (const kind of KINDS) {
    it(`with a destination of kind ${kind} names the function that its records were meant for`, async () => {
      const Lambda = processor('Lambda', { LambdaArn: LAMBDA_ARN });
      const [object] = await errorObjects(kind, { ProcessingConfiguration: processing(Lambda) });

      expect(object?.key).toMatch(/^processing-failed\/2026\/07\/13\/10\/clicks-1-/);
      expect(Object.keys(object?.lines[0] ?? {})).toEqual([
        ...['rawData', 'errorCode', 'errorMessage', 'attemptsMade', 'arrivalTimestamp', 'attemptEndingTimestamp'],
        'lambdaARN',
      ]);
      const expected = { errorCode: 'Lambda.ResourceNotFound', attemptsMade: 4, arrivalTimestamp: AT };
      expect(object?.lines).toMatchObject(Array(2).fill({ ...expected, lambdaARN: LAMBDA_ARN }));
    });
  }
});

/** What a stream as the API makes it leaves in its bucket of two records. */
async function errorObjects(kind: DestinationKind, changes: JsonObject) {
  const { output, streams } = testApi();
  const config = { ...LEAST[kind], ...changes };
  await output('CreateDeliveryStream', { DeliveryStreamName: 'clicks', [`${kind}DestinationConfiguration`]: config });
  const stream = await streams.get('clicks');
  if (stream === undefined) throw new Error('the stream was just made');
  const objects = await folderObjects({ folder: await fs.mkdtemp(join(top, 'f')) });
  const s3 = s3Destination({ objects, tables: noTables, converter, encryptionKeys: () => undefined });
  const w = await world([stream], { startAt: AT });
  w.farSide = async (slice, signal) => s3.deliver(await planned(slice), signal);
  const planned = async (slice: Slice): Promise<Slice> => ({
    ...slice,
    plan: { ...slice.plan, output: (await s3.plan?.(slice)) ?? null },
  });

  await w.put(stream, 'a', 'b"\n');
  await w.timers.flush();
  // A function has four attempts.
  await w.pass(60_000);
  await w.timers.flush();

  const found: { key: string; lines: JsonObject[] }[] = [];
  for await (const { key, path } of objects.list(kind === 'ExtendedS3' ? 'clicks' : 'backup')) {
    const text = await fs.readFile(path, 'utf8');
    found.push({
      key,
      lines: text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    });
  }
  return found;
}
