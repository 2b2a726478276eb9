import { expect, test, vi } from 'vitest';
import { heldSecrets } from '../../src/local/held-secrets.ts';

const HERE = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:here';
const THERE = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:there';

test('a secret that the configuration names is not asked for elsewhere; all others are', async () => {
  vi.stubEnv('HYDRANT_TEST_SECRET', '{"api_key":"mine"}');
  const refused: string[] = [];
  const others = Object.assign(async (arn: string) => ({ from: arn }), {
    refused: (arn: string) => void refused.push(arn),
  });
  const secrets = heldSecrets({ [HERE]: { variable: 'HYDRANT_TEST_SECRET' } }, others);

  expect(await secrets(HERE)).toEqual({ api_key: 'mine' });
  expect(await secrets(THERE)).toEqual({ from: THERE });
  secrets.refused?.(THERE);
  expect(refused).toEqual([THERE]);
  vi.unstubAllEnvs();
});

test('without Secrets Manager an unknown secret is unavailable, and the error says what to do', async () => {
  await expect(heldSecrets({})(THERE)).rejects.toMatchObject({
    code: 'Hydrant.SecretUnavailable',
    message: expect.stringContaining('or set secretsManager there'),
  });
});
