import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The compiled command; this file is compiled to dist/examples/demo. */
const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.js');

export interface Service {
  readonly url: string;
  /** The one that it was started in. */
  readonly folder: string;
  readonly dataFolder: string;
  stop(): Promise<void>;
}

/** Runs `hydrant serve` on a free port, in a temporary folder, with this in its configuration file. */
export async function startHydrant(config: object): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'hydrant-demo-'));
  await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const child = spawn(process.execPath, [CLI, 'serve', '--port', '0'], { cwd: folder, stdio });
  const ended = once(child, 'exit');
  const url = await Promise.race([urlIn(child), ended.then(() => undefined)]);
  if (url === undefined) throw new Error('hydrant serve did not start; it has said why above.');
  return {
    url,
    folder,
    dataFolder: join(folder, 'data'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Its log, one JSON object a line, says where it listens. */
function urlIn(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { url } = JSON.parse(line) as { readonly url?: string };
      if (url !== undefined) resolve(url);
    });
  });
}

export interface Flushed {
  /** Attempts that have to be made again, or whose end is not known yet. */
  readonly postponed: readonly { readonly DeliveryStreamName: string; readonly code: string }[];
}

/** Has everything delivered that is buffered, as `hydrant flush` does. */
export async function flush(url: string): Promise<Flushed> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/_hydrant/flush`, { method: 'POST', headers, body: '{}' });
  if (!response.ok) throw new Error(`The flush was refused: ${await response.text()}`);
  return (await response.json()) as Flushed;
}
