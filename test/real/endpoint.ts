import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hydrant, sandbox } from '../e2e/hydrant.ts';

/** Whether a Hydrant asks for signatures. */
export const WITH_AND_WITHOUT_KEYS = [
  ['where no key was given out', false],
  ['with a key', true],
] as const;

/**
 * A Hydrant for a client in another process, with what such clients read from their environment: a key that was given
 * out, if it asks for one. The files, by their names, are in its folder before it starts.
 */
export async function hydrantFor(files: Readonly<Record<string, string>> = {}, { asksForKey = false } = {}) {
  const { newFolder, start, clear } = await sandbox();
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const printed = asksForKey ? await hydrant(['keys', 'create', '--session-token'], { folder }) : { stdout: '' };
  const key = [...printed.stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]);
  const { url } = await start(folder);
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL_FIREHOSE: url,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_PAGER: '',
    AWS_MAX_ATTEMPTS: '1',
    ...Object.fromEntries(key),
  };
  return {
    url,
    folder,
    env,
    /** Runs a program against it. */
    run(command: string, args: readonly string[], input = '') {
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, input, encoding: 'utf8' });
      return { status, stdout, stderr };
    },
    clear,
  };
}
