import { describe, expect, it } from 'vitest';
import { settingsIn, settled } from '../../../src/local/settings.ts';

const read = (sources: unknown) => settingsIn({ sources }, '/etc/hydrant/hydrant.config.js');

describe('sources in the configuration file', () => {
  it('name access keys, in files from its folder', () => {
    const given = { httpDelivery: { clicks: 'file:keys/clicks', orders: 'env:ORDERS_KEY' } };

    expect(settled('/', {}, read(given)).sources).toEqual({
      httpDelivery: { clicks: { file: '/etc/hydrant/keys/clicks' }, orders: { variable: 'ORDERS_KEY' } },
    });
  });

  it.each<[string, unknown, string]>([
    ['of an unknown kind', { sqz: {} }, 'sources.sqz: there is no such member'],
    [
      'whose key stands in the file',
      { httpDelivery: { clicks: 'hunter2' } },
      'sources.httpDelivery.clicks: must be env:',
    ],
    [
      'of a name that no stream has',
      { httpDelivery: { 'a b': 'env:A' } },
      "sources.httpDelivery.a b: its name must be a stream's",
    ],
  ])('are refused that are %s', (_, sources, message) => {
    expect(() => read(sources)).toThrow(message);
  });
});
