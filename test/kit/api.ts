import { gate } from '../../src/api/authentication/gate.ts';
import type { AccessKey, KeyStore } from '../../src/api/authentication/keys.ts';
import type { ApiContext, ApiRequest, ApiResponse, ApiSettings } from '../../src/api/context.ts';
import { api } from '../../src/api/handler.ts';
import type { RecordBuffer } from '../../src/core/buffer.ts';
import { ingest } from '../../src/core/ingest.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { eachRecord } from '../../src/core/records.ts';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { memoryBuffer } from './memory-buffer.ts';
import { memoryStreams } from './memory-streams.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** What a host under test is made of: all that the API needs of it, short of taking records in. */
export type HostParts = Omit<ApiContext, 'gate' | 'ingest'> & { readonly keys: KeyStore };

export interface HostUnderTest {
  handle(request: ApiRequest): Promise<ApiResponse>;
  /** Holds what it has taken in. */
  readonly buffer: RecordBuffer;
}

type Host = (parts: HostParts) => HostUnderTest;

/** The API itself, as the host on one machine has it, with a buffer in memory. */
const itself: Host = (parts) => {
  const buffer = memoryBuffer();
  const take = ingest({ buffer, room: buffer, grew: () => {} });
  return { handle: api({ ...parts, gate: gate(parts), ingest: take }), buffer };
};

let host = itself;

/** From now on, in this test file, `testApi` is another host's. */
export function testApiOf(other: Host): void {
  host = other;
}

/**
 * The API over streams in memory, with a clock that the test moves and a record of what it told its host. With keys it
 * asks for signatures.
 */
export function testApi(given: Partial<ApiSettings> = {}, keys: readonly AccessKey[] = []) {
  const clock = { now: Date.UTC(2026, 0, 15, 12, 30, 0, 250) };
  const warnings: { readonly message: string; readonly fields: Readonly<Record<string, string>> }[] = [];
  const changed: StreamDefinition[] = [];
  const discarded: StreamDefinition[] = [];
  let ids = 0;
  const streams = memoryStreams();
  const settings: ApiSettings = {
    accountId: '123456789012',
    defaultRegion: 'us-east-1',
    transitionMs: 0,
    strictDestinations: false,
    refusesUrl: (url) => (url.hostname === '127.0.0.1' || url.protocol === 'https:' ? undefined : 'Not there.'),
    hasAdapter: () => true,
    encryptedBy: () => 'the store',
    tables: async () => ({ columns: [{ name: 'id', type: 'bigint' }] }),
    streamQuota: 5_000,
    ...given,
  };
  const { handle, buffer } = host({
    keys: memoryKeys(keys),
    streams,
    changed: (stream) => void changed.push(stream),
    discard: async (stream) => void discarded.push(stream),
    now: () => clock.now,
    newStreamId: () => `stream${++ids}`,
    newRequestId: () => '00000000-0000-4000-8000-000000000001',
    warn: (message, fields) => void warnings.push({ message, fields }),
    settings,
  });

  async function send(request: ApiRequest): Promise<Answer> {
    const { status, headers, body } = await handle(request);
    return { status, headers, body: JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString()) };
  }

  return {
    clock,
    warnings,
    changed,
    discarded,
    streams,
    handle,
    send,
    /** The operation's answer, whatever it is. */
    call: (operation: string, input: JsonValue) => send(apiRequest(operation, input)),
    /** The operation's output; fails when it is refused. */
    async output(operation: string, input: JsonValue): Promise<JsonObject> {
      const { status, body } = await send(apiRequest(operation, input));
      if (status !== 200) throw new Error(`${operation} was refused: ${JSON.stringify(body)}`);
      return body;
    },
    /** The records that were taken in since this was asked last. */
    taken: () => takenFrom(buffer, clock.now),
  };
}

async function takenFrom(buffer: RecordBuffer, now: number): Promise<readonly string[]> {
  const records: string[] = [];
  for (const { lane } of (await buffer.due()).lanes) {
    const batch = await buffer.seal(lane, { id: `all-of-${lane}`, sizeBytes: Number.MAX_SAFE_INTEGER, now });
    for await (const block of buffer.read(batch?.id ?? '')) {
      for (const record of eachRecord(block)) records.push(Buffer.from(record).toString());
    }
  }
  return records;
}

/** A host's keys. While there are none, nobody needs one. */
export function memoryKeys(keys: readonly AccessKey[]): KeyStore {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  return { isRequired: async () => keys.length > 0, find: async (accessKeyId) => byId.get(accessKeyId) };
}

export function apiRequest(operation: string, input: JsonValue): ApiRequest {
  return {
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Firehose_20150804.${operation}` },
    body: Buffer.from(JSON.stringify(input)),
  };
}
