import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSearchClassPath } from './jars.ts';
import { freePort } from './s3-servers.ts';

export interface OpenSearchNode {
  readonly url: string;
  /** What it answers to a GET, or with a body to a POST. */
  ask(path: string, body?: object): Promise<NodeAnswer>;
  /** At once, as a power cut would. */
  kill(): Promise<void>;
  /** Resolves when it answers; what it held when it was killed is there. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** As far as the tests read it. */
export interface NodeAnswer {
  readonly count?: number;
  readonly hits?: {
    readonly hits: readonly { readonly _id: string; readonly _index: string; readonly _source: never }[];
  };
  readonly status?: string;
}

const START_LIMIT_MS = 180_000;
const ASK_AGAIN_MS = 200;

/** A node of OpenSearch in a folder of its own. */
export async function openSearchNode(): Promise<OpenSearchNode> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'hydrant-opensearch-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  async function ask(path: string, body?: object): Promise<NodeAnswer> {
    const asked = body && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    };
    return (await (await fetch(`${url}${path}`, asked)).json()) as NodeAnswer; // it says so of itself
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function start(): Promise<void> {
    const program = join(import.meta.dirname, 'OpenSearchNode.java');
    const args = ['-Xms512m', '-Xmx512m', '-cp', openSearchClassPath, program, `${port}`, folder];
    const started = spawn('java', args, { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
    child = started;
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await isReady())) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error('OpenSearch did not come up');
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** One node alone has no replicas, and is as well as it can be at yellow. */
  async function isReady(): Promise<boolean> {
    const health = await ask('/_cluster/health').catch(() => undefined);
    return health?.status === 'yellow' || health?.status === 'green';
  }

  await start();
  return {
    ...{ url, ask, kill, start },
    async remove() {
      await kill();
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
