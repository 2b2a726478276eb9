import { spawnSync } from 'node:child_process';
import { it } from 'vitest';

/** A program these tests check ours against. */
export interface Tool {
  readonly name: string;
  /** How to get it. */
  readonly install: string;
  readonly found: boolean;
}

/** Looks for a tool by running a command that succeeds where it is installed. */
export function tool(name: string, install: string, probe: readonly [string, ...string[]]): Tool {
  const [command, ...args] = probe;
  return { name, install, found: spawnSync(command, args, { stdio: 'ignore' }).status === 0 };
}

/** A test that needs tools: skipped with the missing one's name, or failed by it where CI is `true`. */
export function itWith(tools: readonly Tool[], title: string, test: () => Promise<void>): void {
  const missing = tools.find((each) => !each.found);
  const reason = `${missing?.name} is missing: ${missing?.install}`;
  if (missing === undefined) it(title, test);
  else if (process.env.CI !== 'true') it.skip(`${title} (skipped: ${reason})`, test);
  else {
    it(title, () => {
      throw new Error(reason);
    });
  }
}

/** Runs a command with bytes on its standard input; throws with what it said when it fails. */
export function run(command: string, args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`, { cause: error });
  return stdout;
}
