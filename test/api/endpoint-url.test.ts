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

describe("a cluster's URL", () => {
  const endpoints = (url: string) =>
    [
      createInput('Elasticsearch', { ClusterEndpoint: url }),
      createInput('Amazonopensearchservice', { ClusterEndpoint: url, DomainARN: null }),
      createInput('AmazonOpenSearchServerless', { CollectionEndpoint: url }),
    ].map((input) => testApi().call('CreateDeliveryStream', input));

  test('may be without encryption where the host takes that, and nowhere else', async () => {
    const here = await Promise.all(endpoints('http://127.0.0.1:9200'));
    const elsewhere = await Promise.all(endpoints('http://search.example.com:9200'));

    expect(here.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(elsewhere.map(({ body }) => body.message)).toEqual(Array(3).fill('Not there.'));
  });
});
