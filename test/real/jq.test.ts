import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import {
  ANSWERS,
  type Answered,
  comparable,
  INPUTS,
  ours,
  PROGRAMS,
  TABLED,
  writeAnswers,
} from '../formats/jq/answers.ts';
import { randomPrograms } from '../formats/jq/random-programs.ts';
import { itWith, tool } from './tools.ts';

/** Later versions answer otherwise. */
const jq = tool('jq 1.6', 'apt-get install jq on Debian 12', ['sh', '-c', 'jq --version | grep -x jq-1.6']);

const RANDOM_PROGRAMS = 400;

itWith([jq], 'the engine answers what jq answers, byte for byte', async () => {
  expect(differences(PROGRAMS).slice(0, 20)).toEqual([]);
});

itWith([jq], 'and so to programs made at random (SEED=17 for others)', async () => {
  // The same each time: a difference is for whoever looks for one, not for whoever changes something else.
  const seed = Number(process.env.SEED ?? 1);

  expect(differences(randomPrograms(seed, RANDOM_PROGRAMS)).slice(0, 20), `SEED=${seed}`).toEqual([]);
});

/** Run with `-u` to write the file anew. */
itWith([jq], 'the answers of jq that the ordinary tests use are still its answers', async () => {
  const answered = TABLED.flatMap(({ program, inputs }) => ask(program, inputs) ?? []);

  await expect(writeAnswers(answered)).toMatchFileSnapshot(ANSWERS);
});

function differences(programs: readonly string[]) {
  return programs.flatMap((program) => {
    const asked = ask(program, INPUTS);
    if (asked === undefined) return [];
    const { answers } = asked;
    const given = ours(program, INPUTS);
    return INPUTS.flatMap((input, i) => {
      if (given?.[i] === answers?.[i]) return [];
      // The number of a label may have gone into the answer in disguise: alone, an input has the same ones.
      const alone = answers && ask(program, [input])?.answers?.[0];
      return given?.[i] === alone ? [] : [{ program, input, jq: alone, ours: given?.[i] }];
    });
  });
}

const LONGEST_MS = 10_000;
const SYNTAX_ERROR = 3;

/**
 * Runs jq once for all inputs: what it prints for each is its outputs, or the message of its error. Undefined where a
 * program never ends, or ends jq itself by a failed assertion: there is nothing to compare with.
 */
function ask(program: string, inputs: readonly string[]): Answered | undefined {
  const wrapped = `[try {outputs: [${program}\n]} catch {error: .}] | .[0]`;
  const { status, stdout } = spawnSync('jq', ['-c', wrapped], {
    input: inputs.join('\n'),
    timeout: LONGEST_MS,
    maxBuffer: 2 ** 30,
  });
  if (status === SYNTAX_ERROR) return { program, inputs, answers: undefined };
  if (status !== 0) return undefined;
  const lines = stdout.toString().trimEnd().split('\n');
  return { program, inputs, answers: lines.map(answerOf).map(comparable) };
}

const OUTPUTS = '{"outputs":';
const ERROR = '{"error":';

/** The text itself is kept, for reading and printing it again would round off what is to be compared. */
function answerOf(line: string): string {
  if (line.startsWith(OUTPUTS)) return line.slice(OUTPUTS.length, -1);
  const error = line.slice(ERROR.length, -1);
  return error.startsWith('"') ? `!${JSON.parse(error)}` : `!(not a string): ${error}`;
}
