import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileTimePattern } from '../../src/formats/time-pattern.ts';
import { localTime } from '../../src/formats/time-zone.ts';
import { readAnswers, TIME_PATTERN_ANSWERS } from './time-pattern-answers.ts';

const NOON = Date.UTC(2026, 6, 13, 12, 0, 30, 987);

test('time patterns print and are refused as by Java, whose answers test/real wrote down', () => {
  const answered = readAnswers(readFileSync(TIME_PATTERN_ANSWERS, 'utf8'));

  for (const { pattern, at, zone, text } of answered) {
    const ours = compileTimePattern(pattern)?.(localTime(at * 1000, zone)) ?? null;
    expect(ours, `${pattern} at ${at} in ${zone}`).toBe(text);
  }
  expect(answered.length).toBeGreaterThan(500);
});

test('the letters that AWS refuses are refused, and all others are accepted', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

  const refused = [...letters].filter((letter) => compileTimePattern(letter) === undefined);

  expect(refused.join(' ')).toBe('C I J P R T U V b f i j l o p r t');
});

test('fractions of a second print as zeros', () => {
  expect(printed('ss.SSS n A', NOON)).toBe('30.000 0 43230000');
});

test('generic zone names are in English', () => {
  expect(printed('vvvv', NOON, 'America/New_York')).toBe('Eastern Time');
  expect(printed('v', NOON, 'America/New_York')).toBe('ET');
});

test('what outgrows its padding prints whole', () => {
  expect(printed('pyyyy', NOON)).toBe('2026');
});

test('a run of thousands of letters is refused, not printed', () => {
  for (const letter of 'yudHSnANgwWEzx') expect(compileTimePattern(letter.repeat(5000))).toBeUndefined();
});

function printed(pattern: string, at: number, zone = 'UTC'): string | undefined {
  return compileTimePattern(pattern)?.(localTime(at, zone));
}
