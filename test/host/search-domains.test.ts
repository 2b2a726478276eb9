import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { signed } from '../../src/host/aws/signature.ts';
import { searchDomains } from '../../src/host/search-domains.ts';
import { farSide } from '../kit/far-side.ts';

const ARN = 'arn:aws:es:eu-west-1:123456789012:domain/logs';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const PATH = '/2021-01-01/opensearch/domain/logs';

/** Domains over an endpoint, with a clock that the test moves. */
async function host(say: (response: ServerResponse) => void) {
  const server = await farSide((_, response) => say(response));
  onTestFinished(server.close);
  const clock = { now: Date.UTC(2026, 6, 13) };
  const options = { endpoint: server.url, credentials: async () => CREDENTIALS, now: () => clock.now };
  return { ...server, domains: searchDomains(options), clock };
}

const domain = (status: object) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ DomainStatus: status }));
const FOUND = domain({ DomainName: 'logs', Endpoint: 'search-logs-abc.eu-west-1.es.amazonaws.com' });

test('a domain is asked for by its name, with a signature for its region', async () => {
  const { domains, received, url, clock } = await host(FOUND);

  expect(await domains(ARN)).toBe('https://search-logs-abc.eu-west-1.es.amazonaws.com');

  expect(received.map(({ path }) => path)).toEqual([PATH]);
  const request = { method: 'GET', url: new URL(url + PATH), body: new Uint8Array() };
  const { authorization } = signed(request, CREDENTIALS, { region: 'eu-west-1', service: 'es', now: clock.now });
  expect(received[0]?.headers).toMatchObject({ authorization, 'x-amz-security-token': 'token' });
});

test('a domain in a network of its own has its endpoint there', async () => {
  const { domains } = await host(domain({ Endpoints: { vpc: 'vpc-logs-abc.eu-west-1.es.amazonaws.com' } }));

  expect(await domains(ARN)).toBe('https://vpc-logs-abc.eu-west-1.es.amazonaws.com');
});

test('batches that need a domain at once share a request, and none is made for ten minutes', async () => {
  const { domains, received, clock } = await host(FOUND);

  await Promise.all([domains(ARN), domains(ARN)]);
  clock.now += 599_999;
  await domains(ARN);
  expect(received).toHaveLength(1);

  clock.now += 1;
  await domains(ARN);
  expect(received).toHaveLength(2);
});

test.each<[string, (response: ServerResponse) => void, string, string]>([
  [
    'is not there',
    (response) => response.writeHead(409).end('{"message":"Domain not found: logs"}'),
    'OS.InvalidARN',
    'with 409: Domain not found: logs',
  ],
  ['is not ours to see', (response) => response.writeHead(403).end('{"Message":"No."}'), 'OS.AccessDenied', 'No.'],
  ['cannot be asked for', (response) => response.writeHead(502).end('<html>'), 'OS.ServiceException', 'with 502'],
  ['is being made', domain({ DomainName: 'logs' }), 'OS.ResourceNotFound', 'has no endpoint yet'],
  ['gets no answer', (response) => void response.destroy(), 'OS.ConnectionFailed', 'did not say where'],
])('a domain that %s is worth another try, and asked for again', async (_, say, code, message) => {
  let isThere = false;
  const { domains } = await host((response) => (isThere ? FOUND(response) : say(response)));

  await expect(domains(ARN)).rejects.toMatchObject({
    ...{ code, retryable: true, refused: true, message: expect.stringContaining(message) },
  });
  isThere = true;
  expect(await domains(ARN)).toBe('https://search-logs-abc.eu-west-1.es.amazonaws.com');
});
