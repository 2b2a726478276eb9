import { afterAll, expect, it } from 'vitest';
import { seededRandom } from '../kit/random.ts';
import { kinesisEndpoint } from '../local/kinesis/kinesis-endpoint.ts';
import { kinesisModel } from '../local/kinesis/kinesis-model.ts';
import { sandbox } from './hydrant.ts';
import { configure, delivered, FLAWLESS, producer, putUntilKilled } from './kinesis-load.ts';

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
