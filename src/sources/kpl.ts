import { createHash } from 'node:crypto';
import { fieldsIn, type Range } from './protobuf.ts';

/** One of the records that a producer has packed into a record of Kinesis. */
export interface UserRecord {
  readonly partitionKey: string;
  /** A view of the packed bytes. */
  readonly data: Uint8Array;
}

/**
 * What the Kinesis Producer Library and others have packed into one record: four bytes of magic, a message of Protocol
 * Buffers, its MD5. https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 *
 * Undefined when these are other bytes. As in AWS's Kinesis Client Library, a wrong checksum or a message that cannot
 * be read makes it a plain record, which is delivered whole: who can tell that it was meant to be packed? Where that
 * library gives up and loses records, because one names a key that is not in the table, ours stays whole too.
 *
 * Other than there, a record whose hash key is not the shard's is kept. Only the Kinesis Producer Library puts such a
 * record again, after a split; from all other producers it would be lost.
 */
export function userRecordsIn(data: Uint8Array): Iterable<UserRecord> | undefined {
  const message = messageIn(data);
  if (message === undefined) return undefined;
  const packed = checked(data, message);
  return packed && unpacked(data, message, packed);
}

const MAGIC = [0xf3, 0x89, 0x9a, 0xc2];
const DIGEST_BYTES = 16;

function messageIn(data: Uint8Array): Range | undefined {
  if (data.length <= MAGIC.length + DIGEST_BYTES || MAGIC.some((byte, i) => data[i] !== byte)) return undefined;
  const message = { from: MAGIC.length, to: data.length - DIGEST_BYTES };
  const digest = createHash('md5').update(data.subarray(message.from, message.to)).digest();
  return digest.equals(data.subarray(message.to)) ? message : undefined;
}

/** The fields of `AggregatedRecord`, and those of its `Record`. */
const [PARTITION_KEY_TABLE, EXPLICIT_HASH_KEY_TABLE, RECORDS] = [1, 2, 3] as const;
const [PARTITION_KEY_INDEX, EXPLICIT_HASH_KEY_INDEX, DATA] = [1, 2, 3] as const;

/** Kinesis takes keys of 256 characters, which UTF-8 has in four bytes at most. */
const KEY_MOST_BYTES = 1_024;

/** Where the partition keys lie, from and to by turns: a table may have millions of empty ones. */
type KeyTable = Uint32Array;

/** Reads the whole message before any record of it is believed. */
function checked(data: Uint8Array, message: Range): KeyTable | undefined {
  const counts = countsOf(data, message);
  if (counts === undefined) return undefined;
  const table = new Uint32Array(2 * counts.partitionKeys);
  let keys = 0;
  for (const field of fieldsIn(data, message)) {
    if (field?.at === undefined) continue;
    if (field.number === PARTITION_KEY_TABLE) {
      if (field.at.to - field.at.from > KEY_MOST_BYTES) return undefined;
      table.set([field.at.from, field.at.to], 2 * keys++);
    }
    if (field.number === RECORDS && !isSound(data, field.at, counts)) return undefined;
  }
  return table;
}

interface Counts {
  readonly partitionKeys: number;
  readonly hashKeys: number;
}

function countsOf(data: Uint8Array, message: Range): Counts | undefined {
  let [partitionKeys, hashKeys] = [0, 0];
  for (const field of fieldsIn(data, message)) {
    if (field === undefined) return undefined;
    if (field.at === undefined) continue;
    if (field.number === PARTITION_KEY_TABLE) partitionKeys++;
    if (field.number === EXPLICIT_HASH_KEY_TABLE) hashKeys++;
  }
  return { partitionKeys, hashKeys };
}

/** Its data and a partition key are required, and keys must be in their tables. */
function isSound(data: Uint8Array, record: Range, { partitionKeys, hashKeys }: Counts): boolean {
  let [hasKey, hasData] = [false, false];
  for (const field of fieldsIn(data, record)) {
    if (field === undefined) return false;
    const { number, value, at } = field;
    if (number === PARTITION_KEY_INDEX && at === undefined) {
      if (value >= partitionKeys) return false;
      hasKey = true;
    }
    if (number === EXPLICIT_HASH_KEY_INDEX && at === undefined && value >= hashKeys) return false;
    if (number === DATA && at !== undefined) hasData = true;
  }
  return hasKey && hasData;
}

function* unpacked(data: Uint8Array, message: Range, table: KeyTable): Generator<UserRecord> {
  for (const field of fieldsIn(data, message)) {
    if (field?.number !== RECORDS || field.at === undefined) continue;
    let key = 0;
    let bytes: Range = { from: 0, to: 0 };
    for (const part of fieldsIn(data, field.at)) {
      if (part?.number === PARTITION_KEY_INDEX && part.at === undefined) key = part.value;
      if (part?.number === DATA && part.at !== undefined) bytes = part.at;
    }
    const text = data.subarray(table[2 * key], table[2 * key + 1]);
    yield { partitionKey: Buffer.from(text).toString('utf8'), data: data.subarray(bytes.from, bytes.to) };
  }
}
