import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
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

  it('are found by the name of their stack, which knows their table and what they are sealed under', async () => {
    const table = await emulated.makeTable('keys');
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:DataKey-AbCdEf';
    const { endpoint, asked, stop } = await startAws({ KeysTable: table, DataKey: arn }, { [arn]: 'a'.repeat(64) });
    try {
      const at = ['--stack', 'hydrant-prod', '--endpoint', endpoint];

      const made = await keys('create', ...at);
      const listed = await keys('list', ...at);

      const [, id = ''] = /^export AWS_ACCESS_KEY_ID=(\w+)$/m.exec(made.stdout) ?? [];
      expect(listed.stdout).toMatch(new RegExp(`^ID .*\\n${id} `));
      const secrets = async () => ({ dataKey: 'a'.repeat(64) });
      const client = async () => emulated.dynamo;
      const functions = dynamoKeys({ client, table, json: deploymentJson({ place: arn, secrets }), now: Date.now });
      expect(await functions.find(id)).toMatchObject({ accessKeyId: id });
      // Who lists keys needs no right to what they are sealed under.
      expect(asked).toEqual(['hydrant-prod/KeysTable', 'hydrant-prod/DataKey', arn, 'hydrant-prod/KeysTable']);
    } finally {
      await stop();
    }
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

/** CloudFormation and Secrets Manager, as far as they are asked, before the emulator of DynamoDB. */
async function startAws(resources: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>>) {
  const asked: string[] = [];

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html */
  function described(body: string): string {
    const { StackName, LogicalResourceId = '' } = Object.fromEntries(new URLSearchParams(body));
    asked.push(`${StackName}/${LogicalResourceId}`);
    const detail = `<LogicalResourceId>${LogicalResourceId}</LogicalResourceId><PhysicalResourceId>${resources[LogicalResourceId]}</PhysicalResourceId>`;
    return `<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail>${detail}</StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>`;
  }

  function secretValue(body: string): string {
    const { SecretId } = JSON.parse(body);
    asked.push(SecretId);
    return JSON.stringify({ ARN: SecretId, SecretString: JSON.stringify({ dataKey: secrets[SecretId] }) });
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith('DynamoDB')) {
      // Whose signature is another's is no matter to it, but it wants one.
      const { authorization = '' } = request.headers;
      const headers = {
        authorization,
        'x-amz-target': target,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': 'any',
      };
      const answer = await fetch(emulated.endpoint, { method: 'POST', headers, body });
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
    } else if (target === 'secretsmanager.GetSecretValue') response.end(secretValue(body));
    else response.end(described(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens on a port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
