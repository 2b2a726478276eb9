import { join } from 'node:path';
import { expect } from 'vitest';
import { compileTimePattern } from '../../src/formats/time-pattern.ts';
import { localTime } from '../../src/formats/time-zone.ts';
import { TIME_PATTERN_ANSWERS, writeAnswers } from '../formats/time-pattern-answers.ts';
import { type AnsweredCase, orderlyCases, randomCases, type TimePatternCase } from '../formats/time-pattern-cases.ts';
import { itWith, run, tool } from './tools.ts';

const java = tool('Java 17', 'apt-get install openjdk-17-jdk-headless', ['java', '-version']);

itWith(
  [java],
  "time patterns print what Java's DateTimeFormatter prints, or are refused where it refuses",
  async () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    const answered = askJava([...orderlyCases(), ...randomCases(seed, 20_000)]);

    const wrong = answered.filter((each) => ours(each) !== each.text);

    expect(
      wrong.slice(0, 20).map((each) => ({ ...each, ours: ours(each) })),
      `SEED=${seed}`,
    ).toEqual([]);
  },
);

/** Run with `-u` to write the file anew. */
itWith([java], 'the answers of Java that the ordinary tests use are still its answers', async () => {
  const answered = askJava([...orderlyCases(), ...randomCases(1, 300)]);

  await expect(writeAnswers(answered)).toMatchFileSnapshot(TIME_PATTERN_ANSWERS);
});

/** Cases on which Java fails in printing (padding too narrow for the text) are left out: no answer to compare with. */
function askJava(cases: readonly TimePatternCase[]): AnsweredCase[] {
  const questions = cases.map(({ at, zone, pattern }) => `${at}\t${zone}\t${pattern}\n`).join('');
  const answers = run('java', [join(import.meta.dirname, 'TimePatterns.java')], Buffer.from(questions)).toString();
  return answers.split('\n').flatMap((answer, i) => {
    const asked = cases[i];
    if (asked === undefined || answer === '?') return [];
    return [{ ...asked, text: answer === '!' ? null : answer.slice(1) }];
  });
}

function ours({ pattern, at, zone }: TimePatternCase): string | null {
  return compileTimePattern(pattern)?.(localTime(at * 1000, zone)) ?? null;
}
