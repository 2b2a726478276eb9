import { nodeDisk } from '../src/local/disk.ts';
import { openLog } from '../src/local/log/log.ts';
import { countedDisk } from '../test/kit/counted-disk.ts';
import { aStream, partitionedBy } from '../test/kit/streams.ts';
import { world } from '../test/kit/world.ts';
import type { Row } from './table.ts';

/** Less than the hint of 128 MiB, so that a stream is delivered when all is put. */
const BATCH_BYTES = 120 * 1024 * 1024;
const RECORD_BYTES = 1_024;
const RECORDS_A_PUT = 500;
/** What a service has where there is room. */
const BUDGET_BYTES = 10 * 1024 ** 3;
/** Partitions that each put has records for. */
const PARTITIONS = [1, 16, 256];

/** What the log writes and reads for each byte put, until it is delivered: without processing, and into partitions. */
export async function benchTraffic(newFolder: () => Promise<string>): Promise<Row[]> {
  const plain = await traffic(await newFolder(), 0);
  const rows: Row[] = [{ stream: 'no processing', ...told(plain), 'written more': '', 'read more': '' }];
  for (const partitions of PARTITIONS) {
    const { written, read } = await traffic(await newFolder(), partitions);
    rows.push({
      stream: `${partitions} partition${partitions === 1 ? '' : 's'}`,
      ...told({ written, read }),
      'written more': (written - plain.written).toFixed(2),
      'read more': (read - plain.read).toFixed(2),
    });
  }
  return rows;
}

interface Traffic {
  readonly written: number;
  readonly read: number;
}

function told({ written, read }: Traffic) {
  return { 'written a byte put': written.toFixed(2), 'read a byte put': read.toFixed(2) };
}

async function traffic(folder: string, partitions: number): Promise<Traffic> {
  const disk = countedDisk(nodeDisk());
  const buffer = await openLog({ folder, disk, budgetBytes: BUDGET_BYTES, fsync: 'always', warn: console.warn });
  const config = partitions === 0 ? {} : partitionedBy('p');
  const stream = aStream({ sizeMb: 128, intervalSeconds: 900, config });
  const { put, timers } = await world([stream], { buffer });
  disk.taken();
  let bytes = 0;
  for (let next = 0; bytes < BATCH_BYTES; next += RECORDS_A_PUT) {
    const records = Array.from({ length: RECORDS_A_PUT }, (_, i) => {
      const start = `{"p":${(next + i) % Math.max(partitions, 1)},"note":"`;
      return `${start}${'x'.repeat(RECORD_BYTES - start.length - 2)}"}`;
    });
    await put(stream, ...records);
    bytes += RECORDS_A_PUT * RECORD_BYTES;
  }
  await timers.flush();
  await timers.stop(0);
  const { written, read } = disk.taken();
  await buffer.close();
  return { written: written / bytes, read: read / bytes };
}
