import assert from 'node:assert';
import openSearch from '../destinations/opensearch.ts';
import { eachRecord } from '../src/core/records.ts';
import { bareServer } from './bare-server.ts';
import { barePost, besideBare, blocksOf, RECORDS, sliceOf } from './beside-bare.ts';
import type { Row } from './table.ts';

/** As many documents as the adapter puts into one bulk request. */
export async function benchOpenSearch(): Promise<Row[]> {
  const items = Array.from({ length: RECORDS }, () => ({ index: { status: 201 } }));
  const server = await bareServer(JSON.stringify({ items }));
  try {
    const blocks = blocksOf((number) => `{"n":${number},"text":"`, '"}');
    const { plan, deliver } = openSearch({ now: Date.now, clusters: (endpoint) => ({ endpoint }) });
    const toPlan = sliceOf(blocks, { ClusterEndpoint: server.url, IndexName: 'clicks', IndexRotationPeriod: 'OneDay' });
    const slice = sliceOf(blocks, toPlan.config, (await plan?.(toPlan)) ?? null);
    const { signal } = new AbortController();
    return await besideBare({
      bare: barePost(`${server.url}/_bulk`, { 'content-type': 'application/x-ndjson' }, () => bulkBody(blocks)),
      async adapter() {
        const delivered = await deliver(slice, signal);
        assert('bytes' in delivered && delivered.refused?.length === 0, 'every document is taken');
      },
    });
  } finally {
    server.stop();
  }
}

const LINE_FEED = Buffer.from('\n');

function bulkBody(blocks: ReturnType<typeof blocksOf>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const block of blocks) {
    let place = block.place;
    for (const record of eachRecord(block)) {
      const action = `{"index":{"_index":"clicks-2026-07-13","_id":"batch.${place++}"}}\n`;
      parts.push(Buffer.from(action), record, LINE_FEED);
    }
  }
  return Buffer.concat(parts);
}
