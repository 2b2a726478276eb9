import { compileJq, jqText } from '../src/formats/jq/index.ts';
import type { Row } from './table.ts';

/** The first is what a stream partitions by most often; it is held to 0.6 of parsing alone. */
const QUERIES = [
  '{customer_id:.customer_id, d:.event_timestamp|strftime("%Y-%m-%d")}',
  '{customer_id:.customer_id}',
  '{device:.type.device, tag:(.tags[0] // "none")}',
  '{d:(.iso[0:10]), h:(.iso|fromdateiso8601|strftime("%H"))}',
  '{total:(.items|map(.price*.qty)|add|floor|tostring)}',
  '{id:(.message|capture("id=(?<id>[0-9]+)").id)}',
  '{name:(.message|gsub("[aeiou]";"_")|ascii_downcase)}',
];

const RECORDS = 2_000;
const RECORD_BYTES = 1_024;
/** Each figure is the best of so many runs: what other processes take is not the engine's doing. */
const RUNS = 5;
const RUN_MS = 500;

/** Queries a second on 1 KB records, parsing included, beside JSON.parse alone on the same records. */
export async function benchJq(): Promise<Row[]> {
  const records = Array.from({ length: RECORDS }, (_, i) => recordText(i));
  const read = (text: string): unknown => JSON.parse(text);
  return QUERIES.map((query) => {
    const { run } = compileJq(query);
    const ask = (text: string): unknown => {
      const outcome = run(JSON.parse(text));
      if ('error' in outcome) throw new Error(`${query}: ${outcome.error}`);
      return outcome.outputs;
    };
    // In turn, so that both meet the same weather.
    let [parsed, asked] = [0, 0];
    for (let i = 0; i < RUNS; i++) {
      parsed = Math.max(parsed, rate(records, read));
      asked = Math.max(asked, rate(records, ask));
    }
    return {
      query: query.replaceAll('|', '\\|'),
      'records/s': Math.round(asked),
      'parse only': Math.round(parsed),
      'of it': (asked / parsed).toFixed(2),
    };
  });
}

function rate(records: readonly string[], work: (text: string) => unknown): number {
  const begun = performance.now();
  let count = 0;
  while (performance.now() - begun < RUN_MS) {
    for (const text of records) work(text);
    count += records.length;
  }
  return (count / (performance.now() - begun)) * 1_000;
}

/** An event such as a shop might send, of about a kilobyte. */
function recordText(i: number): string {
  const record = {
    customer_id: `c-${10_000 + (i % 500)}`,
    event_timestamp: 1_700_000_000 + i * 37,
    type: { device: ['mobile', 'desktop', 'tablet'][i % 3] ?? '', os: 'linux' },
    iso: new Date((1_700_000_000 + i * 37) * 1_000).toISOString().replace('.000', ''),
    message: `user id=${i} bought something nice and left the shop`,
    tags: ['beta', 'alpha', `t${i % 7}`],
    items: [
      { sku: `s-${i % 90}`, qty: 1 + (i % 4), price: 3.5, category: 'books' },
      { sku: `s-${i % 70}`, qty: 2, price: 10.25, category: 'toys' },
      { sku: `s-${i % 50}`, qty: 1, price: 0.99, category: 'food' },
    ],
    address: { street: 'Main street 1', city: 'Springfield', zip: '12345', country: 'US' },
    session: { id: `8f14e45f-ceea-467f-a0e6-${i}`, pages: 12, referrer: 'https://example.com/landing', active: true },
    note: '',
  };
  const rest = RECORD_BYTES - Buffer.byteLength(jqText(record));
  return jqText({ ...record, note: 'x'.repeat(Math.max(0, rest)) });
}
