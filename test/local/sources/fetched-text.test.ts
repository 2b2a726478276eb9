import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchedText } from '../../../src/local/sources/fetched-text.ts';
import { farSide } from '../../kit/far-side.ts';

async function answering(answer: Parameters<typeof farSide>[0]): Promise<string> {
  const far = await farSide(answer);
  onTestFinished(far.close);
  return far.url;
}

describe('what a URL gives', () => {
  it('is its text', async () => {
    const url = await answering((_, response) => void response.end('-----BEGIN CERTIFICATE-----'));

    expect(await fetchedText(url)).toBe('-----BEGIN CERTIFICATE-----');
  });

  it.each<[string, Parameters<typeof farSide>[0], RegExp]>([
    ['no success', (_, response) => void response.writeHead(404).end(), /is 404/],
    ['another place', (_, response) => void response.writeHead(302, { location: '/x' }).end(), /did not give/],
    ['too much', (_, response) => void response.end('x'.repeat(300_000)), /too long/],
    ['nothing', (_, response) => void response.destroy(), /did not give/],
  ])('is to be asked for again where it is %s', async (_, answer, message) => {
    await expect(fetchedText(await answering(answer))).rejects.toMatchObject({
      ...{ code: 'ServiceUnavailableException', status: 503 },
      message: expect.stringMatching(message),
    });
  });
});
