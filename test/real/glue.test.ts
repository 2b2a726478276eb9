import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { client } from '../../src/cli/client.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { jsonPost } from '../../src/host/aws/json-post.ts';
import { hostTables } from '../../src/host/glue/host-tables.ts';
import { hydrant, objectsIn, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { readRows } from '../formats/conversion/files.ts';
import { moto } from './s3-servers.ts';
import { itWith } from './tools.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(async () => {
  vi.unstubAllEnvs();
  await clear();
});

const ORDERS = { database: 'shop', table: 'orders', region: 'eu-west-1' };
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

describe("moto's Glue", () => {
  let server: { readonly endpoint: string; stop(): Promise<void> } | undefined;
  const endpoint = (): string => server?.endpoint ?? '';
  beforeAll(async () => {
    if (!moto.tool.found) return;
    server = await moto.start();
    await glue('CreateDatabase', { DatabaseInput: { Name: 'shop' } });
    await glue('CreateTable', { DatabaseName: 'shop', TableInput: tableOf([['id', 'bigint']]) });
    await glue('UpdateTable', {
      DatabaseName: 'shop',
      TableInput: tableOf([
        ['id', 'bigint'],
        ['items', 'array<struct<sku:string,quantity:int>>'],
      ]),
    });
  });
  afterAll(() => server?.stop());

  /** A call of its API, to make what the tests look for. */
  async function glue(action: string, input: JsonObject): Promise<void> {
    const { post, close } = jsonPost({
      ...{ service: 'glue', endpoint: endpoint(), credentials: async () => CREDENTIALS },
      withoutCredentials: unexpected,
    });
    const { status, body } = await post({
      ...{ target: `AWSGlue.${action}`, input, region: 'eu-west-1', now: Date.now() },
      ...{ signal: AbortSignal.timeout(10_000), answerMostBytes: 1_000_000, tooLong: unexpected },
    });
    close();
    if (status !== 200) throw new Error(`${action}: ${body}`);
  }

  const tables = () =>
    hostTables({
      own: {},
      glue: { endpoint: endpoint(), credentials: async () => CREDENTIALS },
      now: Date.now,
      alarm: () => () => {},
    }).tables;

  itWith([moto.tool], 'gives the columns of the latest version, without the partition keys', async () => {
    expect(await tables()(ORDERS)).toEqual({
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'items', type: 'array<struct<sku:string,quantity:int>>' },
      ],
    });
  });

  itWith([moto.tool], 'gives the columns of an earlier version', async () => {
    expect(await tables()({ ...ORDERS, versionId: '1' })).toEqual({ columns: [{ name: 'id', type: 'bigint' }] });
  });

  itWith([moto.tool], 'has a service write Parquet files with its columns, from a put to the file', async () => {
    const folder = await newFolder();
    const config = { region: ORDERS.region, glue: { endpoint: endpoint() } };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const { url, end } = await start(folder);
    const RoleARN = 'arn:aws:iam::000000000000:role/firehose';
    const SchemaConfiguration = { RoleARN, DatabaseName: 'shop', TableName: 'orders', Region: ORDERS.region };
    const create = (TableName: string) =>
      client(url).call('CreateDeliveryStream', {
        DeliveryStreamName: TableName,
        ExtendedS3DestinationConfiguration: s3Destination('lake', [64, 60], {
          DataFormatConversionConfiguration: {
            SchemaConfiguration: { ...SchemaConfiguration, TableName },
            InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
            OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
          },
        }),
      });

    await expect(create('nothing')).rejects.toThrow(/nothing/);
    await create('orders');
    const Data = Buffer.from('{"id":9007199254740993,"items":[{"sku":"a","quantity":2}],"day":"x"}').toString('base64');
    await client(url).call('PutRecord', { DeliveryStreamName: 'orders', Record: { Data } });
    await hydrant(['flush', '--endpoint', url]);
    await end('SIGTERM');

    const files: (readonly [string, Buffer])[] = [];
    for await (const file of objectsIn(folder, 'lake')) files.push(file);
    expect(files.map(([key]) => key)).toEqual([expect.stringMatching(/\.parquet$/)]);
    expect(await readRows(files[0]![1])).toEqual([{ id: 9007199254740993n, items: [{ sku: 'a', quantity: 2 }] }]); // one
  });

  itWith([moto.tool], 'says that a table is not there', async () => {
    await expect(tables()({ ...ORDERS, table: 'nothing' })).rejects.toMatchObject({
      code: 'DataFormatConversion.EntityNotFound',
    });
  });
});

function tableOf(columns: readonly (readonly [name: string, type: string])[]): JsonObject {
  return {
    Name: 'orders',
    StorageDescriptor: { Columns: columns.map(([Name, Type]) => ({ Name, Type })) },
    PartitionKeys: [{ Name: 'day', Type: 'string' }],
  };
}

function unexpected(): never {
  throw new Error('This cannot be.');
}
