import { expect, test } from 'vitest';
import { isTimeZone, localTime } from '../../src/formats/time-zone.ts';

test('zones that AWS names are time zones', () => {
  for (const name of ['UTC', 'Asia/Tokyo', 'Asia/Calcutta', 'Europe/Kiev', 'America/New_York', 'Pacific/Chatham']) {
    expect(isTimeZone(name), name).toBe(true);
  }
});

test('newer spellings of zones are taken although AWS refuses them', () => {
  expect(isTimeZone('Asia/Kolkata')).toBe(true);
});

test('three-letter names, offsets, unknown places and odd text are no time zones', () => {
  const odd = [
    'EST',
    'GMT',
    'Mars/Phobos',
    '+01:00',
    'UTC+1',
    'utc',
    '',
    ' ',
    'Europe/Berlin\n',
    '../etc',
    '__proto__',
  ];
  for (const name of odd) expect(isTimeZone(name), name).toBe(false);
});

test('an hour that a change of clocks repeats is told apart by its offset', () => {
  const before = localTime(Date.parse('2026-10-25T00:30:00Z'), 'Europe/Berlin');
  const after = localTime(Date.parse('2026-10-25T01:30:00Z'), 'Europe/Berlin');

  expect([before.hour, after.hour]).toEqual([2, 2]);
  expect([before.offsetSeconds, after.offsetSeconds]).toEqual([7200, 3600]);
});

test('milliseconds are dropped, never rounded up', () => {
  expect(localTime(Date.UTC(2026, 11, 31, 23, 59, 59, 999), 'UTC')).toMatchObject({ year: 2026, second: 59 });
});
