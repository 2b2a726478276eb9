import { expect, test } from 'vitest';
import { type TableReference, type Tables, unknownTable } from '../../src/formats/conversion/stream-table.ts';
import { testApi } from '../kit/api.ts';
import { createInput, ROLE } from './inputs.ts';

const SCHEMA = { RoleARN: ROLE, DatabaseName: 'events', TableName: 'clicks' };
const CONVERSION = {
  SchemaConfiguration: SCHEMA,
  InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
  OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
};

/** A host that has the tables of the database `events` alone, and what it was asked for. */
function host() {
  const asked: TableReference[] = [];
  const tables: Tables = async (reference) => {
    asked.push(reference);
    if (reference.database !== 'events') throw unknownTable(reference, 'Make it.');
    return { columns: [{ name: 'id', type: 'bigint' }] };
  };
  const { call } = testApi({ tables });
  const create = (SchemaConfiguration: object, Enabled = true) =>
    call(
      'CreateDeliveryStream',
      createInput('ExtendedS3', {
        DataFormatConversionConfiguration: { ...CONVERSION, Enabled, SchemaConfiguration: { ...SchemaConfiguration } },
      }),
    );
  const update = (config: object) =>
    call('UpdateDestination', {
      DeliveryStreamName: 'clicks',
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: { ...config },
    });
  return { asked, call, create, update };
}

const REFUSED = {
  __type: 'InvalidArgumentException',
  message: 'There is no schema for the table shop.clicks. Make it.',
};

test('a stream that converts to a table which is not known is refused, in the words of who was asked', async () => {
  const { asked, create, call } = host();

  const { body } = await create({ ...SCHEMA, DatabaseName: 'shop', CatalogId: '210987654321', VersionId: '7' });

  expect(body).toEqual(REFUSED);
  expect(asked).toEqual([
    { database: 'shop', table: 'clicks', region: 'us-east-1', catalogId: '210987654321', versionId: '7' },
  ]);
  expect((await call('ListDeliveryStreams', {})).body).toMatchObject({ DeliveryStreamNames: [] });
});

test('a table is looked up where its configuration says, and nowhere when conversion is off', async () => {
  const { asked, create } = host();

  expect((await create({ ...SCHEMA, Region: 'eu-west-1', VersionId: 'LATEST' })).status).toBe(200);
  expect(asked).toEqual([{ database: 'events', table: 'clicks', region: 'eu-west-1' }]);
  await host().create({ ...SCHEMA, DatabaseName: 'shop' }, false);
  expect(asked).toHaveLength(1);
});

test('an update to a table that is not known is refused, and one that changes nothing asks for none', async () => {
  const { asked, create, update, call } = host();
  await create(SCHEMA);

  expect((await update({ DataFormatConversionConfiguration: CONVERSION })).status).toBe(200);
  expect(asked).toHaveLength(1);
  const other = { SchemaConfiguration: { DatabaseName: 'shop' } };
  expect((await update({ DataFormatConversionConfiguration: other })).body).toEqual(REFUSED);

  const { body } = await call('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });
  expect(body).toMatchObject({ DeliveryStreamDescription: { VersionId: '1' } });
});
