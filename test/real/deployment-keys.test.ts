import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { signed } from '../../src/host/aws/signature.ts';
import { TABLES } from '../../src/lambda/aws/tables.ts';
import build from '../e2e/build.ts';
import { hydrant } from '../e2e/hydrant.ts';
import { ACCESS_KEY, moto, type S3Server, SECRET_KEY } from './s3-servers.ts';
import { itWith } from './tools.ts';

const REGION = 'eu-central-1';
const env = { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY, AWS_DEFAULT_REGION: REGION };

/** What of a deployment moto knows; it has no secrets in stacks. */
const TEMPLATE = { Resources: { KeysTable: { Type: 'AWS::DynamoDB::Table', Properties: TABLES.keys.schema } } };

describe('the keys of a stack', () => {
  let server: Awaited<ReturnType<S3Server['start']>>;
  beforeAll(async () => {
    build();
    if (moto.tool.found) server = await moto.start();
  });
  afterAll(() => server?.stop());

  itWith([moto.tool], 'are given out, sealed under a secret of Secrets Manager, listed and taken back', async () => {
    await makeStack(server.endpoint, 'hydrant-test');
    const dataKey = await makeSecret(server.endpoint, { dataKey: 'a'.repeat(64) });
    const keys = (...args: readonly string[]) =>
      hydrant(['keys', ...args, '--stack', 'hydrant-test', '--endpoint', server.endpoint], { env });

    const first = await keys('create', 'first', '--data-key', dataKey);
    const second = await keys('create', 'second', '--session-token', '--data-key', dataKey);

    expect([first, second]).toMatchObject([{ status: 0 }, { status: 0 }]);
    const [, id = ''] = /^export AWS_ACCESS_KEY_ID=(\w+)$/m.exec(first.stdout) ?? [];
    expect((await keys('list')).stdout).toMatch(/^ID .*\nHKIA\w{16} +first .*\nHSIA\w{16} +second .*\n$/);
    expect(await keys('revoke', id)).toMatchObject({ status: 0 });
    expect((await keys('list')).stdout).toMatch(/^ID .*\nHSIA\w{16} +second .*\n$/);
  });

  itWith([moto.tool], 'that is not there are not looked for', async () => {
    const listed = await hydrant(['keys', 'list', '--stack', 'none', '--endpoint', server.endpoint], { env });

    expect(listed).toMatchObject({ status: 2, stdout: '' });
    expect(listed.stderr).toMatch(/^hydrant: --stack: .*none.* in eu-central-1 was asked for KeysTable\.$/m);
  });
});

async function makeStack(endpoint: string, StackName: string): Promise<void> {
  const call = { Action: 'CreateStack', Version: '2010-05-15', StackName, TemplateBody: JSON.stringify(TEMPLATE) };
  const body = new URLSearchParams(call).toString();
  await post(endpoint, { service: 'cloudformation', body, type: 'application/x-www-form-urlencoded' });
}

/** Resolves with the secret's ARN. */
async function makeSecret(endpoint: string, secret: object): Promise<string> {
  const body = JSON.stringify({
    Name: 'hydrant',
    SecretString: JSON.stringify(secret),
    ClientRequestToken: randomUUID(),
  });
  const headers = { 'x-amz-target': 'secretsmanager.CreateSecret' };
  const answer = await post(endpoint, { service: 'secretsmanager', body, type: 'application/x-amz-json-1.1', headers });
  return JSON.parse(answer).ARN;
}

interface Call {
  readonly service: string;
  readonly body: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function post(endpoint: string, { service, body, type, headers = {} }: Call): Promise<string> {
  const keys = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY };
  const request = { method: 'POST', url: new URL(endpoint), body: Buffer.from(body), headers };
  const signature = signed(request, keys, { region: REGION, service, now: Date.now() });
  const answer = await fetch(endpoint, { method: 'POST', headers: { ...signature, 'content-type': type }, body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.text();
}
