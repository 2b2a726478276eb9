import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tool, tool } from './tools.ts';

/** The keys every server is told to accept; the tests put them where the standard credential chain looks. */
export const ACCESS_KEY = 'AKIAHYDRANTTEST';
export const SECRET_KEY = 'not-a-secret';

export interface S3Server {
  readonly name: string;
  readonly tool: Tool;
  /** Starts it on a free port; resolves with its URL when it answers. */
  start(): Promise<{ readonly endpoint: string; stop(): Promise<void> }>;
}

/** How long a server may take until it answers: Ceph's gateway needs three other daemons. */
const START_LIMIT_MS = 120_000;
const ASK_AGAIN_MS = 200;

export const moto: S3Server = {
  name: 'moto',
  tool: tool("moto's server", 'pip install "moto[server,s3]"', ['moto_server', '--help']),
  async start() {
    const port = await freePort();
    return started(spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' }), port);
  },
};

export const radosgw: S3Server = {
  name: 'Ceph radosgw',
  tool: tool('Ceph', 'apt-get install --no-install-recommends radosgw ceph-mon ceph-mgr ceph-osd ceph-common', [
    'sh',
    '-c',
    'command -v radosgw ceph-mon ceph-mgr ceph-osd ceph radosgw-admin',
  ]),
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'hydrant-radosgw-'));
    const [port, monitor] = [await freePort(), await freePort()];
    const script = join(import.meta.dirname, 'radosgw.sh');
    const args = [script, folder, String(port), String(monitor), ACCESS_KEY, SECRET_KEY];
    const server = await started(spawn('sh', args, { stdio: 'ignore' }), port);
    return {
      ...server,
      async stop() {
        await server.stop();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

const { HYDRANT_S3_ENDPOINT: givenEndpoint } = process.env;

/** A server that runs already and takes the keys above, such as the one of `compose.yaml`. */
export const running: readonly S3Server[] =
  givenEndpoint === undefined
    ? []
    : [
        {
          name: `the server at ${givenEndpoint}`,
          tool: { name: givenEndpoint, install: 'start it', found: true },
          start: async () => ({ endpoint: givenEndpoint, stop: async () => {} }),
        },
      ];

/** Resolves when the program answers on its port. */
export async function started(child: ChildProcess, port: number) {
  const endpoint = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`${child.spawnargs.join(' ')} did not come up`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  return { endpoint, stop };
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
