import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { openLog } from '../../../src/local/log/log.ts';
import { countedDisk } from '../../kit/counted-disk.ts';
import { seededRandom } from '../../kit/random.ts';
import { simulatedDisk } from '../../kit/simulated-disk.ts';
import { aStream, partitionedBy } from '../../kit/streams.ts';
import { world } from '../../kit/world.ts';

const MIB = 1024 * 1024;
const RECORD = 'x'.repeat(1_000);
const RECORDS_A_PUT = 500;
const PUTS = 16;

it('a record is written once and read once, and once more of each when it is processed', async () => {
  const plain = await traffic({});
  const processed = await traffic(partitionedBy('p'));

  expect(plain.written).toBeCloseTo(1, 1);
  expect(plain.read).toBeCloseTo(1, 1);
  expect(processed.written).toBeCloseTo(2, 1);
  expect(processed.read).toBeCloseTo(2, 1);
});

/** Bytes that the log wrote and read for each byte put, from the put to the end of the delivery. */
async function traffic(config: JsonObject) {
  const disk = countedDisk(simulatedDisk(seededRandom(1).next));
  const buffer = await openLog({
    ...{ folder: '/log', disk, budgetBytes: 512 * MIB, fsync: 'always', newSalt: () => 1 },
    warn: (message) => expect.fail(message),
  });
  const stream = aStream({ sizeMb: 128, intervalSeconds: 900, config });
  const w = await world([stream], { buffer });
  disk.taken();

  for (let put = 0; put < PUTS; put++) {
    const records = Array.from({ length: RECORDS_A_PUT }, (_, i) => `{"p":${i % 4},"x":"${RECORD}"}`);
    await w.put(stream, ...records);
  }
  await w.timers.flush();

  const { written, read } = disk.taken();
  const delivered = w.seen.flatMap(({ records }) => records);
  expect(delivered.length).toBe(PUTS * RECORDS_A_PUT);
  const bytes = delivered.reduce((sum, record) => sum + record.length, 0);
  await buffer.close();
  return { written: written / bytes, read: read / bytes };
}
