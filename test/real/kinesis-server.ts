import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { freePort } from './s3-servers.ts';
import { type Tool, tool } from './tools.ts';

/** An emulator of Kinesis that splits and merges shards as AWS does; moto's moves records instead. */
export const kinesalite: Tool & { start(): Promise<{ readonly endpoint: string; stop(): Promise<void> }> } = {
  ...tool('kinesalite', 'npm install --prefix <folder> kinesalite, and <folder>/node_modules/.bin in PATH', [
    'kinesalite',
    '--help',
  ]),
  async start() {
    const port = await freePort();
    const args = ['--port', String(port), '--shardLimit', '1000', '--createStreamMs', '50', '--updateStreamMs', '50'];
    const child = spawn('kinesalite', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const listening = new Promise<void>((resolve) =>
      createInterface({ input: child.stdout }).once('line', () => resolve()),
    );
    await Promise.race([listening, ended]);
    if (child.exitCode !== null) throw new Error('kinesalite did not come up.');
    return {
      endpoint: `http://127.0.0.1:${port}`,
      async stop() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  },
};
