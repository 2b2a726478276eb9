import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type DestinationUnderTest, describeDestination, ownDestination, SECRET } from '../kit/destination.ts';

// The examples import the package by its name, so they need the build.
const load = async (name: string) =>
  ((await import(`../../examples/destinations/${name}.mjs`)) as { default: Parameters<typeof ownDestination>[0] })
    .default;

const config = (scheme: string, path: string) => (url: string) => ({
  EndpointConfiguration: { Url: `${url.replace('http:', `${scheme}:`)}${path}`, AccessKey: SECRET },
});

const loki = await load('loki');
const clickhouse = await load('clickhouse');

it.each(['loki', 'clickhouse', 'postgres'])('the example %s has fewer than 40 lines, as README.md says', (name) => {
  const file = join(import.meta.dirname, '..', '..', 'examples', 'destinations', `${name}.mjs`);

  expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(40);
});

const rows: DestinationUnderTest['record'] = (number) => Buffer.from(JSON.stringify({ number, text: 'Käse' }));

describeDestination({
  name: 'the example Loki',
  destination: () => ownDestination(loki),
  config: config('loki', ''),
  take({ body }) {
    const { streams } = JSON.parse(`${body}`) as { streams: { values: [string, string][] }[] };
    return { status: 204, records: streams.flatMap(({ values }) => values.map(([, line]) => Buffer.from(line))) };
  },
  overloaded: { status: 429, body: 'Ingestion rate limit exceeded' },
  record: rows,
});

describeDestination({
  name: 'the example ClickHouse',
  destination: () => ownDestination(clickhouse),
  config: config('clickhouse', '/logs/events'),
  take({ path, body }) {
    const id = new URL(path, 'http://clickhouse').searchParams.get('insert_deduplication_token') ?? '';
    return { status: 200, id, records: `${body}`.split('\n').map((row) => Buffer.from(row)) };
  },
  record: rows,
  isIdempotent: true,
});
