import { describe, expect, it } from 'vitest';
import { refusalOfUrl } from '../../src/host/endpoint-url.ts';

const refusal = (url: string, plainHttp = false) => refusalOfUrl(new URL(url), { plainHttp, own: ['loki'] });

describe('records are sent to', () => {
  it.each([
    'https://collector.example.com/in',
    'http://127.0.0.1:8080/in',
    'http://localhost/in',
    'http://[::1]:80/in',
    'loki://anywhere:3100',
    'https://loki.destination.local/anywhere:3100',
  ])('%s', (url) => {
    expect(refusal(url)).toBeUndefined();
  });

  it('machines elsewhere without encryption where that is configured', () => {
    expect(refusal('http://collector.example.com/in', true)).toBeUndefined();
  });
});

describe('records are not sent to', () => {
  it.each<[string, string]>([
    [
      'http://collector.example.com/in',
      "Records are not sent to collector.example.com unencrypted. Use https, or set plainHttp in Hydrant's configuration file.",
    ],
    [
      'gelf://host',
      "There is no destination for gelf:// URLs. Name it under destinations in Hydrant's configuration file.",
    ],
    [
      'https://gelf.destination.local/host',
      "There is no destination for gelf:// URLs. Name it under destinations in Hydrant's configuration file.",
    ],
  ])('%s', (url, reason) => {
    expect(refusal(url)).toBe(reason);
  });
});
