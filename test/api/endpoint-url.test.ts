import { describe, expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { createInput } from './inputs.ts';

const create = (Url: string) =>
  testApi().call('CreateDeliveryStream', createInput('HttpEndpoint', { EndpointConfiguration: { Url } }));

describe("an HTTP endpoint's URL", () => {
  test('may be without encryption on this machine', async () => {
    expect((await create('http://127.0.0.1:8080/in')).status).toBe(200);
  });

  test.each([
    [
      'http://collector.example.com/in',
      "Records are not sent to collector.example.com unencrypted. Use https, or set plainHttp in Hydrant's configuration file.",
    ],
    ['https://:443/in', 'The URL https://:443/in cannot be read.'],
  ])('%s is refused', async (url, message) => {
    expect((await create(url)).body).toEqual({ __type: 'InvalidArgumentException', message });
  });

  test('with another protocol is refused in the words of AWS', async () => {
    expect((await create('ftp://127.0.0.1/in')).body.message).toContain(
      'Member must satisfy regular expression pattern: https://.*',
    );
  });
});
