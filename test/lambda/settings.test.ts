import { describe, expect, it } from 'vitest';
import { settingsIn } from '../../src/lambda/settings.ts';
import { ENVIRONMENT } from './deployment.ts';

describe('the settings of functions', () => {
  it('are read from what serverless.yml gives them', () => {
    expect(settingsIn({ ...ENVIRONMENT, HYDRANT_BUCKETS_FOLDER: '', HYDRANT_UNSIGNED: '' })).toEqual({
      tables: { buffer: 'buffer', streams: 'streams', keys: 'keys' },
      stagingBucket: 'staging',
      queues: { process: ENVIRONMENT.HYDRANT_PROCESS_QUEUE_URL, deliver: ENVIRONMENT.HYDRANT_DELIVER_QUEUE_URL },
      dataKey: ENVIRONMENT.HYDRANT_DATA_KEY,
      accountId: '123456789012',
      region: 'eu-central-1',
      takesUnsigned: false,
      isInLambda: false,
      endpoints: { S3: {}, LAMBDA: {}, GLUE: {}, SECRETS_MANAGER: {} },
    });
  });

  it.each(Object.keys(ENVIRONMENT))('without %s are refused, by its name', (name) => {
    expect(() => settingsIn({ ...ENVIRONMENT, [name]: undefined })).toThrow(`${name}: is not set.`);
  });

  it.each([
    ['HYDRANT_ACCOUNT_ID', '12345', 'must be the twelve digits of an AWS account, not 12345.'],
    ['HYDRANT_UNSIGNED', 'yes', 'may only be allow, not yes.'],
    ['AWS_ENDPOINT_URL_S3', 'localhost', 'must be a URL, not localhost.'],
    ['AWS_ENDPOINT_URL', 'localhost', 'must be a URL, not localhost.'],
  ])('with a wrong %s are refused', (name, value, reason) => {
    expect(() => settingsIn({ ...ENVIRONMENT, [name]: value })).toThrow(`${name}: ${reason}`);
  });

  it('let unsigned requests in only when they say so', () => {
    expect(settingsIn({ ...ENVIRONMENT, HYDRANT_UNSIGNED: 'allow' }).takesUnsigned).toBe(true);
  });

  it('have an endpoint for one service, or for all', () => {
    const endpoints = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:4574' };

    expect(settingsIn({ ...ENVIRONMENT, ...endpoints }).endpoints).toMatchObject({
      S3: { endpoint: 'http://127.0.0.1:4566' },
      LAMBDA: { endpoint: 'http://127.0.0.1:4574' },
    });
  });
});
