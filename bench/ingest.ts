import { bareServer } from './bare-server.ts';
import { type Putting, putBodies } from './bodies.ts';
import { type Load, type Loaded, load } from './load.ts';
import { makeStreams, startService } from './service.ts';
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
/** Until the compiler has seen the hot paths. */
const WARM_UP_SECONDS = 1;

/** So many that no buffer fills up in a measurement, and nothing is delivered meanwhile. */
const STREAMS = 50;

/** Puts a second, durable, beside what the same machine does without a service around it. */
export async function benchIngest(newFolder: () => Promise<string>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const putting of PUTTINGS) {
    const parse = best(RUNS, () => parseRate(putting));
    for (const connections of CONNECTIONS) {
      const bare = await bareRate({ putting, streams: ['bench-0'], connections });
      const service = await startService(await newFolder());
      const streams = await makeStreams(service, STREAMS);
      const durable = await bestLoad({ url: service.url, putting, streams, connections });
      await service.kill();
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
      });
    }
  }
  return rows;
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
  await load({ ...options, until: { seconds: WARM_UP_SECONDS } });
  const runs: Loaded[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await load({ ...options, until: { seconds: RUN_SECONDS } }));
  return runs.reduce((a, b) => (a.putsPerSecond > b.putsPerSecond ? a : b));
}

function best(runs: number, measure: () => number): number {
  return Math.max(...Array.from({ length: runs }, measure));
}
