import { join } from 'node:path';
import type { AnsweredCase } from './time-pattern-cases.ts';

/** Java's answers, a line each: seconds since the epoch, zone, pattern, and `=` with the text or `!` for a refusal. */
export const TIME_PATTERN_ANSWERS = join(import.meta.dirname, 'fixtures/time-patterns.tsv');

export function writeAnswers(answered: readonly AnsweredCase[]): string {
  const line = ({ at, zone, pattern, text }: AnsweredCase) =>
    `${at}\t${zone}\t${pattern}\t${text === null ? '!' : `=${text}`}\n`;
  return answered.map(line).join('');
}

export function readAnswers(written: string): AnsweredCase[] {
  return written
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [at, zone = '', pattern = '', answer = ''] = line.split('\t');
      return { at: Number(at), zone, pattern, text: answer === '!' ? null : answer.slice(1) };
    });
}
