import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { seededRandom } from '../kit/random.ts';
import { kinesisEndpoint } from '../local/kinesis/kinesis-endpoint.ts';
import { kinesisModel } from '../local/kinesis/kinesis-model.ts';
import { hydrant, linesIn, sandbox } from './hydrant.ts';
import { configure, delivered, FLAWLESS, producer, putUntilKilled } from './kinesis-load.ts';
import { codeBlocks } from './readme.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Open shards in each life of the service. */
const SHARDS = [2, 4, 3, 2];
const LIFE_MS = { least: 500, most: 3_000 };

it(`a Kinesis stream that splits and merges is delivered once and in order, through kill -9 (HYDRANT_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const model = kinesisModel(Date.now);
  model.split(model.addShard());
  const server = await kinesisEndpoint(model);
  const kinesis = producer(server.endpoint, random);
  const folder = await newFolder();
  await configure(folder, { endpoint: server.endpoint });

  for (const shards of SHARDS) {
    const running = await start(folder);
    await kinesis.reshard(shards);
    await putUntilKilled(running, kinesis, LIFE_MS.least + random.below(LIFE_MS.most - LIFE_MS.least));
  }
  const last = await start(folder);
  const findings = await delivered(last, folder, kinesis);
  const ready = await (await fetch(`${last.url}/ready`)).json();
  const log = last.log.filter(({ level }) => level !== 'info');
  const status = await last.end('SIGTERM');
  kinesis.close();
  await server.close();

  expect(findings).toEqual(FLAWLESS);
  expect({ status, log }).toEqual({ status: 0, log: [] });
  const source = { shards: 2, millisBehindLatest: 0 };
  expect(ready).toMatchObject({
    sources: [
      { DeliveryStreamName: 'plain', ...source },
      { DeliveryStreamName: 'told', ...source },
    ],
  });
  expect(model.calls).toContain('SplitShard');
});

it('the configuration in docs/sources.md feeds its stream, and without its first member says that nothing does', async () => {
  const text = codeBlocks('docs/sources.md').find(({ language }) => language === 'js')?.text ?? '';
  const model = kinesisModel(Date.now);
  const shard = model.addShard();
  const server = await kinesisEndpoint(model);
  const folder = await newFolder();
  const configured = (kinesis: string) =>
    writeFile(join(folder, 'hydrant.config.mjs'), text.replace('kinesis: true,', kinesis));

  await configured('');
  const unfed = await start(folder);
  await unfed.end('SIGTERM');
  await configured(`kinesis: { endpoint: '${server.endpoint}' },`);
  const fed = await start(folder);
  model.put(shard, 'one\n', 'two\n');
  let lines: readonly string[] = [];
  while (lines.length === 0) {
    await hydrant(['flush', 'clicks', '--endpoint', fed.url]);
    lines = await linesIn(folder, 'lake').catch(() => []); // the bucket is made with its first object
  }
  await fed.end('SIGTERM');
  await server.close();

  expect(unfed.log).toContainEqual(
    expect.objectContaining({ stream: 'clicks', msg: expect.stringContaining('is not fed') }),
  );
  expect(lines).toEqual(['one', 'two']);
});
