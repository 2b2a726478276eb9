import { expect, it } from 'vitest';
import { apiSettings } from '../../src/lambda/api-settings.ts';
import { batchWork } from '../../src/lambda/batch-work.ts';
import { settingsIn } from '../../src/lambda/settings.ts';
import { noTables } from '../kit/no-tables.ts';
import { ENVIRONMENT } from './deployment.ts';

const never = async () => {
  throw new Error('nothing is asked for');
};

it('the API takes for delivered what functions have an adapter for, and nothing else', async () => {
  const settings = settingsIn(ENVIRONMENT);
  const log = { debug: never, info: never, warn: never, error: never };
  const { adapters } = await batchWork(settings, {
    ...{ now: () => 0, alarm: () => () => {}, log, secrets: never, tables: noTables },
  });
  const { hasAdapter } = apiSettings(settings, noTables);

  expect([...adapters.others.keys()].filter((kind) => !hasAdapter(kind))).toEqual([]);
  for (const kind of ['Redshift', 'Snowflake', 'Iceberg'] as const) {
    expect([kind, hasAdapter(kind)]).toEqual([kind, adapters.others.has(kind)]);
  }
});

it('the API leaves encryption under a KMS key to the store, which folders are not', () => {
  const inFolders = { ...ENVIRONMENT, HYDRANT_BUCKETS_FOLDER: '/buckets' };
  const by = (environment: Record<string, string>) =>
    apiSettings(settingsIn(environment), noTables).encryptedBy('arn:aws:kms:eu-central-1:123456789012:key/1');

  expect([by(ENVIRONMENT), by(inFolders)]).toEqual(['the store', undefined]);
});
