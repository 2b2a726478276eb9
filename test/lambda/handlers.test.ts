import { expect, it, onTestFinished, vi } from 'vitest';
import { apiRequest } from '../kit/api.ts';
import { ENVIRONMENT } from './deployment.ts';
import { restEvent } from './gateway-events.ts';

const context = { getRemainingTimeInMillis: () => 29_000 };
const list = restEvent(apiRequest('ListDeliveryStreams', {}));
const health = restEvent({ method: 'GET', url: '/health', headers: {}, body: Buffer.of() });

/** What the functions write while a test runs. */
function logged(): readonly string[] {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => spy.mockRestore());
  return lines;
}

it('a function that cannot begin says why, and works from the first invocation on that can', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.stubEnv('HYDRANT_STAGING_BUCKET', undefined);
  const lines = logged();
  const { handler } = await import('../../src/lambda/handlers/api.ts');

  const failed = await handler(list, context);
  vi.stubEnv('HYDRANT_STAGING_BUCKET', 'staging');
  vi.stubEnv('HYDRANT_UNSIGNED', 'yes');
  const failedAgain = await handler(list, context);
  vi.stubEnv('HYDRANT_UNSIGNED', undefined);
  vi.stubEnv('HYDRANT_VERSION', '1.2.3');
  const answered = await handler(health, context);

  expect([failed.statusCode, JSON.parse(failed.body).__type]).toEqual([500, 'InternalFailure']);
  expect(failed.headers['x-amzn-errortype']).toBe('InternalFailure');
  expect(failedAgain.statusCode).toBe(500);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'error', err: { type: 'ConfigError', message: expect.stringMatching(/^HYDRANT_STAGING_BUCKET: /) } },
    { level: 'error', err: { type: 'ConfigError', message: expect.stringMatching(/^HYDRANT_UNSIGNED: /) } },
  ]);
  expect([answered.statusCode, JSON.parse(answered.body)]).toMatchObject([200, { status: 'alive', version: '1.2.3' }]);
});

it.each(['process', 'deliver'] as const)(
  'the function %s does nothing with an event that is not its own',
  async (name) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const [variable, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(variable, value);
    const handlers = {
      process: () => import('../../src/lambda/handlers/process.ts'),
      deliver: () => import('../../src/lambda/handlers/deliver.ts'),
    };
    const { handler } = await handlers[name]();

    await expect(handler(list, context)).rejects.toThrow('its event holds none');
  },
);
