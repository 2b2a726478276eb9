import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sandbox } from '../e2e/hydrant.ts';

/**
 * A Hydrant for a client in another process, with what such clients read from their environment. The files, by their
 * names, are in its folder before it starts.
 */
export async function hydrantFor(files: Readonly<Record<string, string>> = {}) {
  const { newFolder, start, clear } = await sandbox();
  const folder = await newFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
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
  };
  return {
    url,
    folder,
    /** Runs a program against it. */
    run(command: string, args: readonly string[], input = '') {
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, input, encoding: 'utf8' });
      return { status, stdout, stderr };
    },
    clear,
  };
}
