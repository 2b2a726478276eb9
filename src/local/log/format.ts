import { crc32 } from 'node:zlib';
import type { LaneKey } from '../../core/lanes.ts';
import type { FailureReason } from '../../core/records.ts';
import type { BlockMeta, Operation, Snapshot, StoredBlock } from './state.ts';

/**
 * The bytes of a segment. A header fills the first 4 KiB. Groups follow, each at the next 4 KiB boundary: a head (a
 * prefix of 20 bytes, the blocks' CRCs and JSON) that says everything about the group but the record bytes, then its
 * blocks: each a table of record lengths (u32) and the records' bytes back to back. A group is what one write makes
 * durable, all or nothing. All numbers are little endian.
 *
 * Head and blocks carry a CRC-32 each, started from the segment's salt and their own offset, so that neither what a
 * recycled file held before nor bytes inside a record can pass for a group.
 */
export const FORMAT_VERSION = 1;

/**
 * Groups start at multiples of this: the page of the file system, so that no write has to read what it overwrites in
 * part.
 */
export const ALIGNMENT = 4_096;

/** Where the first group of a segment starts. */
export const FIRST_GROUP = ALIGNMENT;

const GROUP_MAGIC = 0x31475948; // "HYG1"

/** Magic, CRC-32 of all that follows in the head, bytes of the whole head, bytes of all blocks, number of blocks. */
const PREFIX_BYTES = 20;

/** Larger heads and groups are not believed: damage must not make the reader ask for memory. */
const HEAD_LIMIT_BYTES = 512 * 1024 * 1024;
const BLOCKS_LIMIT_BYTES = 1024 * 1024 * 1024;

export interface Group {
  readonly segment: number;
  /** Records the log had taken before this group; a gap between groups tells how many were lost. */
  readonly seq: number;
  readonly blocks: readonly StoredBlock[];
  readonly operations: readonly Operation[];
  readonly snapshot?: Snapshot;
  /** Written together with the header and the snapshot. */
  readonly isFirst?: boolean;
}

/** A block on its way to the disk: several callers' records may share it, so its bytes are in pieces. */
export interface BlockToWrite extends BlockMeta {
  readonly lengths: readonly Uint32Array[];
  readonly data: readonly Uint8Array[];
}

export const storedBytes = (block: { readonly count: number; readonly bytes: number }): number =>
  block.count * 4 + block.bytes;

export const aligned = (offset: number): number => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

/**
 * One name for the lanes that records were written to; records written to two are stored once. Lane keys start with a
 * letter or digit.
 */
export function writtenName(lanes: readonly LaneKey[]): string {
  return lanes.length === 1 ? lanes[0]! : JSON.stringify(lanes); // length 1
}

export function lanesOf(name: string): readonly LaneKey[] {
  // Only writtenName makes these names, so what starts with a bracket is a list of lane keys.
  return name.startsWith('[') ? (JSON.parse(name) as LaneKey[]) : [name];
}

/** Everything a group's head says, before it is bytes. */
export interface GroupToWrite {
  readonly seq: number;
  readonly blocks: readonly BlockToWrite[];
  readonly operations: readonly Operation[];
  readonly snapshot?: Snapshot;
  readonly isFirst?: boolean;
}

export interface Position {
  readonly segment: number;
  readonly salt: number;
  readonly offset: number;
}

/** The pieces of one write, padded to the next boundary, which is `end`; the blocks' own bytes are not copied. */
export function encodeGroup(
  group: GroupToWrite,
  at: Position,
): { readonly pieces: Uint8Array[]; readonly end: number; readonly stored: StoredBlock[] } {
  const { blocks, ...rest } = group;
  const json = Buffer.from(JSON.stringify({ segment: at.segment, ...rest, ...blockTable(blocks) }));
  const headBytes = PREFIX_BYTES + 4 * blocks.length + json.length;
  const head = Buffer.allocUnsafe(headBytes);
  json.copy(head, PREFIX_BYTES + 4 * blocks.length);
  const pieces: Uint8Array[] = [head];
  const stored: StoredBlock[] = [];
  let offset = at.offset + headBytes;
  for (const [number, { lengths, data, ...meta }] of blocks.entries()) {
    let crc = seed(at.salt, offset);
    for (const bytes of [...lengths.map(bytesOf), ...data]) {
      crc = crc32(bytes, crc);
      pieces.push(bytes);
    }
    head.writeUInt32LE(crc, PREFIX_BYTES + 4 * number);
    stored.push({ ...meta, offset, crc });
    offset += storedBytes(meta);
  }
  head.writeUInt32LE(GROUP_MAGIC, 0);
  head.writeUInt32LE(headBytes, 8);
  head.writeUInt32LE(offset - at.offset - headBytes, 12);
  head.writeUInt32LE(blocks.length, 16);
  head.writeUInt32LE(crc32(head.subarray(8), seed(at.salt, at.offset)), 4);
  if (offset % ALIGNMENT !== 0) pieces.push(PADDING.subarray(offset % ALIGNMENT));
  return { pieces: packed(pieces), end: aligned(offset), stored };
}

/**
 * On little-endian machines, which all that Node is built for by its own project but s390x are, a table is its own
 * bytes.
 */
const bytesOf = (table: Uint32Array): Uint8Array => new Uint8Array(table.buffer, table.byteOffset, table.byteLength);

/** Many small pieces cost more to hand to the system than their bytes cost to copy. */
const SMALL_PIECE_BYTES = 16 * 1024;

/** The same bytes with neighbouring small pieces made one. */
function packed(pieces: readonly Uint8Array[]): Uint8Array[] {
  const fewer: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length <= SMALL_PIECE_BYTES) {
      small.push(piece);
      continue;
    }
    if (small.length > 0) fewer.push(Buffer.concat(small));
    small = [];
    fewer.push(piece);
  }
  if (small.length > 0) fewer.push(Buffer.concat(small));
  return fewer;
}

/** Bytes of head and blocks if a group may start with this prefix; undefined if none can. */
export function groupSizes(
  prefix: Uint8Array,
): { readonly headBytes: number; readonly blocksBytes: number } | undefined {
  if (prefix.length < PREFIX_BYTES) return undefined;
  const bytes = Buffer.from(prefix.buffer, prefix.byteOffset, PREFIX_BYTES);
  const headBytes = bytes.readUInt32LE(8);
  const blocksBytes = bytes.readUInt32LE(12);
  if (bytes.readUInt32LE(0) !== GROUP_MAGIC || headBytes < PREFIX_BYTES) return undefined;
  return headBytes > HEAD_LIMIT_BYTES || blocksBytes > BLOCKS_LIMIT_BYTES ? undefined : { headBytes, blocksBytes };
}

/** The group whose whole head this is, or undefined when it is not one that was written to this place. */
export function decodeHead(head: Uint8Array, at: Position): Group | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8), seed(at.salt, at.offset))) return undefined;
  const count = bytes.readUInt32LE(16);
  // The CRC says that encodeGroup wrote it, so it has the form that blockTable gave it.
  const json = JSON.parse(bytes.toString('utf8', PREFIX_BYTES + 4 * count)) as Omit<Group, 'blocks'> & BlockTable;
  if (json.segment !== at.segment) return undefined;
  const { names, blocks: rows, ...group } = json;
  const blocks: StoredBlock[] = [];
  let offset = at.offset + bytes.length;
  for (const [number, [name, from, recordCount, size, arrivedAt, enteredAt, reason]] of rows.entries()) {
    const [origin, written] = names[name]!; // blockTable numbered the names
    const meta = { origin, name: written, from, count: recordCount, bytes: size, arrivedAt, enteredAt };
    const crc = bytes.readUInt32LE(PREFIX_BYTES + 4 * number);
    blocks.push({ ...meta, offset, crc, ...(reason && { reason }) });
    offset += storedBytes(meta);
  }
  return { ...group, blocks };
}

/** Whether these are the bytes that were written as the block. */
export function isWhole(bytes: Uint8Array, block: StoredBlock, salt: number): boolean {
  return bytes.length === storedBytes(block) && crc32(bytes, seed(salt, block.offset)) === block.crc;
}

interface BlockTable {
  readonly names: readonly (readonly [origin: number, name: string])[];
  readonly blocks: readonly (readonly [
    name: number,
    from: number,
    count: number,
    bytes: number,
    arrivedAt: number,
    enteredAt: number,
    reason?: FailureReason,
  ])[];
}

/** The blocks' metadata with each name written once. */
function blockTable(blocks: readonly BlockMeta[]): BlockTable {
  const numbers = new Map<string, number>();
  const names: [number, string][] = [];
  const rows = blocks.map((block): BlockTable['blocks'][number] => {
    const { origin, name, from, count, bytes, arrivedAt, enteredAt, reason } = block;
    const id = `${origin}/${name}`;
    const number = numbers.get(id) ?? names.push([origin, name]) - 1;
    numbers.set(id, number);
    const row = [number, from, count, bytes, arrivedAt, enteredAt] as const;
    return reason ? [...row, reason] : row;
  });
  return { names, blocks: rows };
}

/** What a CRC starts from: the same bytes elsewhere, or in an earlier life of the file, have another. */
export function seed(salt: number, offset: number): number {
  return (salt ^ (offset % 2 ** 32)) >>> 0;
}

const PADDING = new Uint8Array(ALIGNMENT);
