import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BULK_QUERY } from '../../destinations/opensearch/bulk-answer.ts';
import { signed } from '../../src/host/aws/signature.ts';
import { type KnownClusters, openSearchClusters } from '../../src/host/clusters.ts';
import { settingsIn } from '../../src/local/settings.ts';
import { farSide } from '../kit/far-side.ts';

const NOW = Date.UTC(2026, 6, 13, 10, 5, 9);
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const BODY = Buffer.from('{"index":{}}\n{}\n');

const open = (known: KnownClusters = {}, credentials = async () => CREDENTIALS) =>
  openSearchClusters({ known, region: 'us-west-2', now: () => NOW, credentials });

const headersOf = async (address: string, known?: KnownClusters) => {
  const cluster = await (await open(known))(address);
  return cluster.authorize?.({ url: new URL(`${cluster.endpoint}/_bulk?${BULK_QUERY}`), body: BODY });
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hydrant-clusters-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('a request', () => {
  it('to a cluster of nobody else goes as it is', async () => {
    expect(await headersOf('https://search.example.com')).toBeUndefined();
  });

  it.each([
    ['https://search-logs-abc.eu-west-1.es.amazonaws.com', 'eu-west-1', 'es'],
    ['https://vpc-logs-abc.cn-north-1.es.amazonaws.com.cn', 'cn-north-1', 'es'],
    ['https://abc.eu-central-1.aoss.amazonaws.com', 'eu-central-1', 'aoss'],
  ])('to %s is signed, body and query too', async (endpoint, region, service) => {
    const headers = await headersOf(endpoint);

    const hash = createHash('sha256').update(BODY).digest('hex');
    const url = new URL(`${endpoint}/_bulk?${BULK_QUERY}`);
    const request = { method: 'POST', url, body: BODY, headers: { 'x-amz-content-sha256': hash } };
    expect(headers).toEqual(signed(request, CREDENTIALS, { region, service, now: NOW }));
    expect(headers?.authorization).toContain(`/${region}/${service}/aws4_request`);
    expect(headers?.['x-amz-content-sha256']).toBe(hash);
  });

  it.each(['https://es.amazonaws.com.example.com', 'https://x.us-east-1.es.amazonaws.com.evil.org'])(
    'to %s, which is not of AWS, is not signed',
    async (endpoint) => {
      expect(await headersOf(endpoint)).toBeUndefined();
    },
  );

  it('is signed where the settings say so, for the region there or the own', async () => {
    const known: KnownClusters = {
      'https://proxy:9200': { sign: { service: 'es' } },
      'https://other': { sign: { service: 'aoss', region: 'eu-west-1' } },
    };

    expect((await headersOf('https://proxy:9200/a', known))?.authorization).toContain('/us-west-2/es/');
    expect((await headersOf('https://OTHER:443', known))?.authorization).toContain('/eu-west-1/aoss/');
    expect(await headersOf('https://proxy:9201', known)).toBeUndefined();
  });

  it('is not made without credentials, for now', async () => {
    const clusters = await open({}, async () => {
      throw new Error('none found');
    });
    const cluster = await clusters('https://search-logs-abc.eu-west-1.es.amazonaws.com');

    await expect(cluster?.authorize?.({ url: new URL('https://x'), body: BODY })).rejects.toMatchObject({
      ...{ code: 'OS.AccessDenied', retryable: true, refused: true },
    });
  });
});

describe('a password', () => {
  const known: KnownClusters = {
    'https://search:9200': { login: { username: 'hydrant', password: { variable: 'HYDRANT_TEST_PASSWORD' } } },
  };
  const basic = (text: string) => ({ Authorization: `Basic ${btoa(text)}` });

  it('is looked up for each request, without the line feed at its end', async () => {
    vi.stubEnv('HYDRANT_TEST_PASSWORD', 'first\n');
    const clusters = await open(known);
    const request = { url: new URL('https://search:9200'), body: BODY };
    expect(await (await clusters('https://search:9200/')).authorize?.(request)).toEqual(basic('hydrant:first'));

    vi.stubEnv('HYDRANT_TEST_PASSWORD', 'second');

    expect(await (await clusters('https://search:9200/')).authorize?.(request)).toEqual(basic('hydrant:second'));
  });

  it('that is nowhere lets no request out, for now', async () => {
    await expect(headersOf('https://search:9200', known)).rejects.toMatchObject({
      ...{ code: 'OS.AccessDenied', retryable: true, refused: true },
    });
  });
});

describe('an address', () => {
  const ARN = 'arn:aws:es:us-east-1:000000000000:domain/logs';

  it("that is a domain's is that of the endpoint in the settings", async () => {
    const clusters = await open({
      [ARN]: 'https://search:9200',
      'https://search:9200': { sign: { service: 'es' } },
    });

    expect(await clusters(ARN)).toEqual({ endpoint: 'https://search:9200', authorize: expect.any(Function) });
  });

  it("that is a domain's without an endpoint in the settings is asked for", async () => {
    const { url, close } = await farSide((_, response) => {
      response.end(JSON.stringify({ DomainStatus: { Endpoint: 'search-logs-abc.us-east-1.es.amazonaws.com' } }));
    });
    const clusters = await openSearchClusters({
      ...{ known: {}, region: 'us-west-2', now: () => NOW, domains: { endpoint: url } },
      credentials: async () => CREDENTIALS,
    });

    expect(await clusters(ARN)).toEqual({
      endpoint: 'https://search-logs-abc.us-east-1.es.amazonaws.com',
      authorize: expect.any(Function),
    });
    await close();
  });
});

describe("an authority's file", () => {
  it('is what the cluster is trusted by', async () => {
    const authorityFile = join(folder, 'ca.pem');
    const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
    await writeFile(authorityFile, pem);

    expect(await (await open({ 'https://search': { authorityFile } }))('https://search')).toMatchObject({
      certificateAuthority: pem,
    });
  });

  it.each([
    ['is missing', undefined, /^opensearch\.https:\/\/search\.ca: cannot be read: ENOENT/],
    ['is something else', 'x', /^opensearch\.https:\/\/search\.ca: .* holds no PEM certificate\.$/],
  ])('that %s keeps the service from starting', async (_, text, message) => {
    const authorityFile = join(folder, 'ca.pem');
    if (text !== undefined) await writeFile(authorityFile, text);

    await expect(open({ 'https://search': { authorityFile } })).rejects.toThrow(message);
  });
});

describe('the settings of clusters', () => {
  const read = (opensearch: object) => settingsIn({ opensearch }, '/etc/hydrant/hydrant.config.js').opensearch;

  it('have paths relative to the file', () => {
    const ours = { username: 'hydrant', password: 'file:./password', ca: './ca.pem' };

    expect(read({ 'https://search:9200': ours, 'https://proxy': { sign: 'es', region: 'eu-west-1' } })).toEqual({
      'https://search:9200': {
        login: { username: 'hydrant', password: { file: '/etc/hydrant/password' } },
        authorityFile: '/etc/hydrant/ca.pem',
      },
      'https://proxy': { sign: { service: 'es', region: 'eu-west-1' } },
    });
  });

  it.each<[string, object, string]>([
    ['a path in the address', { 'https://search/logs': {} }, 'opensearch.https://search/logs: its name must be'],
    [
      'a password in the file',
      { 'https://s': { username: 'u', password: 'p' } },
      'opensearch.https://s.password: must',
    ],
    ['a user without a password', { 'https://s': { username: 'u' } }, 'must have both a username and a password'],
    [
      'two ways to get in',
      { 'https://s': { username: 'u', password: 'env:P', sign: 'es' } },
      'must have either a username or sign',
    ],
    ['another service', { 'https://s': { sign: 's3' } }, 'opensearch.https://s.sign: must be one of es, aoss'],
    [
      'a domain without its endpoint',
      { 'arn:aws:es:us-east-1:000000000000:domain/logs': {} },
      "domain/logs: must be a domain's endpoint",
    ],
  ])('that have %s are refused', (_, opensearch, message) => {
    expect(() => read(opensearch)).toThrow(message);
  });
});
