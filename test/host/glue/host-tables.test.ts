import { expect, onTestFinished, test } from 'vitest';
import type { TableReference } from '../../../src/formats/conversion/stream-table.ts';
import { hostTables } from '../../../src/host/glue/host-tables.ts';
import { type Asked, CREDENTIALS, REGION, type Said } from '../aws/aws-endpoint.ts';
import { glueEndpoint, glueTable } from './glue-endpoint.ts';

const ORDERS: TableReference = { database: 'shop', table: 'orders', region: REGION };
const COLUMNS = [
  ['id', 'bigint'],
  ['items', 'array<struct<sku:string,quantity:int>>'],
] as const;
const SCHEMA = { columns: COLUMNS.map(([name, type]) => ({ name, type })) };
const FOUND: Said = [200, { Table: glueTable(COLUMNS) }];

/** The host's tables over an endpoint, with a clock that the test moves and alarms that it rings. */
async function host(say: (asked: Asked) => Said | Promise<Said>) {
  const server = await glueEndpoint(say);
  const clock = { now: Date.UTC(2026, 6, 13) };
  const rings = new Set<() => void>();
  const { tables, close } = hostTables({
    own: { 'shop.own': { columns: [{ name: 'a', type: 'int' }] } },
    glue: { endpoint: server.endpoint, credentials: async () => CREDENTIALS },
    now: () => clock.now,
    alarm: (_, ring) => {
      rings.add(ring);
      return () => rings.delete(ring);
    },
  });
  onTestFinished(close);
  return { ...server, tables, clock, rings };
}

test('a table that the configuration does not name comes from Glue, without its partition keys', async () => {
  const { tables, asked } = await host(() => FOUND);

  expect(await tables(ORDERS)).toEqual(SCHEMA);
  expect(asked).toEqual([{ action: 'GetTable', input: { DatabaseName: 'shop', Name: 'orders' } }]);
});

test('a table of the configuration is not asked for', async () => {
  const { tables, asked } = await host(() => FOUND);

  expect(await tables({ ...ORDERS, table: 'own' })).toEqual({ columns: [{ name: 'a', type: 'int' }] });
  expect(asked).toEqual([]);
});

test('without Glue a table that the configuration does not name is not known, and the error says what to do', async () => {
  const { tables } = hostTables({ own: {}, now: Date.now, alarm: () => () => {} });

  await expect(tables({ ...ORDERS, database: 'toString' })).rejects.toMatchObject({
    code: 'DataFormatConversion.EntityNotFound',
    message: expect.stringContaining('or set glue there'),
  });
});

test('a version and a catalog are asked for as they are named', async () => {
  const { tables, asked } = await host(() => [200, { TableVersion: { VersionId: '7', Table: glueTable(COLUMNS) } }]);

  expect(await tables({ ...ORDERS, catalogId: '210987654321', versionId: '7' })).toEqual(SCHEMA);
  expect(asked).toEqual([
    {
      action: 'GetTableVersion',
      input: { CatalogId: '210987654321', DatabaseName: 'shop', TableName: 'orders', VersionId: '7' },
    },
  ]);
});

test('deliveries that need a table at once share a call, and none is made for a minute', async () => {
  const { tables, asked, clock } = await host(() => FOUND);

  await Promise.all([tables(ORDERS), tables(ORDERS), tables({ ...ORDERS })]);
  clock.now += 59_999;
  await tables(ORDERS);
  expect(asked).toHaveLength(1);

  clock.now += 1;
  await tables(ORDERS);
  expect(asked).toHaveLength(2);
});

test('a change of the table is seen after a minute', async () => {
  let columns: readonly (readonly [string, string])[] = COLUMNS;
  const { tables, clock } = await host(() => [200, { Table: glueTable(columns) }]);
  await tables(ORDERS);

  columns = [['id', 'string']];
  clock.now += 60_000;

  expect(await tables(ORDERS)).toEqual({ columns: [{ name: 'id', type: 'string' }] });
});

test.each<[string, Said]>([
  ['fails', [500, { __type: 'InternalServiceException' }]],
  ['is throttled', [400, { __type: 'ThrottlingException', Message: 'Rate exceeded' }]],
  ['has no time', [400, { __type: 'OperationTimeoutException' }]],
])('while Glue %s a table goes on as it was, and is asked for once a minute', async (_, trouble) => {
  let said: Said = FOUND;
  const { tables, asked, clock } = await host(() => said);
  await tables(ORDERS);

  said = trouble;
  clock.now += 3_600_000;

  expect(await tables(ORDERS)).toEqual(SCHEMA);
  expect(await tables(ORDERS)).toEqual(SCHEMA);
  expect(asked).toHaveLength(2);
});

test('a table that was deleted is not known any more, even when Glue is down after that', async () => {
  let said: Said = FOUND;
  const { tables, clock } = await host(() => said);
  await tables(ORDERS);
  clock.now += 60_000;

  said = [400, { __type: 'EntityNotFoundException', Message: 'Table orders not found.' }];
  await expect(tables(ORDERS)).rejects.toMatchObject({ code: 'DataFormatConversion.EntityNotFound' });
  said = [503, {}];
  await expect(tables(ORDERS)).rejects.toMatchObject({ code: 'DataFormatConversion.GlueUnreachable' });
});

test.each<[string, Said, string, string]>([
  [
    'a table that is not there',
    [400, { __type: 'EntityNotFoundException', Message: 'Table orders not found.' }],
    'EntityNotFound',
    'Glue answered GetTable for shop.orders in eu-west-1 with 400 EntityNotFoundException: Table orders not found.',
  ],
  ['a policy that forbids it', [400, { __type: 'AccessDeniedException', message: 'Not yours.' }], 'AccessDenied', ''],
  ['too many calls', [400, { __type: 'com.amazonaws.glue#ThrottlingException' }], 'ThrottledByGlue', ''],
  ['a request that it does not understand', [400, { __type: 'InvalidInputException' }], 'InvalidInput', ''],
  ['a fault of its own', [500, 'oops'], 'GlueUnreachable', ''],
  ['what is not JSON', [200, '<html>'], 'InvalidSchema', ''],
  ['a table without columns', [200, { Table: { Name: 'orders' } }], 'InvalidSchema', 'at least one column'],
  [
    'a type that Hive does not have',
    [200, { Table: glueTable([['at', 'interval']]) }],
    'InvalidSchema',
    'columns[0].type',
  ],
])('what Glue answers of %s is worth another try, under a code of Firehose', async (_, said, code, message) => {
  const { tables } = await host(() => said);

  await expect(tables(ORDERS)).rejects.toMatchObject({
    name: 'DeliveryError',
    code: `DataFormatConversion.${code}`,
    retryable: true,
    refused: true,
    message: expect.stringContaining(message),
  });
});

test('a Glue that does not answer in time is given up', async () => {
  let reached = (): void => {};
  const isReached = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const { tables, rings } = await host(() => {
    reached();
    return undefined;
  });
  const lookedUp = tables(ORDERS);
  const failed = expect(lookedUp).rejects.toMatchObject({ code: 'DataFormatConversion.SchemaValidationTimeout' });

  await isReached;
  for (const ring of rings) ring();

  await failed;
});

test('a Glue that is not there is worth another try', async () => {
  const { tables, close } = await host(() => FOUND);
  await close();

  await expect(tables(ORDERS)).rejects.toMatchObject({
    code: 'DataFormatConversion.GlueUnreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('without credentials nothing is asked, and the error says so', async () => {
  const glue = {
    credentials: async () => {
      throw new Error('Could not load credentials from any providers');
    },
  };
  const { tables } = hostTables({ own: {}, glue, now: Date.now, alarm: () => () => {} });

  await expect(tables(ORDERS)).rejects.toMatchObject({
    code: 'DataFormatConversion.AccessDenied',
    message: expect.stringContaining('Could not load credentials'),
  });
});
