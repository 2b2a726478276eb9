import { numbersIn } from './events.ts';
import { type Answer, type FarSide, farSide } from './far-side.ts';

/** A far side that takes records, and how often it has each event. */
export interface Collector extends FarSide {
  readonly url: string;
  has(): Promise<Tally>;
}

/** How often each event is there, by its number. */
export type Tally = ReadonlyMap<number, number>;

export function tallyOf(numbers: Iterable<number>): Tally {
  const tally = new Map<number, number>();
  for (const number of numbers) tally.set(number, (tally.get(number) ?? 0) + 1);
  return tally;
}

/** Firehose's HTTP protocol. As the protocol suggests it knows a repeat by the request's id. */
export async function httpCollector(): Promise<Collector> {
  const requests = new Map<string, readonly number[]>();
  const far = await farSide(({ body }) => {
    const { requestId, records } = JSON.parse(`${body}`) as { requestId: string; records: { data: string }[] };
    requests.set(
      requestId,
      records.flatMap(({ data }) => numbersIn(Buffer.from(data, 'base64').toString())),
    );
    return json({ requestId, timestamp: Date.now() });
  });
  return { ...far, has: async () => tallyOf([...requests.values()].flat()) };
}

/** Splunk's HTTP Event Collector. It acknowledges, and knows no repeats. */
export async function splunkCollector(): Promise<Collector> {
  const taken: number[] = [];
  const far = await farSide(({ path, body }) => {
    if (path.startsWith('/services/collector/ack')) {
      const { acks } = JSON.parse(`${body}`) as { acks: readonly number[] };
      return json({ acks: Object.fromEntries(acks.map((id) => [id, true])) });
    }
    taken.push(...numbersIn(`${body}`));
    return json({ text: 'Success', code: 0, ackId: 0 }); // each request has a channel of its own
  });
  return { ...far, has: async () => tallyOf(taken) };
}

/** OpenSearch's bulk interface. A document of an id that is there replaces it. */
export async function searchCluster(): Promise<Collector> {
  const documents = new Map<string, string>();
  const far = await farSide(({ body }) => {
    const lines = `${body}`.trimEnd().split('\n');
    const items: object[] = [];
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const { index } = JSON.parse(lines[i] ?? '') as { index: { _index: string; _id: string } };
      documents.set(`${index._index}/${index._id}`, lines[i + 1] ?? '');
      items.push({ index: { status: 201 } });
    }
    return json({ errors: false, items });
  });
  return { ...far, has: async () => tallyOf([...documents.values()].flatMap(numbersIn)) };
}

/** Grafana Loki's push interface, for the example in examples/destinations. */
export async function loki(): Promise<Collector> {
  const taken: number[] = [];
  const far = await farSide(({ body }) => {
    taken.push(...numbersIn(`${body}`));
    return { status: 204 };
  });
  return { ...far, has: async () => tallyOf(taken) };
}

export interface Store extends FarSide {
  readonly url: string;
  /** The contents of all objects under a prefix of a bucket. */
  contents(bucket: string, prefix: string): readonly string[];
}

/** As much of S3 as small objects need. An object that is there is not replaced where the request says so. */
export async function objectStore(): Promise<Store> {
  const objects = new Map<string, Buffer>();
  const far = await farSide(({ method, path, headers, body }) => {
    const key = decodeURIComponent(path.split('?')[0] ?? '');
    const stored = objects.get(key);
    if (method === 'HEAD') {
      return { status: stored === undefined ? 404 : 200, headers: { 'Content-Length': `${stored?.length ?? 0}` } };
    }
    if (stored !== undefined && headers['if-none-match'] === '*') {
      return { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' };
    }
    objects.set(key, body);
    return { status: 200, headers: { ETag: '"0"' } };
  });
  return {
    ...far,
    contents(bucket, prefix) {
      const found = [...objects].filter(([key]) => key.startsWith(`/${bucket}/${prefix}`));
      return found.map(([, body]) => body.toString());
    },
  };
}

function json(body: object): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}
