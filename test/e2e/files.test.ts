import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { seededRandom } from '../kit/random.ts';
import { CLI, hydrant, s3Destination, sandbox } from './hydrant.ts';
import { auditLines, type Ledger, loadUntilKilled } from './kill-loop.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const KILLS = Number(process.env.HYDRANT_KILLS ?? 3);
const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SECONDS_A_KILL = 20;

const streamTo = (Url: string) => ({
  DeliveryStreamName: 'clicks',
  HttpEndpointDestinationConfiguration: {
    EndpointConfiguration: { Url },
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 },
    RetryOptions: { DurationInSeconds: 7_200 },
    S3Configuration: s3Destination('failed', [1, 60]),
  },
});

/** The lines of all files of a folder, the last of each as it is; how many files there are. */
async function* linesOf(folder: string): AsyncGenerator<string> {
  for (const name of (await fs.readdir(folder)).sort()) {
    const lines = (await fs.readFile(join(folder, name), 'utf8')).split('\n');
    const last = lines.pop();
    yield* last === '' ? lines : [...lines, `cut off: ${last}`];
  }
}

it(
  `kill -9, ${KILLS} times under load: every record is in the files once, and no line cut off (HYDRANT_SEED=${SEED})`,
  async () => {
    const folder = await newFolder();
    const out = join(folder, 'out', 'shop');
    const files = { folders: ['./out'], rotateSize: '4MiB' };
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ files }));
    const random = seededRandom(SEED);
    const ledger: Ledger = { acknowledged: new Set(), sent: 0 };

    for (let kill = 0; kill < KILLS; kill++) {
      const running = await start(folder);
      if (kill === 0) await client(running.url).call('CreateDeliveryStream', streamTo(pathToFileURL(out).href));
      await loadUntilKilled(running, ['clicks'], ledger, random);
    }
    const last = await start(folder);
    const { status, stderr } = await hydrant(['flush', '--endpoint', last.url]);
    await last.end('SIGTERM');

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await auditLines(linesOf(out), ledger)).toEqual({ lost: [], doubled: [], strange: [] });
    expect(ledger.acknowledged.size).toBeGreaterThan(0);
  },
  60_000 + KILLS * SECONDS_A_KILL * 1_000,
);

it('who can only call the API can write no file but where the configuration says', async () => {
  const folder = await newFolder();
  await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ files: { folders: ['./out'] } }));
  const { url, end } = await start(folder);
  const create = (Url: string) => client(url).call('CreateDeliveryStream', streamTo(Url));

  await expect(create(pathToFileURL(join(folder, 'elsewhere')).href)).rejects.toThrow('No files are written to');
  await expect(create(`${pathToFileURL(join(folder, 'out')).href}/%2e%2e/elsewhere`)).rejects.toThrow('No files');
  await expect(create('stdout://')).rejects.toThrow('Set stdout in');
  await end('SIGTERM');
});

it('standard output has the records alone, and the log is on standard error', async () => {
  const folder = await newFolder();
  const config = { stdout: true, streams: [streamTo('stdout://')] };
  await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
  const service = spawn(process.execPath, [CLI, 'serve', '--port', '0'], { cwd: folder });
  const said = { stdout: '', stderr: '' };
  service.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  const url = await new Promise<string>((resolve) => {
    service.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
      const [, listening] = /"url":"([^"]+)"/.exec(said.stderr) ?? [];
      if (listening !== undefined) resolve(listening);
    });
  });
  await hydrant(['put', 'clicks', '--endpoint', url], { input: 'one\ntwo\n' });
  await hydrant(['flush', '--endpoint', url]);
  service.kill('SIGTERM');
  await once(service, 'close');

  expect(said.stdout).toBe('one\ntwo\n');
  expect(said.stderr).toContain('Stopped.');
});
