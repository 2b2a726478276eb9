import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsCredentials } from '../../../src/host/aws/credentials.ts';

beforeEach(() => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/no/such/file');
  vi.stubEnv('AWS_CONFIG_FILE', '/no/such/file');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('credentials', () => {
  it('are those that AWS tools find', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');

    expect(await awsCredentials({ isEmulator: false })()).toMatchObject({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
    });
  });

  it('that nobody has are an error for AWS', async () => {
    await expect(awsCredentials({ isEmulator: false })()).rejects.toThrow(/credentials/i);
  });

  it('that nobody has are made up for an emulator', async () => {
    const credentials = awsCredentials({ isEmulator: true });

    expect(await credentials()).toEqual({ accessKeyId: 'hydrant', secretAccessKey: 'hydrant' });
    expect(await credentials()).toEqual({ accessKeyId: 'hydrant', secretAccessKey: 'hydrant' });
  });
});
