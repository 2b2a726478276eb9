import { describe, expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { createInput } from './inputs.ts';

const create = (Url: string) =>
  testApi().call('CreateDeliveryStream', createInput('HttpEndpoint', { EndpointConfiguration: { Url } }));

describe("an HTTP endpoint's URL", () => {
  test('that the host takes is taken', async () => {
    expect((await create('http://127.0.0.1:8080/in')).status).toBe(200);
  });

  test('that the host does not take is refused with its reason', async () => {
    const message = 'Not there.';

    expect((await create('loki://elsewhere')).body).toEqual({ __type: 'InvalidArgumentException', message });
  });

  test('that cannot be read is refused', async () => {
    expect((await create('https://:443/in')).body.message).toBe('The URL https://:443/in cannot be read.');
  });

  test.each(['collector.example.com', '//collector/', '1x://y'])('%s is refused in the words of AWS', async (url) => {
    expect((await create(url)).body.message).toContain('Member must satisfy regular expression pattern: https://.*');
  });
});
