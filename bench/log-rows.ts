import { type RecordBlock, recordBlock } from '../src/core/records.ts';
import type { TableSchema } from '../src/formats/conversion/converter.ts';

export interface LogRow {
  readonly ts: string;
  readonly level: string;
  readonly service: string;
  readonly host: string;
  readonly request_id: string;
  readonly path: string;
  readonly message: string;
  readonly user_agent: string;
  readonly status: number;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly cached: boolean;
  readonly client: Readonly<Record<string, string | null>>;
  readonly tags: readonly string[];
}

/** The rows' columns. */
export const LOG_TABLE: TableSchema = {
  columns: Object.entries({
    ts: 'timestamp',
    level: 'string',
    service: 'string',
    host: 'string',
    request_id: 'string',
    path: 'string',
    message: 'string',
    user_agent: 'string',
    status: 'int',
    bytes: 'bigint',
    duration_ms: 'double',
    cached: 'boolean',
    client: 'struct<ip:string,country:string,city:string,asn:string,referrer:string>',
    tags: 'array<string>',
  }).map(([name, type]) => ({ name, type })),
};

export const RECORDS_A_BLOCK = 5_000;

/** Some 2 MB of log records, some 440 bytes each, from the one with this number on: the same ones every time. */
export function logBlock(from: number): RecordBlock {
  const records = Array.from({ length: RECORDS_A_BLOCK }, (_, i) => Buffer.from(JSON.stringify(logRow(from + i))));
  return recordBlock(0, records);
}

const LEVELS = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];
const CITIES = ['Berlin', 'São Paulo', 'Zürich', 'Osaka', 'Portland', 'Nairobi', '東京'];
const COUNTRIES = ['DE', 'BR', 'CH', 'JP', 'US', 'KE'];
const AGENTS = ['curl/8.5.0', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0)', 'okhttp/4.12.0', 'python-requests/2.32'];
const TAGS = ['blue', 'canary', 'eu', 'mobile', 'paid'];

export function logRow(i: number): LogRow {
  const noise = Math.imul(i ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
  const of = <T>(all: readonly T[], shift: number): T => all[(noise >>> shift) % all.length]!; // Within its length.
  return {
    ts: new Date(1_780_000_000_000 + i * 37).toISOString(),
    level: of(LEVELS, 3),
    service: `service-${noise % 23}`,
    host: `ip-10-0-${noise % 7}-${(noise >>> 8) % 250}`,
    request_id: `${noise.toString(16).padStart(8, '0')}-${(i * 2654435761).toString(16)}`,
    path: `/api/v1/items/${noise % 10_007}`,
    message: `request ${i} took ${noise % 997} ms and touched ${noise % 13} rows`,
    user_agent: of(AGENTS, 5),
    status: of([200, 200, 200, 201, 304, 404, 500], 7),
    bytes: noise * 3,
    duration_ms: (noise % 100_000) / 100,
    cached: noise % 3 === 0,
    client: {
      ip: `203.0.${noise % 256}.${(noise >>> 9) % 256}`,
      country: of(COUNTRIES, 2),
      city: noise % 5 === 0 ? null : of(CITIES, 4),
      asn: `AS${noise % 997}`,
      referrer: noise % 2 === 0 ? null : `https://example.com/${noise % 101}`,
    },
    tags: TAGS.slice(noise % 3, (noise % 3) + (noise % 4)),
  };
}
