import assert from 'node:assert';
import httpEndpoint from '../destinations/http-endpoint.ts';
import { eachRecord } from '../src/core/records.ts';
import { derivedUuid } from '../src/formats/derived-names.ts';
import { bareServer } from './bare-server.ts';
import { barePost, besideBare, blocksOf, sliceOf } from './beside-bare.ts';
import type { Row } from './table.ts';

/** Requests of Firehose's HTTP protocol, the records in base64. */
export async function benchHttpEndpoint(): Promise<Row[]> {
  const blocks = blocksOf((number) => `{"n":${number},"text":"`, '"}');
  const requestId = derivedUuid(sliceOf(blocks, {}).id);
  const server = await bareServer(JSON.stringify({ requestId, timestamp: 1 }), 'application/json');
  try {
    const slice = sliceOf(blocks, {
      EndpointConfiguration: { Url: server.url },
      RequestConfiguration: { ContentEncoding: 'NONE' },
    });
    const { deliver } = httpEndpoint({ now: Date.now, secrets: async () => ({}) });
    const { signal } = new AbortController();
    return await besideBare({
      bare: barePost(server.url, { 'content-type': 'application/json' }, () => {
        const records = blocks.flatMap((block) =>
          [...eachRecord(block)].map((record) => `{"data":"${asBuffer(record).toString('base64')}"}`),
        );
        // Base64 is ASCII, which is encoded several times faster as Latin-1 than as UTF-8.
        return Buffer.from(`{"requestId":"${requestId}","timestamp":1,"records":[${records.join(',')}]}`, 'latin1');
      }),
      async adapter() {
        const { refused } = await deliver(slice, signal);
        assert(refused?.length === 0, 'every record is taken');
      },
    });
  } finally {
    server.stop();
  }
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
