import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '../../../src/core/json.ts';
import { compileJq, isJqFault, jqText } from '../../../src/formats/jq/index.ts';
import { randomPrograms } from './random-programs.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const linesOf = (name: string): readonly string[] => readFileSync(join(FIXTURES, name), 'utf8').trimEnd().split('\n');

/** Programs and the inputs, a line each, that all programs are tried on. */
export const INPUTS = linesOf('inputs.ndjson');
export const PROGRAMS = linesOf('programs.txt');

/**
 * The answers of jq 1.6, a line for each program: `["program", [answer, …]]`. An answer is what jq prints for `[all
 * outputs]`, or `!` and the text of its error. To keep the file small each program is asked for every third input, each
 * in turn for another third.
 */
export const ANSWERS = join(FIXTURES, 'answers.ndjson');
const THIRD = 3;

/** What jq or the engine makes of inputs; undefined when it refuses the program. */
export type Answers = readonly string[] | undefined;

export interface Answered {
  readonly program: string;
  readonly inputs: readonly string[];
  readonly answers: Answers;
}

/** What the answers in the file are for: the list, and some programs made at random. */
export const TABLED = [...new Set([...PROGRAMS, ...randomPrograms(1, 150)])].map((program, i) => ({
  program,
  inputs: INPUTS.filter((_, j) => (i + j) % THIRD === 0),
}));

export function writeAnswers(answered: readonly Answered[]): string {
  return answered.map(({ program, answers }) => `${JSON.stringify([program, answers ?? null])}\n`).join('');
}

export function readAnswers(): readonly Answered[] {
  const inputsOf = new Map(TABLED.map(({ program, inputs }) => [program, inputs]));
  return linesOf('answers.ndjson').map((line) => {
    const [program, answers]: [string, string[] | null] = JSON.parse(line);
    return { program, inputs: inputsOf.get(program) ?? [], answers: answers ?? undefined };
  });
}

/** jq numbers its labels through all inputs; a query sees the number when a `try` catches its `break`. */
export function comparable(answer: string): string {
  return answer.replace(/(__jq\\*":)\d+/g, '$1N');
}

/** What the engine answers, in the form of the file. */
export function ours(program: string, inputs: readonly string[]): Answers {
  try {
    const { run } = compileJq(program);
    return inputs.map((input) => {
      const outcome = run(JSON.parse(input));
      return comparable('outputs' in outcome ? jqText(outcome.outputs) : `!${outcome.error}`);
    });
  } catch (thrown) {
    if (isJqFault(thrown)) return undefined;
    throw thrown;
  }
}

/** Outputs for one input; throws the error. */
export function outputsOf(program: string, input: JsonValue): readonly JsonValue[] {
  const outcome = compileJq(program).run(input);
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.outputs;
}

export function errorOf(program: string, input: JsonValue): string | undefined {
  const outcome = compileJq(program).run(input);
  return 'error' in outcome ? outcome.error : undefined;
}
