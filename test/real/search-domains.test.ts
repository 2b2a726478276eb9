import { afterAll, beforeAll, describe, expect } from 'vitest';
import { searchDomains } from '../../src/host/search-domains.ts';
import { moto } from './s3-servers.ts';
import { itWith } from './tools.ts';

describe("moto's OpenSearch Service", () => {
  let server: { readonly endpoint: string; stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    if (moto.tool.found) server = await moto.start();
  });
  afterAll(() => server?.stop());

  const domains = () =>
    searchDomains({
      endpoint: server?.endpoint ?? '',
      credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
      now: Date.now,
    });

  itWith([moto.tool], 'says where a domain is by its ARN', async () => {
    const made = await fetch(`${server?.endpoint}/2021-01-01/opensearch/domain`, {
      method: 'POST',
      body: JSON.stringify({ DomainName: 'logs' }),
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260713/eu-west-1/es/aws4_request' },
    });
    const { DomainStatus } = (await made.json()) as { DomainStatus: { ARN: string; Endpoint: string } };

    expect(await domains()(DomainStatus.ARN)).toBe(`https://${DomainStatus.Endpoint}`);
  });

  itWith([moto.tool], 'has no domain of another name', async () => {
    await expect(domains()('arn:aws:es:eu-west-1:123456789012:domain/nobody')).rejects.toMatchObject({
      code: 'OS.InvalidARN',
    });
  });
});
