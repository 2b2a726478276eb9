import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bareServer } from './bare-server.ts';
import { type Putting, putBodies } from './bodies.ts';
import { type Load, type Loaded, load } from './load.ts';
import { dropStreams, makeStreams, startService } from './service.ts';
import type { Row } from './table.ts';

const PUTTINGS: readonly (Putting & { readonly name: string })[] = [
  { name: '500 x 1 KB', operation: 'PutRecordBatch', records: 500, recordBytes: 1_024 },
  { name: '500 x 300 B', operation: 'PutRecordBatch', records: 500, recordBytes: 300 },
  { name: '1 x 300 B', operation: 'PutRecord', records: 1, recordBytes: 300 },
];

const CONNECTIONS = [1, 8, 64];

/** Each figure is the best of so many runs: what other processes take is not the service's doing. */
const RUNS = 3;
const RUN_SECONDS = 2;
/** Until the compiler has seen the hot paths, and the log has written once the space that a run takes. */
const WARM_UPS = 3;

/** So many that no buffer fills up in a measurement, and nothing is delivered meanwhile. */
const STREAMS = { PutRecordBatch: 50, PutRecord: 1 };

/** Puts a second, durable, beside what the same machine does without a service around it. */
export async function benchIngest(newFolder: () => Promise<string>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const putting of PUTTINGS) {
    const parse = best(RUNS, () => parseRate(putting));
    const folder = await newFolder();
    const disk = best(RUNS, () => diskRate(putting, join(folder, 'disk')));
    for (const connections of CONNECTIONS) {
      const bare = await bareRate({ putting, streams: ['bench-0'], connections });
      const durable = await durableRate(await newFolder(), putting, connections);
      rows.push({
        put: putting.name,
        connections,
        'puts/s': Math.round(durable.putsPerSecond),
        'MB/s': Math.round((durable.putsPerSecond * putting.records * putting.recordBytes) / 1e6),
        'p50 ms': durable.p50Ms.toFixed(2),
        'p99 ms': durable.p99Ms.toFixed(2),
        'parse only': Math.round(parse),
        'of it': (durable.putsPerSecond / parse).toFixed(2),
        'bare http': Math.round(bare.putsPerSecond),
        'of it ': (durable.putsPerSecond / bare.putsPerSecond).toFixed(2),
        'disk only': Math.round(disk),
        'of it  ': (durable.putsPerSecond / disk).toFixed(2),
      });
    }
  }
  return rows;
}

/**
 * Between runs the streams are deleted and made again, so that the log uses its segments again, as it does in a service
 * that delivers as fast as it takes. Space a disk has never written costs several times as much on many machines.
 */
async function durableRate(folder: string, putting: Putting, connections: number): Promise<Loaded> {
  const service = await startService(folder);
  const runs: Loaded[] = [];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const streams = await makeStreams(service, STREAMS[putting.operation]);
    const loaded = await load({ url: service.url, putting, streams, connections, until: { seconds: RUN_SECONDS } });
    if (run >= 0) runs.push(loaded);
    await dropStreams(service, streams);
  }
  await service.kill();
  return fastest(runs);
}

/** JSON.parse and base64 decoding of the same bodies on this thread: no HTTP, no disk. */
function parseRate(putting: Putting): number {
  const bodies = putBodies(putting, 'bench-0', 16);
  const begun = performance.now();
  let puts = 0;
  while (performance.now() - begun < RUN_SECONDS * 500) {
    for (const body of bodies) {
      const input: { Record?: { Data: string }; Records?: { Data: string }[] } = JSON.parse(body.toString());
      for (const { Data } of input.Records ?? [input.Record!]) Buffer.from(Data, 'base64'); // putBodies makes one of them
      puts += 1;
    }
  }
  return (puts / (performance.now() - begun)) * 1_000;
}

async function bareRate(options: Omit<Load, 'url' | 'until'>): Promise<Loaded> {
  const record = `{"RecordId":"${'x'.repeat(56)}"`;
  const records = Array(options.putting.records).fill(`${record}}`).join();
  const answer =
    options.putting.operation === 'PutRecord'
      ? `${record},"Encrypted":false}`
      : `{"FailedPutCount":0,"Encrypted":false,"RequestResponses":[${records}]}`;
  const server = await bareServer(answer);
  const loaded = await bestLoad({ ...options, url: server.url });
  server.stop();
  return loaded;
}

async function bestLoad(options: Omit<Load, 'until'>): Promise<Loaded> {
  await load({ ...options, until: { seconds: RUN_SECONDS } });
  const runs: Loaded[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await load({ ...options, until: { seconds: RUN_SECONDS } }));
  return fastest(runs);
}

function fastest(runs: readonly Loaded[]): Loaded {
  return runs.reduce((a, b) => (a.putsPerSecond > b.putsPerSecond ? a : b));
}

/** The records of one put after the other, each on the disk before the next, over space that was written before. */
function diskRate({ records, recordBytes }: Putting, path: string): number {
  const bytes = Buffer.alloc(Math.ceil((records * recordBytes) / PAGE_BYTES) * PAGE_BYTES, 1);
  const space = Math.floor(DISK_SPACE_BYTES / bytes.length) * bytes.length;
  writeFileSync(path, Buffer.alloc(space));
  const file = openSync(path, constants.O_WRONLY | constants.O_DSYNC);
  const begun = performance.now();
  let writes = 0;
  for (; performance.now() - begun < RUN_SECONDS * 500; writes++)
    writeSync(file, bytes, 0, bytes.length, (writes * bytes.length) % space);
  closeSync(file);
  return (writes / (performance.now() - begun)) * 1_000;
}

const PAGE_BYTES = 4_096;
const DISK_SPACE_BYTES = 64 * 1024 * 1024;

function best(runs: number, measure: () => number): number {
  return Math.max(...Array.from({ length: runs }, measure));
}
