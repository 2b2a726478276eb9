import { Agent, request } from 'undici';
import type { BatchBlock } from '../src/core/buffer.ts';
import type { Slice } from '../src/core/destination.ts';
import type { JsonObject, JsonValue } from '../src/core/json.ts';
import { recordBlock } from '../src/core/records.ts';
import type { Row } from './table.ts';

/** One request's records, in blocks as puts of 500 make them. */
const RECORD_BYTES = 1_024;
const RECORDS_A_BLOCK = 500;
const BLOCKS = 8;
export const RECORDS = RECORDS_A_BLOCK * BLOCKS;
const SLICE_BYTES = RECORDS * RECORD_BYTES;

/** As many requests at once as the core has under way of one batch. */
const AT_ONCE = 4;
const SECONDS = 4;
const RUNS = 3;
const ARRIVED_AT = Date.UTC(2026, 6, 13);

/** Each sends one request's records once, and resolves when the answer is there. */
export interface Clients {
  readonly bare: () => Promise<void>;
  readonly adapter: () => Promise<void>;
}

/**
 * An adapter beside a client that does the least: it builds the same bodies from the same records, posts them with
 * undici, and reads the answers without a look at them.
 */
export async function besideBare(clients: Clients): Promise<Row[]> {
  const names = ['bare', 'adapter'] as const;
  const runs: Record<(typeof names)[number], Measured[]> = { bare: [], adapter: [] };
  for (let run = 0; run < RUNS; run++) for (const name of names) runs[name].push(await measured(clients[name]));
  const bestOf = (name: (typeof names)[number]) => runs[name].reduce((a, b) => (a.rate > b.rate ? a : b));
  return names.map((name) => {
    const { rate, processorMs } = bestOf(name);
    return {
      client: name === 'bare' ? 'bare undici' : name,
      'MB/s of records': Math.round(rate / 1e6),
      'records/s': Math.round(rate / RECORD_BYTES),
      'of it': (rate / bestOf('bare').rate).toFixed(2),
      'processor ms a request': processorMs.toFixed(1),
      'RSS MiB after each run': runs[name].map(({ rssMib }) => Math.round(rssMib)).join(', '),
    };
  });
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

/** Posts what `body` makes. */
export function barePost(url: string, headers: Record<string, string>, body: () => string | Uint8Array) {
  const dispatcher = new Agent();
  return async (): Promise<void> => {
    const answer = await request(url, { method: 'POST', headers, body: body(), dispatcher });
    await answer.body.bytes();
  };
}

/** Blocks of records of one size; `head` is how each begins, JSON that is filled up in a text. */
export function blocksOf(head: (number: number) => string, tail: string): readonly BatchBlock[] {
  return Array.from({ length: BLOCKS }, (_, b) => {
    const place = b * RECORDS_A_BLOCK;
    const records = Array.from({ length: RECORDS_A_BLOCK }, (_, i) => {
      const begin = head(place + i);
      return Buffer.from(`${begin}${'x'.repeat(RECORD_BYTES - begin.length - tail.length)}${tail}`);
    });
    return { ...recordBlock(ARRIVED_AT, records), place };
  });
}

/** One request's slice, as the core hands it to an adapter. */
export function sliceOf(blocks: readonly BatchBlock[], config: JsonObject, output: JsonValue = null): Slice {
  return {
    id: `batch/0-${RECORDS}`,
    stream: { name: 'clicks', arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks', version: 1 },
    config,
    records: RECORDS,
    bytes: SLICE_BYTES,
    oldestAt: ARRIVED_AT,
    plan: { streamVersion: 1, attempt: 1, output },
    async *read() {
      yield* blocks;
    },
    note: async () => {},
  };
}
