import { expect, it } from 'vitest';
import { isLoopback } from '../../src/host/loopback.ts';

it.each([
  '127.0.0.1',
  '127.0.0.53',
  '127.255.255.254',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  'localhost',
  'LOCALHOST',
  'hydrant.localhost',
])('%s is reached from this machine only', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([
  '0.0.0.0',
  '::',
  '',
  '10.0.0.1',
  '128.0.0.1',
  '::2',
  'fe80::1',
  'example.com',
  'localhost.example.com',
  '127.1',
])('%s may be reached from elsewhere', (host) => {
  expect(isLoopback(host)).toBe(false);
});
