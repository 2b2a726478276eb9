import { isJsonObject, type JsonObject } from './json.ts';
import type { StreamDefinition } from './streams.ts';

/**
 * What a stream's own source says of a record beside its bytes, such as its shard and sequence number: the stream's
 * function is told. On the way there it stands in front of the bytes, as JSON after its length (u16, big endian; 0 is
 * none). Only records in `process` lanes of streams with a source have this front, so that no buffer needs to know of
 * it, and nothing that leaves for a destination, a backup or the error output has it.
 */
export function carriesMetadata({ type }: StreamDefinition): boolean {
  return type !== 'DirectPut';
}

const LENGTH_BYTES = 2;
const LONGEST_BYTES = 0xffff;

/** What does not fit the length, which no source of ours comes near, is left out rather than losing the record. */
export function withMetadata(data: Uint8Array, metadata?: JsonObject): Uint8Array {
  const text = metadata === undefined ? '' : JSON.stringify(metadata);
  const bytes = Buffer.byteLength(text);
  const length = bytes > LONGEST_BYTES ? 0 : bytes;
  const record = Buffer.allocUnsafe(LENGTH_BYTES + length + data.length);
  record.writeUInt16BE(length, 0);
  if (length > 0) record.write(text, LENGTH_BYTES);
  record.set(data, LENGTH_BYTES + length);
  return record;
}

/** The other way; the data is a view of the record's bytes. */
export function metadataOf(record: Uint8Array): { readonly data: Uint8Array; readonly metadata?: JsonObject } {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const start = LENGTH_BYTES + bytes.readUInt16BE(0);
  const data = record.subarray(start);
  if (start === LENGTH_BYTES) return { data };
  const metadata: unknown = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, start));
  return isJsonObject(metadata) ? { data, metadata } : { data };
}
