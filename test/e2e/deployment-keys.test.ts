import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentJson } from '../../src/lambda/aws/data-key.ts';
import { dynamoKeys } from '../../src/lambda/aws/dynamo-keys.ts';
import { startDynalite } from '../lambda/aws/emulated-dynamo.ts';
import { hydrant } from './hydrant.ts';

let emulated: Awaited<ReturnType<typeof startDynalite>>;
let folder: string;
beforeAll(async () => {
  emulated = await startDynalite();
  folder = await mkdtemp(join(tmpdir(), 'hydrant-deployment-keys-'));
});
afterAll(async () => {
  await emulated.stop();
  await rm(folder, { recursive: true });
});

const env = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_REGION: 'us-east-1' };
const keys = (...args: readonly string[]) => hydrant(['keys', ...args], { folder, env });

describe('the keys of functions', () => {
  it('are given out, listed and taken back in their table, as those of a data folder are', async () => {
    const table = await emulated.makeTable('keys');
    const dataKey = `file:${join(folder, 'data-key')}`;
    const at = ['--keys-table', table, '--endpoint', emulated.endpoint];
    const secrets = async () => ({});
    const client = async () => emulated.dynamo;
    const functions = dynamoKeys({ client, table, json: deploymentJson({ place: dataKey, secrets }), now: Date.now });

    expect(await keys('list', ...at)).toMatchObject({ status: 0, stdout: 'There are no keys.\n' });
    const made = await keys('create', 'web', '--allow', 'put', '--streams', 'clicks', ...at, '--data-key', dataKey);

    expect(made).toMatchObject({ status: 0, stderr: expect.stringContaining('take it at once') });
    const [, id = '', secret] =
      /^export AWS_ACCESS_KEY_ID=(\w+)\nexport AWS_SECRET_ACCESS_KEY=(\S+)\n$/.exec(made.stdout) ?? [];
    expect(await functions.find(id)).toMatchObject({
      secretAccessKey: secret,
      userName: 'web',
      actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
      streams: ['clicks'],
    });
    expect((await keys('list', ...at)).stdout).toMatch(
      new RegExp(`^ID .*\\n${id} +web +firehose:PutRecord,firehose:PutRecordBatch +clicks +20\\S+ +never\\n$`),
    );

    expect(await keys('revoke', id, ...at)).toMatchObject({ status: 0, stdout: `The key ${id} is taken back.\n` });
    expect(await keys('revoke', id, ...at)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`id: there is no key ${id} in the table ${table}.`),
    });
  });

  it('in a table that is not there are a failure in a sentence', async () => {
    expect(await keys('list', '--keys-table', 'none', '--endpoint', emulated.endpoint)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^hydrant: DynamoDB answered ResourceNotFoundException: .*$/m),
    });
  });

  it.each<[string, readonly string[], string]>([
    ['a folder and functions', ['list', '--data', 'x', '--stack', 'y'], '--data: is for a service with a data folder'],
    ['a region and nothing that is there', ['list', '--region', 'eu-central-1'], '--region: is for functions'],
    ['a stack and a table', ['list', '--stack', 'x', '--keys-table', 'y'], '--stack: knows its table of keys'],
    ['a table and nothing to seal a key under', ['create', '--keys-table', 'x'], '--data-key: is missing'],
    ['an endpoint that is none', ['list', '--stack', 'x', '--endpoint', 'y'], 'It must be the URL of an emulator'],
  ])('are not looked for with %s', async (_, args, message) => {
    expect(await keys(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});
