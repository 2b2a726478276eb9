import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { client } from '../../src/cli/client.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { membersOf } from '../../src/host/aws/answer.ts';
import { jsonPost } from '../../src/host/aws/json-post.ts';
import { hydrant, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { type FarSide, farSide } from '../kit/far-side.ts';
import { moto } from './s3-servers.ts';
import { itWith } from './tools.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(async () => {
  vi.unstubAllEnvs();
  await clear();
});

const REGION = 'us-east-1';

describe("moto's Secrets Manager", () => {
  let server: { readonly endpoint: string; stop(): Promise<void> } | undefined;
  const endpoint = (): string => server?.endpoint ?? '';
  let far: FarSide | undefined;
  let rightKey = 'first';
  beforeAll(async () => {
    if (!moto.tool.found) return;
    server = await moto.start();
    far = await farSide(({ headers }, response) => {
      const isRight = headers['x-amz-firehose-access-key'] === rightKey;
      const said = { requestId: headers['x-amz-firehose-request-id'], timestamp: Date.now() };
      response.writeHead(isRight ? 200 : 401, { 'Content-Type': 'application/json' }).end(JSON.stringify(said));
    });
  });
  afterAll(async () => {
    await far?.close();
    await server?.stop();
  });

  /** A call of its API, to make and rotate the secret. */
  async function call(action: string, input: JsonObject): Promise<Readonly<Record<string, unknown>>> {
    const { post, close } = jsonPost({
      ...{ service: 'secretsmanager', endpoint: endpoint(), withoutCredentials: unexpected },
      credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    });
    const { status, body } = await post({
      ...{ target: `secretsmanager.${action}`, input, region: REGION, now: Date.now() },
      ...{ signal: AbortSignal.timeout(10_000), answerMostBytes: 1_000_000, tooLong: unexpected },
    });
    close();
    if (status !== 200) throw new Error(`${action}: ${body}`);
    return membersOf(body.toString());
  }

  itWith([moto.tool], 'gives a service the key of an endpoint, and the next one as soon as it is refused', async () => {
    const { ARN } = await call('CreateSecret', { Name: 'collector', SecretString: '{"api_key":"first"}' });
    const folder = await newFolder();
    const config = { secretsManager: { endpoint: endpoint() } };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const { url, end } = await start(folder);
    await client(url).call('CreateDeliveryStream', {
      DeliveryStreamName: 'clicks',
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: far?.url ?? '' },
        SecretsManagerConfiguration: { Enabled: true, SecretARN: String(ARN) },
        S3Configuration: s3Destination('failed', [1, 60]),
      },
    });
    const deliver = async (record: string) => {
      const Data = Buffer.from(record).toString('base64');
      await client(url).call('PutRecord', { DeliveryStreamName: 'clicks', Record: { Data } });
      return hydrant(['flush', '--endpoint', url]);
    };

    expect((await deliver('a')).status).toBe(0);
    await call('PutSecretValue', { SecretId: String(ARN), SecretString: '{"api_key":"second"}' });
    rightKey = 'second';
    await deliver('b');
    // Refused once with the old key, if its own retry was not quicker; then it is taken.
    expect((await hydrant(['flush', '--endpoint', url])).status).toBe(0);
    await end('SIGTERM');

    const keys = far?.received.map(({ headers }) => headers['x-amz-firehose-access-key']);
    expect(keys).toEqual(['first', 'first', 'second']);
  });
});

function unexpected(): never {
  throw new Error('This cannot be.');
}
