import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';

/** The compiled program. */
export const CLI = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli.js');

export type LogLine = Readonly<Record<string, unknown>>;

export interface Running {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it has logged so far. */
  readonly log: readonly LogLine[];
  /** Sends the signal and resolves with the exit code, or the signal that ended it, once the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** A folder of its own for one test file, and the end of every process that was started in it. */
export async function sandbox() {
  const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-e2e-'));
  const started = new Set<ChildProcess>();

  return {
    newFolder: () => fs.mkdtemp(join(top, 'f')),

    /** Starts `hydrant serve` on a free port and resolves once it listens. Its data folder is `data` in the folder. */
    async start(folder: string, ...args: readonly string[]): Promise<Running> {
      const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', ...args], { cwd: folder });
      started.add(child);
      const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      const log: LogLine[] = [];
      const { url, complaint } = await listening(child, log, ended);
      if (url === undefined) throw new Error(`hydrant serve did not start: ${complaint} ${JSON.stringify(log)}`);
      return {
        url,
        process: child,
        log,
        async end(signal) {
          child.kill(signal);
          const [code, by] = await ended;
          return code ?? by ?? 0;
        },
      };
    },

    async clear(): Promise<void> {
      for (const child of started) child.kill('SIGKILL');
      await fs.rm(top, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function listening(child: ChildProcess, log: LogLine[], ended: Promise<unknown>) {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const url = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (text) => {
      const line: LogLine = JSON.parse(text);
      log.push(line);
      if (typeof line.url === 'string') resolve(line.url);
    });
  });
  const first = await Promise.race([url, ended.then(() => undefined)]);
  return { url: first, complaint };
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end. */
export async function hydrant(
  args: readonly string[],
  { folder = tmpdir(), input = '', endsInput = true, env = {} } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: { ...process.env, ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.on('error', () => {}); // it may end without having read its input
  if (endsInput) child.stdin.end(input);
  else child.stdin.write(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...output };
}

/** Every object of a bucket by its key, as stored, read from the data folder one after the other. */
export async function* objectsIn(
  folder: string,
  bucket: string,
): AsyncGenerator<readonly [key: string, bytes: Buffer]> {
  const root = join(folder, 'data', 'buckets', bucket);
  for (const entry of await fs.readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    yield [path.slice(root.length + 1), await fs.readFile(path)];
  }
}

/**
 * The lines of all objects of a bucket; those whose key ends in `.gz` are decompressed, which throws when one is not
 * whole.
 */
export async function* eachLineIn(folder: string, bucket: string): AsyncGenerator<string> {
  for await (const [key, bytes] of objectsIn(folder, bucket)) {
    const text = (key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    yield* text.split('\n').filter((line) => line !== '');
  }
}

export async function linesIn(folder: string, bucket: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of eachLineIn(folder, bucket)) lines.push(line);
  return lines;
}

/** A stream's S3 destination: the bucket, buffering hints in MiB and seconds, further members. */
export function s3Destination(bucket: string, hints: readonly [number, number], more: object = {}) {
  return {
    RoleARN: 'arn:aws:iam::000000000000:role/firehose',
    BucketARN: `arn:aws:s3:::${bucket}`,
    BufferingHints: { SizeInMBs: hints[0], IntervalInSeconds: hints[1] },
    ...more,
  };
}
