import assert from 'node:assert';
import splunk from '../destinations/splunk.ts';
import { eachRecord } from '../src/core/records.ts';
import { bareServer } from './bare-server.ts';
import { barePost, besideBare, blocksOf, sliceOf } from './beside-bare.ts';
import type { Row } from './table.ts';

/**
 * Requests to Splunk's endpoints. The adapter asks for the acknowledgement of each as well; of events it parses each,
 * because Splunk would refuse a whole request for one that is none.
 */
export async function benchSplunk(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const type of ['Raw', 'Event']) {
    for (const row of await benchType(type)) rows.push({ endpoint: type, ...row });
  }
  return rows;
}

async function benchType(HECEndpointType: string): Promise<Row[]> {
  const server = await bareServer(JSON.stringify({ text: 'Success', code: 0, ackId: 0, acks: { 0: true } }));
  try {
    const blocks = blocksOf((number) => `{"event":{"n":${number},"text":"`, '"}}');
    const slice = sliceOf(blocks, {
      HECEndpoint: server.url,
      HECEndpointType,
      HECToken: 'token',
      HECAcknowledgmentTimeoutInSeconds: 180,
    });
    const { deliver, check } = splunk({ now: Date.now, secrets: async () => ({}) });
    const { signal } = new AbortController();
    return await besideBare({
      bare: barePost(
        `${server.url}/services/collector/${HECEndpointType.toLowerCase()}`,
        { authorization: 'Splunk token' },
        () => Buffer.concat(blocks.flatMap((block) => [...eachRecord(block)])),
      ),
      async adapter() {
        const sent = await deliver(slice, signal);
        assert('pending' in sent && sent.refused?.length === 0, 'every event is sent');
        const indexed = await check?.(slice, sent.pending, signal);
        assert(indexed !== undefined && 'bytes' in indexed, 'the events are indexed');
      },
    });
  } finally {
    server.stop();
  }
}
