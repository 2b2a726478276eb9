import { load } from './load.ts';
import { makeStreams, startService } from './service.ts';
import type { Row } from './table.ts';

const STREAMS = 50;
const PUTTING = { operation: 'PutRecordBatch', records: 500, recordBytes: 1_024 } as const;

/** One put short of the 128 MiB at which a buffer is delivered. */
const PUTS_A_STREAM = Math.floor((128 * 1024 * 1024 - 1) / (PUTTING.records * PUTTING.recordBytes));

/** What 50 streams with full 128 MiB buffers cost in memory, and how long a killed service takes to have them back. */
export async function benchBacklog(newFolder: () => Promise<string>): Promise<Row[]> {
  const folder = await newFolder();
  const service = await startService(folder);
  const streams = await makeStreams(service, STREAMS);
  const filled = await load({
    url: service.url,
    putting: PUTTING,
    streams,
    connections: 8,
    until: { puts: STREAMS * PUTS_A_STREAM },
  });
  const full = await service.memory();
  await service.kill();

  const again = await startService(folder);
  const recovered = await again.memory();
  await again.kill();
  const bytes = STREAMS * PUTS_A_STREAM * PUTTING.records * PUTTING.recordBytes;
  return [
    {
      'backlog GiB': (bytes / 1024 ** 3).toFixed(2),
      'filled at MB/s': Math.round((filled.putsPerSecond * PUTTING.records * PUTTING.recordBytes) / 1e6),
      'refused puts': filled.refused,
      'RSS MiB': Math.round(full.nowMib),
      'peak RSS MiB': Math.round(full.peakMib),
      'open after kill -9, ms': Math.round(again.startedInMs),
      'RSS then, MiB': Math.round(recovered.peakMib),
    },
  ];
}
