import { describe, expect, it } from 'vitest';
import { ours, readAnswers, TABLED } from './answers.ts';

describe('the engine answers what jq 1.6 answers', () => {
  const answered = readAnswers();

  it('to every program of the table', () => {
    const wrong = answered.flatMap(({ program, inputs, answers }) => {
      const given = ours(program, inputs);
      return inputs.flatMap((input, i) =>
        given?.[i] === answers?.[i] ? [] : [{ program, input, jq: answers?.[i], ours: given?.[i] }],
      );
    });

    expect(wrong.slice(0, 20)).toEqual([]);
  });

  it('and the table holds what it is said to hold', () => {
    expect(answered.map(({ program }) => program)).toEqual(TABLED.map(({ program }) => program));
    expect(answered.filter(({ answers }) => answers !== undefined).length).toBeGreaterThan(900);
  });
});
