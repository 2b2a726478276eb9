import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isJsonObject } from '../src/core/json.ts';

const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url));

export interface Service {
  readonly url: string;
  /** From its start until it listened. */
  readonly startedInMs: number;
  /** One call of the API; `body` is the input's JSON. */
  call(operation: string, body: string | Buffer): Promise<unknown>;
  /** Delivers what the stream holds, and resolves when that has happened. */
  flush(stream: string): Promise<void>;
  /** What the buffer takes on the disk. */
  bufferedBytes(): Promise<number>;
  /** Resident memory now and at its highest, in MiB. */
  memory(): Promise<{ readonly nowMib: number; readonly peakMib: number }>;
  /** Ends it with kill -9. */
  kill(): Promise<void>;
}

/** `hydrant serve` in a process of its own, with the settings it has for everybody. */
export async function startService(dataFolder: string, ...args: readonly string[]): Promise<Service> {
  const begun = performance.now();
  const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', '--data', dataFolder, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await listeningUrl(createInterface(child.stdout));
  const startedInMs = performance.now() - begun;

  const agent = new Agent({ keepAlive: true });

  /** Not fetch, which takes more than twice the processor time that the service then lacks. */
  async function post(path: string, headers: Record<string, string>, body: string | Buffer) {
    const sent = request(new URL(path, url), { method: 'POST', agent, headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer: unknown = JSON.parse(Buffer.concat(await response.toArray()).toString());
    if (response.statusCode !== 200)
      throw new Error(`${path} was answered ${response.statusCode}: ${JSON.stringify(answer)}`);
    assert(isJsonObject(answer));
    return answer;
  }

  return {
    url,
    startedInMs,
    call: (operation, body) =>
      post(
        '/',
        { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Firehose_20150804.${operation}` },
        body,
      ),
    async flush(stream) {
      const body = JSON.stringify({ DeliveryStreamName: stream });
      const { postponed } = await post('/_hydrant/flush', { 'content-type': 'application/json' }, body);
      assert.deepEqual(postponed, []);
    },
    async bufferedBytes() {
      const ready: unknown = await (await fetch(new URL('/ready', url))).json();
      assert(isJsonObject(ready) && isJsonObject(ready.buffer) && typeof ready.buffer.usedBytes === 'number');
      return ready.buffer.usedBytes;
    },
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
      return { nowMib: mib('VmRSS'), peakMib: mib('VmHWM') };
    },
    async kill() {
      agent.destroy();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function listeningUrl(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('The service ended before it listened.');
}

/** Makes streams that buffer as much and as long as Firehose lets them. */
export async function makeStreams(service: Service, count: number, compression = 'UNCOMPRESSED'): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `bench-${i}`);
  for (const DeliveryStreamName of names) {
    const input = {
      DeliveryStreamName,
      ExtendedS3DestinationConfiguration: {
        RoleARN: 'arn:aws:iam::000000000000:role/firehose',
        BucketARN: 'arn:aws:s3:::bench',
        BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 900 },
        CompressionFormat: compression,
      },
    };
    await service.call('CreateDeliveryStream', JSON.stringify(input));
  }
  return names;
}

/** Deletes them with all they hold, and waits until the log has let go of it. */
export async function dropStreams(service: Service, names: readonly string[]): Promise<void> {
  for (const DeliveryStreamName of names) {
    await service.call('DeleteDeliveryStream', JSON.stringify({ DeliveryStreamName }));
  }
  while ((await service.bufferedBytes()) > LET_GO_BYTES) await setTimeout(50);
}

/** The log keeps its newest segments whatever is in them. */
const LET_GO_BYTES = 160 * 1024 * 1024;
