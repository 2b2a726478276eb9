import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './readme.ts';

export interface OfflineFunctions {
  readonly url: string;
  /** Of what speaks Lambda's API. */
  readonly lambdaUrl: string;
  /** What it has printed so far. */
  output(): string;
  /** Sends the signal and resolves with the exit code, or the signal that ended it, once all of it is gone. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** `npm run offline` without the build, on free ports, its state in the folder's `data`. */
export async function offlineFunctions(
  folder: string,
  { parameters = [] as readonly string[], env = {} } = {},
): Promise<OfflineFunctions> {
  const [httpPort, lambdaPort] = await freePorts();
  const framework = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const given = [`state=${join(folder, 'data')}`, ...parameters].map((each) => `--param=${each}`);
  const ports = ['--httpPort', `${httpPort}`, '--lambdaPort', `${lambdaPort}`];
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  const child = spawn(process.execPath, [framework, 'offline', 'start', ...ports, ...given], {
    cwd: ROOT,
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const isReady = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('In another terminal:')) resolve(true);
      });
    }
    void ended.then(() => resolve(false));
  });
  started.add(child);
  if (!(await isReady)) throw new Error(`the functions did not start: ${output}`);
  return {
    url: `http://127.0.0.1:${httpPort}`,
    lambdaUrl: `http://127.0.0.1:${lambdaPort}`,
    output: () => output,
    async end(signal) {
      child.kill(signal);
      const [code, by] = await ended;
      started.delete(child);
      return code ?? by ?? 0;
    },
  };
}

const started = new Set<ChildProcess>();

/** Ends all that a test has left. */
export function endOffline(): void {
  for (const child of started) child.kill('SIGKILL');
}

/** Two that nobody listens on now. */
async function freePorts(): Promise<readonly number[]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address !== null) ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}
