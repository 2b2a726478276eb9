import type { LaneKey } from '../../core/lanes.ts';
import { type RecordBlock, sliceBlock } from '../../core/records.ts';
import { type BlockToWrite, storedBytes, writtenName } from './format.ts';
import type { Operation } from './state.ts';

/** What one request wants of the next group. */
export interface Wish {
  readonly append: readonly { readonly lanes: readonly LaneKey[]; readonly records: RecordBlock }[];
  /** When that enters its lanes; absent: when it arrived. */
  readonly now?: number | undefined;
  /** Blocks of other origins, as they are. */
  readonly copies?: readonly BlockToWrite[];
  readonly operations: readonly Operation[];
  /**
   * Names of what it decided upon. Two wishes that name the same cannot share a group: the second must see what the
   * first did.
   */
  readonly touches: readonly string[];
}

/** A group as it fills. */
export interface GroupDraft {
  readonly operations: readonly Operation[];
  bytes(): number;
  isEmpty(): boolean;
  add(wish: Wish): void;
  /** Its blocks, numbered from where each name stands in the segment `origin`. */
  blocks(origin: number, next: (name: string) => number): BlockToWrite[];
}

interface OpenBlock {
  readonly name: string;
  readonly records: RecordBlock;
  readonly enteredAt: number;
  readonly lengths: Uint32Array[];
  readonly data: Uint8Array[];
  count: number;
  bytes: number;
}

/**
 * Appends of many callers to one lane share a block up to this size, which is also the grain at which a batch is cut.
 */
const SHARED_BLOCK_BYTES = 128 * 1024;
/**
 * Larger appends are stored as several blocks, so that nobody has to read more at once. A single record may be larger.
 */
const BLOCK_BYTES = 2 * 1024 * 1024;

export function groupDraft(): GroupDraft {
  const filled: OpenBlock[] = [];
  const copies: BlockToWrite[] = [];
  const operations: Operation[] = [];
  /** The block of each name that more records may join. */
  const open = new Map<string, OpenBlock>();
  let bytes = 0;

  function append(name: string, records: RecordBlock, enteredAt: number): void {
    const { data, lengths } = records;
    if (lengths.length === 0) return;
    const shared = open.get(name);
    bytes += data.length + 4 * lengths.length;
    if (shared && shared.enteredAt === enteredAt && isJoinable(shared, records)) {
      shared.lengths.push(lengths);
      shared.data.push(data);
      shared.count += lengths.length;
      shared.bytes += data.length;
      return;
    }
    const [count, size] = [lengths.length, data.length];
    const block = { name, records, enteredAt, lengths: [lengths], data: [data], count, bytes: size };
    open.set(name, block);
    filled.push(block);
  }

  return {
    operations,
    bytes: () => bytes,
    isEmpty: () => filled.length + copies.length + operations.length === 0,

    add(wish) {
      for (const { lanes, records } of wish.append) {
        const name = writtenName(lanes);
        for (const part of cut(records)) append(name, part, wish.now ?? records.arrivedAt);
      }
      for (const copy of wish.copies ?? []) {
        copies.push(copy);
        bytes += storedBytes(copy);
      }
      operations.push(...wish.operations);
    },

    blocks(origin, next) {
      const numbers = new Map<string, number>();
      const own = filled.map((block): BlockToWrite => {
        const { name, records, enteredAt, lengths, data, count, bytes } = block;
        const { arrivedAt, reason } = records;
        const from = numbers.get(name) ?? next(name);
        numbers.set(name, from + count);
        return { origin, name, from, count, bytes, arrivedAt, enteredAt, lengths, data, ...(reason && { reason }) };
      });
      return [...own, ...copies];
    },
  };
}

function isJoinable(block: OpenBlock, { arrivedAt, reason, data }: RecordBlock): boolean {
  if (reason !== undefined || block.records.reason !== undefined) return false;
  return block.records.arrivedAt === arrivedAt && block.bytes + data.length <= SHARED_BLOCK_BYTES;
}

function cut(records: RecordBlock): readonly RecordBlock[] {
  if (records.data.length <= BLOCK_BYTES) return [records];
  const parts: RecordBlock[] = [];
  let [from, bytes] = [0, 0];
  for (const [index, length] of records.lengths.entries()) {
    if (index > from && bytes + length > BLOCK_BYTES) {
      parts.push(sliceBlock(records, from, index));
      [from, bytes] = [index, 0];
    }
    bytes += length;
  }
  parts.push(sliceBlock(records, from, records.lengths.length));
  return parts;
}
