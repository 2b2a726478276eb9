import { expect, onTestFinished, test } from 'vitest';
import { secretsManager } from '../../src/host/secrets-manager.ts';
import { type Asked, awsEndpoint, CREDENTIALS, REGION, type Said } from './aws/aws-endpoint.ts';

const KEY = `arn:aws:secretsmanager:${REGION}:123456789012:secret:collector-AbCdEf`;
const holding = (secret: object): Said => [200, { ARN: KEY, SecretString: JSON.stringify(secret) }];
const UNAVAILABLE = { code: 'Hydrant.SecretUnavailable', retryable: true, refused: true };

/** Secrets over an endpoint, with a clock that the test moves and alarms that it rings. */
async function host(say: (asked: Asked) => Said | Promise<Said>) {
  const server = await awsEndpoint({ service: 'secretsmanager', prefix: 'secretsmanager' }, say);
  const clock = { now: Date.UTC(2026, 6, 13) };
  const rings = new Set<() => void>();
  const secrets = secretsManager(
    { endpoint: server.endpoint, credentials: async () => CREDENTIALS },
    {
      now: () => clock.now,
      alarm(_, ring) {
        rings.add(ring);
        return () => rings.delete(ring);
      },
    },
  );
  onTestFinished(secrets.close);
  return { ...server, secrets, clock, rings };
}

test('a secret is asked for by its ARN, in the region that stands there', async () => {
  const { secrets, asked } = await host(() => holding({ api_key: 'first' }));

  expect(await secrets(KEY)).toEqual({ api_key: 'first' });
  expect(asked).toEqual([{ action: 'GetSecretValue', input: { SecretId: KEY } }]);
});

test('a secret may be binary', async () => {
  const SecretBinary = Buffer.from('{"api_key":"first"}').toString('base64');
  const { secrets } = await host(() => [200, { ARN: KEY, SecretBinary }]);

  expect(await secrets(KEY)).toEqual({ api_key: 'first' });
});

test('attempts that need a secret at once share a call, and none is made for a minute', async () => {
  const { secrets, asked, clock } = await host(() => holding({ api_key: 'first' }));

  await Promise.all([secrets(KEY), secrets(KEY), secrets(KEY)]);
  clock.now += 59_999;
  await secrets(KEY);
  expect(asked).toHaveLength(1);

  clock.now += 1;
  await secrets(KEY);
  expect(asked).toHaveLength(2);
});

test('a secret that the far side refused is asked for at once', async () => {
  let api_key = 'first';
  const { secrets } = await host(() => holding({ api_key }));
  await secrets(KEY);
  api_key = 'second';

  expect(await secrets(KEY)).toEqual({ api_key: 'first' });
  secrets.refused(KEY);
  expect(await secrets(KEY)).toEqual({ api_key: 'second' });
});

const OUTAGES: readonly (readonly [string, Said])[] = [
  ['fails', [500, { __type: 'InternalServiceError' }]],
  ['is throttled', [400, { __type: 'ThrottlingException', message: 'Rate exceeded' }]],
  ['answers with a page', [502, '<html>']],
];

test.each(OUTAGES)('while Secrets Manager %s, a secret goes on as it was last known', async (_, outage) => {
  let said: Said = holding({ api_key: 'first' });
  const { secrets, asked, clock } = await host(() => said);
  await secrets(KEY);
  said = outage;
  clock.now += 60_000;

  expect(await secrets(KEY)).toEqual({ api_key: 'first' });
  await secrets(KEY);
  expect(asked).toHaveLength(2);
});

test('a secret that was refused is not used again, even while Secrets Manager fails', async () => {
  let said: Said = holding({ api_key: 'first' });
  const { secrets } = await host(() => said);
  await secrets(KEY);
  secrets.refused(KEY);
  said = [500, {}];

  await expect(secrets(KEY)).rejects.toMatchObject(UNAVAILABLE);
});

test('a secret that is refused while Secrets Manager fails to give the next one is not used again', async () => {
  let said: () => Said = () => holding({ api_key: 'first' });
  const { secrets, clock } = await host(() => said());
  await secrets(KEY);
  clock.now += 60_000;
  said = () => {
    secrets.refused(KEY);
    return [500, {}];
  };

  await expect(secrets(KEY)).rejects.toMatchObject(UNAVAILABLE);
});

test('a secret that Secrets Manager does not give any more is not used any more, and the next attempt asks', async () => {
  let said: Said = holding({ api_key: 'first' });
  const { secrets, clock } = await host(() => said);
  await secrets(KEY);
  clock.now += 60_000;
  said = [400, { __type: 'ResourceNotFoundException', Message: "can't find the specified secret." }];

  await expect(secrets(KEY)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: `Secrets Manager answered for ${KEY} with 400 ResourceNotFoundException: can't find the specified secret.`,
  });
  said = holding({ api_key: 'second' });
  expect(await secrets(KEY)).toEqual({ api_key: 'second' });
});

test.each([
  ['text', { SecretString: 'open sesame' }],
  ['a list', { SecretString: '["open sesame"]' }],
  ['nothing', {}],
])('a secret that is %s is none, and no error quotes it', async (_, answer) => {
  const { secrets } = await host(() => [200, answer]);

  const error: unknown = await secrets(KEY).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject(UNAVAILABLE);
  expect(String(error)).not.toContain('sesame');
});

test('an answer that does not come is given up after ten seconds', async () => {
  const { secrets, rings } = await host(() => {
    for (const ring of rings) ring();
    return undefined;
  });

  await expect(secrets(KEY)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: `Secrets Manager did not answer for ${KEY} within 10 seconds.`,
  });
});

test('a Secrets Manager that is not there makes the secret unavailable', async () => {
  const { secrets, close } = await host(() => holding({}));
  await close();

  await expect(secrets(KEY)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('an answer that does not end is not read to its end', async () => {
  const { secrets } = await host(() => holding({ api_key: 'x'.repeat(2 ** 20) }));

  await expect(secrets(KEY)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('longer than 1 MiB'),
  });
});

test('without credentials the error says so', async () => {
  const secrets = secretsManager(
    { credentials: () => Promise.reject(new Error('Could not load credentials from any providers')) },
    { now: Date.now, alarm: () => () => {} },
  );
  onTestFinished(secrets.close);

  await expect(secrets(KEY)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('Could not load credentials from any providers'),
  });
});
