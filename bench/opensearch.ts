import assert from 'node:assert';
import { Agent, request } from 'undici';
import openSearch from '../destinations/opensearch.ts';
import type { BatchBlock } from '../src/core/buffer.ts';
import type { Slice } from '../src/core/destination.ts';
import { eachRecord, recordBlock } from '../src/core/records.ts';
import { bareServer } from './bare-server.ts';
import type { Row } from './table.ts';

/** As many as the adapter puts into one request, in blocks as puts of 500 make them. */
const RECORD_BYTES = 1_024;
const RECORDS_A_BLOCK = 500;
const BLOCKS = 8;
const DOCUMENTS = RECORDS_A_BLOCK * BLOCKS;
const SLICE_BYTES = DOCUMENTS * RECORD_BYTES;

/** As many requests at once as the core has under way of one batch. */
const AT_ONCE = 4;
const SECONDS = 4;
const RUNS = 3;
const ARRIVED_AT = Date.UTC(2026, 6, 13);

/**
 * The adapter beside a client that does the least: it builds the same bodies from the same records, posts them with
 * undici, and reads the answers without a look at them.
 */
export async function benchOpenSearch(): Promise<Row[]> {
  const items = Array.from({ length: DOCUMENTS }, () => ({ index: { status: 201 } }));
  const server = await bareServer(JSON.stringify({ items }));
  try {
    const blocks = Array.from({ length: BLOCKS }, (_, i) => block(i * RECORDS_A_BLOCK));
    const clients = { 'bare undici': bareClient(server.url, blocks), adapter: await adapterClient(server.url, blocks) };
    const names = ['bare undici', 'adapter'] as const;
    const runs: Record<(typeof names)[number], Measured[]> = { 'bare undici': [], adapter: [] };
    for (let run = 0; run < RUNS; run++) for (const name of names) runs[name].push(await measured(clients[name]));
    const bestOf = (name: (typeof names)[number]) => runs[name].reduce((a, b) => (a.rate > b.rate ? a : b));
    return names.map((name) => {
      const { rate, processorMs } = bestOf(name);
      return {
        client: name,
        'MB/s of records': Math.round(rate / 1e6),
        'records/s': Math.round(rate / RECORD_BYTES),
        'of it': (rate / bestOf('bare undici').rate).toFixed(2),
        'processor ms a request': processorMs.toFixed(1),
        'RSS MiB after each run': runs[name].map(({ rssMib }) => Math.round(rssMib)).join(', '),
      };
    });
  } finally {
    server.stop();
  }
}

interface Measured {
  /** Bytes of records a second, of `AT_ONCE` senders. */
  readonly rate: number;
  /** Of this process, which is what a busy machine does not change. */
  readonly processorMs: number;
  readonly rssMib: number;
}

async function measured(send: () => Promise<void>): Promise<Measured> {
  const begun = performance.now();
  const before = process.cpuUsage();
  let requests = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() - begun < SECONDS * 1_000) {
      await send();
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  const { user, system } = process.cpuUsage(before);
  return {
    rate: (requests * SLICE_BYTES * 1_000) / (performance.now() - begun),
    processorMs: (user + system) / 1_000 / requests,
    rssMib: process.memoryUsage.rss() / 1024 ** 2,
  };
}

function bareClient(url: string, blocks: readonly BatchBlock[]): () => Promise<void> {
  const dispatcher = new Agent();
  const headers = { 'content-type': 'application/x-ndjson' };
  const lineFeed = Buffer.from('\n');
  return async () => {
    const parts: Uint8Array[] = [];
    for (const one of blocks) {
      let place = one.place;
      for (const record of eachRecord(one)) {
        parts.push(
          Buffer.from(`{"index":{"_index":"clicks-2026-07-13","_id":"batch.${place++}"}}\n`),
          record,
          lineFeed,
        );
      }
    }
    const answer = await request(`${url}/_bulk`, { method: 'POST', headers, body: Buffer.concat(parts), dispatcher });
    await answer.body.bytes();
  };
}

async function adapterClient(url: string, blocks: readonly BatchBlock[]): Promise<() => Promise<void>> {
  const { plan, deliver } = openSearch({ now: Date.now, clusters: (endpoint) => ({ endpoint }) });
  const toPlan = {
    id: `batch/0-${DOCUMENTS}`,
    stream: { name: 'clicks', arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks', version: 1 },
    config: { ClusterEndpoint: url, IndexName: 'clicks', IndexRotationPeriod: 'OneDay' },
    records: DOCUMENTS,
    bytes: SLICE_BYTES,
    oldestAt: ARRIVED_AT,
  };
  const slice: Slice = {
    ...toPlan,
    plan: { streamVersion: 1, attempt: 1, output: (await plan?.(toPlan)) ?? null },
    async *read() {
      yield* blocks;
    },
    note: async () => {},
  };
  const { signal } = new AbortController();
  return async () => {
    const delivered = await deliver(slice, signal);
    assert('bytes' in delivered && delivered.refused?.length === 0, 'every document is taken');
  };
}

function block(place: number): BatchBlock {
  const records = Array.from({ length: RECORDS_A_BLOCK }, (_, i) => {
    const head = `{"n":${place + i},"text":"`;
    return Buffer.from(`${head}${'x'.repeat(RECORD_BYTES - head.length - 2)}"}`);
  });
  return { ...recordBlock(ARRIVED_AT, records), place };
}
