import { gzipSync } from 'node:zlib';
import { makeStreams, type Service, startService } from './service.ts';
import type { Row } from './table.ts';

const SECONDS = 10;

/** Each worker has a stream of its own, fills it, and waits until that is delivered before it fills it again. */
const WORKERS = 4;
const RECORDS_A_PUT = 500;
const PUTS_A_DELIVERY = 32;

/** From put to GZIP objects in a folder, beside gzip alone on one core. */
export async function benchDelivery(newFolder: () => Promise<string>): Promise<Row[]> {
  const events = Array.from({ length: RECORDS_A_PUT * PUTS_A_DELIVERY }, (_, i) => Buffer.from(event(i)));
  const joined = Buffer.concat(events);
  const alone = Math.max(...Array.from({ length: 3 }, () => gzipRate(joined)));

  const service = await startService(await newFolder());
  const streams = await makeStreams(service, WORKERS, 'GZIP');
  const begun = performance.now();
  const rounds = await Promise.all(streams.map((stream) => deliverRounds(service, stream, events, begun)));
  const took = (performance.now() - begun) / 1_000;
  const { peakMib } = await service.memory();
  await service.kill();

  const delivered = (rounds.reduce((a, b) => a + b, 0) * joined.length) / took;
  return [
    {
      'delivered MB/s': Math.round(delivered / 1e6),
      'gzip -6 alone MB/s': Math.round(alone / 1e6),
      'of it': (delivered / alone).toFixed(2),
      'records/s': Math.round((delivered / joined.length) * events.length),
      'peak RSS MiB': Math.round(peakMib),
    },
  ];
}

async function deliverRounds(service: Service, stream: string, events: readonly Buffer[], begun: number) {
  const puts = Array.from({ length: PUTS_A_DELIVERY }, (_, put) => {
    const records = events.slice(put * RECORDS_A_PUT, (put + 1) * RECORDS_A_PUT);
    const Records = records.map((bytes) => ({ Data: bytes.toString('base64') }));
    return Buffer.from(JSON.stringify({ DeliveryStreamName: stream, Records }));
  });
  let rounds = 0;
  while (performance.now() - begun < SECONDS * 1_000) {
    for (const put of puts) await service.call('PutRecordBatch', put);
    await service.flush(stream);
    rounds += 1;
  }
  return rounds;
}

function gzipRate(bytes: Buffer): number {
  const begun = performance.now();
  gzipSync(bytes, { level: 6 });
  return (bytes.length / (performance.now() - begun)) * 1_000;
}

/** A line as a web service logs it: some 650 bytes, which gzip brings down to between a fourth and a fifth. */
function event(i: number): string {
  const random = (below: number) => Math.floor(Math.random() * below);
  const hex = (digits: number) =>
    random(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const pages = ['/', '/products', '/products/search', '/cart', '/checkout', '/account/orders', '/api/v2/events'];
  const line = {
    id: `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(6)}${hex(6)}`,
    time: new Date(1_790_000_000_000 + i * 37).toISOString(),
    level: ['info', 'info', 'info', 'warn', 'error'][random(5)],
    service: ['web', 'checkout', 'search', 'mail'][random(4)],
    user: random(1_000_000),
    session: hex(12),
    ip: `10.${random(256)}.${random(256)}.${random(256)}`,
    method: random(4) === 0 ? 'POST' : 'GET',
    path: `${pages[random(pages.length)]}?page=${random(500)}&ref=${hex(6)}`,
    status: [200, 200, 200, 304, 404, 500][random(6)],
    millis: random(2_000),
    bytes: random(100_000),
    agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + random(30)}.0.0.0 Safari/537.36`,
    tags: Array.from(
      { length: 8 },
      () => ['eu', 'us', 'mobile', 'desktop', 'beta', 'paid', 'trial', hex(4)][random(8)],
    ),
    trace: { id: hex(12) + hex(12), span: hex(12), parent: hex(12), sampled: random(2) === 1 },
    message: `request ${hex(8)} of user ${random(1_000_000)} took ${random(2_000)} ms and touched ${random(40)} rows in table orders_${random(64)}`,
  };
  return `${JSON.stringify(line)}\n`;
}
