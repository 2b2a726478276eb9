import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { jsonPost } from '../../src/local/aws/json-post.ts';
import { hostTables } from '../../src/local/glue/host-tables.ts';
import { moto } from './s3-servers.ts';
import { itWith } from './tools.ts';

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
