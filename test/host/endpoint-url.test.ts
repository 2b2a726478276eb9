import { describe, expect, it } from 'vitest';
import { refusalOfUrl } from '../../src/host/endpoint-url.ts';

const refusal = (url: string, plainHttp = false) =>
  refusalOfUrl(new URL(url), { plainHttp, own: ['loki'], folders: ['/srv/events'], hasStdout: true });

describe('records are sent to', () => {
  it.each([
    'https://collector.example.com/in',
    'http://127.0.0.1:8080/in',
    'http://localhost/in',
    'http://[::1]:80/in',
    'loki://anywhere:3100',
    'https://loki.destination.local/anywhere:3100',
    'file:///srv/events',
    'file:///srv/events/shop/',
    'https://file.destination.local/srv/events/shop',
    'stdout://',
    'https://stdout.destination.local/',
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
    ...[
      'file:///srv/events/../other',
      'file:///srv/events/%2e%2e/other',
      'file:///srv/eventsother',
      'file:///',
      'file:///etc/cron.d',
      'https://file.destination.local/etc/cron.d',
    ].map((url): [string, string] => {
      const { pathname } = new URL(url.replace('https://file.destination.local', 'file://'));
      const advice = "Name it, or a folder above it, under files in Hydrant's configuration file.";
      return [url, `No files are written to ${pathname}. ${advice}`];
    }),
    [
      'file://server/srv/events',
      'file://server/srv/events names no folder of this machine. The form is file:///folder.',
    ],
    [
      'file:///srv/events/%2F..%2F..%2Fetc',
      'file:///srv/events/%2F..%2F..%2Fetc names no folder of this machine. The form is file:///folder.',
    ],
  ])('%s', (url, reason) => {
    expect(refusal(url)).toBe(reason);
  });

  it.each(['file:///srv/events', 'stdout://'])('%s where the configuration does not have it', (url) => {
    expect(refusalOfUrl(new URL(url), { plainHttp: true, own: ['file', 'stdout'] })).toContain('configuration file');
  });
});
