import { describe, expect, it } from 'vitest';
import { settingsIn, settled } from '../../src/local/settings.ts';

const read = (config: unknown) => settled('/', {}, settingsIn(config, '/etc/hydrant/hydrant.config.json')).redshift;
const HOST = 'dw.example.redshift.local';

describe('how Redshift is asked', () => {
  it.each([
    ['AWS, where objects go to S3', { s3: true }, {}],
    ['not at all, where buckets are folders', {}, undefined],
    ['not at all, where it is switched off', { s3: true, redshift: false }, undefined],
    ['AWS, where that is said', { redshift: true }, {}],
    [
      'at an endpoint, with a role and names of warehouses',
      {
        redshift: {
          endpoint: 'http://127.0.0.1:5439',
          region: 'eu-west-1',
          role: 'arn:aws:iam::000000000000:role/copy',
          warehouses: { [HOST]: { workgroup: 'shop' } },
        },
      },
      {
        endpoint: 'http://127.0.0.1:5439',
        region: 'eu-west-1',
        role: 'arn:aws:iam::000000000000:role/copy',
        named: { [HOST]: { workgroup: 'shop' } },
      },
    ],
  ])('is %s', (_, config, expected) => {
    expect(read(config)).toEqual(expected);
  });

  it.each([
    ['endpoint', { endpoint: 'here' }, 'redshift.endpoint: must be the URL of what speaks the Redshift Data API'],
    ['role', { role: 'copy' }, "redshift.role: must be a role's ARN"],
    ['region', { region: 'Frankfurt' }, "redshift.region: must be a region's name"],
    ['members', { cluster: 'sales' }, 'redshift.cluster: there is no such member.'],
    [
      'host name',
      { warehouses: { 'jdbc:redshift://x': { cluster: 'a' } } },
      'redshift.warehouses.jdbc:redshift://x: its name must be the host name',
    ],
    [
      'warehouse',
      { warehouses: { [HOST]: { cluster: 'a', workgroup: 'b' } } },
      `redshift.warehouses.${HOST}: must have either a cluster or a workgroup.`,
    ],
  ])('is refused with a wrong %s', (_, redshift, message) => {
    expect(() => read({ redshift })).toThrow(message);
  });
});
