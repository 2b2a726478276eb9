import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './s3-servers.ts';
import { run, type Tool, tool } from './tools.ts';

/** Debian keeps its versions apart and out of PATH. */
const NEWEST_BIN = 'ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1';

export interface Database {
  readonly port: number;
  /** The rows of a query, each line one, its columns joined by `|`. */
  query(sql: string): readonly string[];
  /** At once, as a power cut would. */
  kill(): void;
  start(): void;
  remove(): Promise<void>;
}

/** A PostgreSQL server in a folder of its own, with the user `loader` who needs no password. */
export const postgres: Tool & { open(): Promise<Database> } = {
  ...tool('PostgreSQL', 'apt-get install postgresql', ['sh', '-c', `test -x "$(${NEWEST_BIN})/initdb"`]),

  async open() {
    const bin = run('sh', ['-c', NEWEST_BIN]).toString().trim();
    const folder = await fs.mkdtemp(join(tmpdir(), 'hydrant-postgres-'));
    const port = await freePort();
    // The server refuses to run as root; the package brings a user for it.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) run('chown', ['postgres', folder]);
    const own = (command: string, ...args: readonly string[]): Buffer =>
      isRoot ? run('runuser', ['-u', 'postgres', '--', join(bin, command), ...args]) : run(join(bin, command), args);
    const data = join(folder, 'data');
    own('initdb', '-D', data, '-U', 'loader', '-A', 'trust');

    const database: Database = {
      port,
      query(sql) {
        const args = ['-h', '127.0.0.1', '-p', `${port}`, '-U', 'loader', '-d', 'postgres', '-At', '-c', sql];
        return run(join(bin, 'psql'), args).toString().trim().split('\n');
      },
      kill: () => void own('pg_ctl', '-D', data, '-m', 'immediate', 'stop'),
      start() {
        const options = `-p ${port} -k ${folder} -h 127.0.0.1`;
        own('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start');
      },
      async remove() {
        spawnSync('sh', ['-c', `kill $(head -1 ${data}/postmaster.pid)`]);
        await fs.rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      },
    };
    database.start();
    return database;
  },
};
