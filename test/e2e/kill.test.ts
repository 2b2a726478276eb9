import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { seededRandom } from '../kit/random.ts';
import { partitionedByFunction } from '../kit/streams.ts';
import { hydrant, s3Destination, sandbox } from './hydrant.ts';
import { audit, type Ledger, loadUntilKilled } from './kill-loop.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const KILLS = Number(process.env.HYDRANT_KILLS ?? 3);
const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const STREAMS = ['zipped', 'plain', 'processed'];
const SECONDS_A_KILL = 20;

it(
  `kill -9, ${KILLS} times under load: every acknowledged record is delivered once, no other twice (HYDRANT_SEED=${SEED})`,
  async () => {
    const folder = await newFolder();
    const random = seededRandom(SEED);
    const ledger: Ledger = { acknowledged: new Set(), sent: 0 };
    await writeFile(join(folder, 'fickle.mjs'), FICKLE);
    await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ functions: { fickle: './fickle.mjs' } }));

    for (let kill = 0; kill < KILLS; kill++) {
      const running = await start(folder);
      if (kill === 0) await createStreams(running.url);
      await loadUntilKilled(running, STREAMS, ledger, random);
    }
    const last = await start(folder);
    const { status, stderr } = await hydrant(['flush', '--endpoint', last.url]);
    const log = last.log.filter(({ level }) => level === 'error' || level === 'fatal');
    await last.end('SIGTERM');

    expect({ status, stderr, log }).toEqual({ status: 0, stderr: '', log: [] });
    expect(await audit(folder, STREAMS, ledger)).toEqual({ lost: [], doubled: [], strange: [] });
    expect(ledger.acknowledged.size).toBeGreaterThan(0);
  },
  60_000 + KILLS * SECONDS_A_KILL * 1_000,
);

/** The smallest hints there are, so that the process dies in every phase of a delivery. */
async function createStreams(url: string): Promise<void> {
  const service = client(url);
  for (const name of ['zipped', 'plain']) {
    const CompressionFormat = name === 'zipped' ? 'GZIP' : 'UNCOMPRESSED';
    await service.call('CreateDeliveryStream', {
      DeliveryStreamName: name,
      ExtendedS3DestinationConfiguration: s3Destination(name, [1, 1], { CompressionFormat }),
    });
  }
  await service.call('CreateDeliveryStream', {
    DeliveryStreamName: 'processed',
    ExtendedS3DestinationConfiguration: s3Destination('processed', [64, 60], PROCESSED),
    Hydrant: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 } },
  });
  service.close();
}

/** A function that gives a record another partition at every attempt. */
const FICKLE = `
  export default (record) => record.partitioned(record.data, { p: Math.floor(Math.random() * 3) });
`;

const PROCESSED = partitionedByFunction({
  BufferSizeInMBs: '0.2',
  BufferIntervalInSeconds: '0',
});
