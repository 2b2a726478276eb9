import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { seededRandom } from '../kit/random.ts';
import { hydrant, objectsIn, s3Destination, sandbox } from './hydrant.ts';
import { type Ledger, loadUntilKilled } from './kill-loop.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const KILLS = Number(process.env.HYDRANT_KILLS ?? 3);
const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SECONDS_A_KILL = 20;

it(
  `kill -9, ${KILLS} times during processing and conversion: every acknowledged record is in one Parquet file, in the error output or was dropped (HYDRANT_SEED=${SEED})`,
  async () => {
    const folder = await newFolder();
    const random = seededRandom(SEED);
    const ledger: Ledger = { acknowledged: new Set(), sent: 0 };
    await writeFile(join(folder, 'fickle.mjs'), FICKLE);
    await writeFile(
      join(folder, 'hydrant.config.json'),
      JSON.stringify({ functions: { fickle: './fickle.mjs' }, schemas: { 'shop.answers': TABLE } }),
    );

    for (let kill = 0; kill < KILLS; kill++) {
      const running = await start(folder);
      if (kill === 0) await createStream(running.url);
      await loadUntilKilled(running, ['answers'], ledger, random);
    }
    const last = await start(folder);
    const { status, stderr } = await hydrant(['flush', '--endpoint', last.url]);
    const log = last.log.filter(({ level }) => level === 'error' || level === 'fatal');
    await last.end('SIGTERM');

    const found = await placesIn(folder);
    const times = (number: number) => found.get(number)?.length ?? 0;
    const acknowledged = [...ledger.acknowledged];
    const isDropped = (number: number) => number % 10 === 0;
    expect({ status, stderr, log }).toEqual({ status: 0, stderr: '', log: [] });
    expect(acknowledged.filter((number) => !isDropped(number) && times(number) === 0)).toEqual([]);
    expect([...found].filter(([number, { length }]) => length > 1 || isDropped(number))).toEqual([]);
    expect([...found.keys()].filter((number) => number >= ledger.sent)).toEqual([]);

    const counts = {
      dropped: acknowledged.filter(isDropped).length,
      ...countsOf(acknowledged.map((n) => found.get(n))),
    };
    expect(Object.keys(counts).sort()).toEqual([
      'converted',
      'dropped',
      'format-conversion-failed',
      'metadata-extraction-failed',
      'processing-failed',
    ]);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(acknowledged.length);
  },
  60_000 + KILLS * SECONDS_A_KILL * 1_000,
);

/** Where each number is: `converted`, or its kind of failure. Throws when a file is not whole. */
async function placesIn(folder: string): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const add = (number: number, place: string) => found.set(number, [...(found.get(number) ?? []), place]);
  for await (const [key, bytes] of objectsIn(folder, 'answers')) {
    const [, failure] = /^errors\/([^/]+)\//.exec(key) ?? [];
    if (failure === undefined) {
      const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
      for (const { number, p } of rows) {
        expect(key).toMatch(new RegExp(`^p=${p}/`));
        add(Number(number), 'converted');
      }
      continue;
    }
    for (const line of bytes
      .toString()
      .split('\n')
      .filter((line) => line !== '')) {
      const record = Buffer.from(JSON.parse(line).rawData, 'base64').toString();
      add(Number(/^(?:\{"number":)?(\d+)\b/.exec(record)?.[1]), failure);
    }
  }
  return found;
}

function countsOf(places: readonly (readonly string[] | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const place of places.flatMap((each) => each ?? [])) counts[place] = (counts[place] ?? 0) + 1;
  return counts;
}

/** The smallest hints there are, so that the process dies in every phase of a delivery. */
async function createStream(url: string): Promise<void> {
  const service = client(url);
  await service.call('CreateDeliveryStream', {
    DeliveryStreamName: 'answers',
    ExtendedS3DestinationConfiguration: s3Destination('answers', [64, 60], {
      Prefix: 'p=!{partitionKeyFromQuery:p}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          processor('Lambda', {
            LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:fickle',
            BufferSizeInMBs: '0.2',
            BufferIntervalInSeconds: '0',
          }),
          processor('MetadataExtraction', { MetadataExtractionQuery: '{p: .p}', JsonParsingEngine: 'JQ-1.6' }),
        ],
      },
      DataFormatConversionConfiguration: {
        SchemaConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/firehose',
          DatabaseName: 'shop',
          TableName: 'answers',
        },
        InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
      },
    }),
    Hydrant: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
  });
  service.close();
}

function processor(Type: string, parameters: Readonly<Record<string, string>>) {
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  }));
  return { Type, Parameters };
}

/**
 * Of ten records it drops one, fails one, gives one no key and one no number for its price. What it makes of the others
 * is another thing at every attempt.
 */
const FICKLE = `
  export default (record) => {
    const number = parseInt(record.text, 10);
    const fate = number % 10 < 4 ? number % 10 : Math.floor(1 + Math.random() * 12);
    if (fate === 0) return null;
    if (fate === 1) throw new Error('failed on purpose');
    const p = fate === 2 ? null : Math.floor(Math.random() * 3);
    return { number, p, price: fate === 3 ? 'none' : Math.random(), text: record.text };
  };
`;

const TABLE = {
  columns: [
    { name: 'number', type: 'int' },
    { name: 'p', type: 'int' },
    { name: 'price', type: 'double' },
    { name: 'text', type: 'string' },
  ],
};
