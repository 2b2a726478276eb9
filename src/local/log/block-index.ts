import { crc32 } from 'node:zlib';
import type { FailureReason } from '../../core/records.ts';
import { seed } from './format.ts';
import type { BlockMeta, StoredBlock } from './state.ts';

/**
 * Where the blocks of one segment lie: a table of numbers, one row a block in the order of the file, and for each
 * written name the way back through its blocks. Of a segment of 64 MiB it takes a few KB to, with nothing but tiny
 * groups, about a MB.
 */
export interface BlockIndex {
  add(block: StoredBlock): void;
  /** The name's blocks that hold records of `from` to before `to`, in that order. Copies may make some appear twice. */
  find(origin: number, name: string, from: number, to: number): StoredBlock[];
  /** All blocks, in the order of the file. */
  all(): Generator<StoredBlock>;
  /** As it stands at `offset` in the segment's file. */
  encode(at: { readonly salt: number; readonly offset: number }): Uint8Array;
  /** Memory it takes, about. */
  sizeBytes(): number;
}

/**
 * Offset, CRC, number of the name, from, count, bytes, arrivedAt, enteredAt, number of the reason + 1, row of the
 * name's previous block + 1.
 */
const COLUMNS = 10;
const [OFFSET, CRC, NAME, FROM, COUNT, BYTES, ARRIVED_AT, ENTERED_AT, REASON, PREVIOUS] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const;

const INDEX_MAGIC = 0x58475948; // "HYGX"
/** Magic, CRC-32 of what follows, bytes of the JSON, rows. */
export const INDEX_PREFIX_BYTES = 16;
const ROWS_LIMIT = 16 * 1024 * 1024;
const JSON_LIMIT_BYTES = 256 * 1024 * 1024;

interface Texts {
  readonly names: readonly (readonly [origin: number, name: string, lastRow: number])[];
  readonly reasons: readonly FailureReason[];
}

export function emptyIndex(): BlockIndex {
  return blockIndex(new Float64Array(64 * COLUMNS), 0, { names: [], reasons: [] });
}

function blockIndex(table: Float64Array, count: number, texts: Texts): BlockIndex {
  let rows = table;
  let length = count;
  const numbers = new Map<string, number>();
  const names = texts.names.map(([origin, name, last]) => ({ origin, name, last }));
  for (const [number, { origin, name }] of names.entries()) numbers.set(`${origin}/${name}`, number);
  const reasons = [...texts.reasons];

  const cell = (row: number, column: number): number => rows[row * COLUMNS + column]!; // row < length

  function blockAt(row: number): StoredBlock {
    const { origin, name } = names[cell(row, NAME)]!; // add() numbered it
    const reason = reasons[cell(row, REASON) - 1];
    const meta: BlockMeta = {
      origin,
      name,
      from: cell(row, FROM),
      count: cell(row, COUNT),
      bytes: cell(row, BYTES),
      arrivedAt: cell(row, ARRIVED_AT),
      enteredAt: cell(row, ENTERED_AT),
    };
    return { ...meta, offset: cell(row, OFFSET), crc: cell(row, CRC), ...(reason && { reason }) };
  }

  function numberOf(origin: number, name: string): number {
    const id = `${origin}/${name}`;
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, names.length);
    return names.push({ origin, name, last: 0 }) - 1;
  }

  return {
    add({ origin, name, from, count, bytes, arrivedAt, enteredAt, reason, offset, crc }) {
      if ((length + 1) * COLUMNS > rows.length) {
        const larger = new Float64Array(rows.length * 2);
        larger.set(rows);
        rows = larger;
      }
      const number = numberOf(origin, name);
      const known = names[number]!; // numberOf made it
      const reasonNumber = reason === undefined ? 0 : reasons.push(reason);
      const row = [offset, crc, number, from, count, bytes, arrivedAt, enteredAt, reasonNumber, known.last];
      rows.set(row, length * COLUMNS);
      length += 1;
      known.last = length;
    },

    find(origin, name, from, to) {
      const number = numbers.get(`${origin}/${name}`);
      if (number === undefined) return [];
      const found: StoredBlock[] = [];
      for (let row = names[number]!.last; row > 0; row = cell(row - 1, PREVIOUS)) {
        const start = cell(row - 1, FROM);
        if (start < to && start + cell(row - 1, COUNT) > from) found.push(blockAt(row - 1));
      }
      return found.reverse();
    },

    *all() {
      for (let row = 0; row < length; row++) yield blockAt(row);
    },

    encode({ salt, offset }) {
      const json = Buffer.from(
        JSON.stringify({ names: names.map(({ origin, name, last }) => [origin, name, last]), reasons }),
      );
      const table = Buffer.from(rows.buffer, rows.byteOffset, length * COLUMNS * 8);
      const bytes = Buffer.concat([Buffer.alloc(INDEX_PREFIX_BYTES), table, json]);
      bytes.writeUInt32LE(INDEX_MAGIC, 0);
      bytes.writeUInt32LE(json.length, 8);
      bytes.writeUInt32LE(length, 12);
      bytes.writeUInt32LE(crc32(bytes.subarray(8), seed(salt, offset)), 4);
      return bytes;
    },

    sizeBytes: () => rows.byteLength + 200 * (names.length + reasons.length),
  };
}

/** Bytes of the whole encoded index that starts with this prefix, or undefined if none does. */
export function indexBytes(prefix: Uint8Array): number | undefined {
  const bytes = Buffer.from(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  if (bytes.length < INDEX_PREFIX_BYTES || bytes.readUInt32LE(0) !== INDEX_MAGIC) return undefined;
  const [json, rows] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
  return rows > ROWS_LIMIT || json > JSON_LIMIT_BYTES ? undefined : INDEX_PREFIX_BYTES + rows * COLUMNS * 8 + json;
}

/** The index that `encode` wrote there, or undefined if these are other bytes. */
export function decodeIndex(
  encoded: Uint8Array,
  at: { readonly salt: number; readonly offset: number },
): BlockIndex | undefined {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8), seed(at.salt, at.offset))) return undefined;
  const rows = bytes.readUInt32LE(12);
  const end = INDEX_PREFIX_BYTES + rows * COLUMNS * 8;
  // Copied, because a Float64Array cannot start at any byte of another's memory.
  const table = new Float64Array(Uint8Array.from(bytes.subarray(INDEX_PREFIX_BYTES, end)).buffer);
  return blockIndex(table, rows, JSON.parse(bytes.toString('utf8', end)) as Texts); // encode wrote it: the CRC says so
}
