import type {
  Batch,
  BatchBlock,
  Change,
  LaneStatus,
  LocalBuffer,
  Move,
  Plan,
  Postponement,
} from '../../src/core/buffer.ts';
import { type LaneKey, laneOf } from '../../src/core/lanes.ts';
import { type RecordBlock, sliceBlock } from '../../src/core/records.ts';

interface SealedBatch {
  readonly id: string;
  readonly lane: LaneKey;
  readonly sealedAt: number;
  readonly blocks: readonly HeldBlock[];
  advanced: number;
  isLeased: boolean;
  plan?: Plan;
  postponed?: Postponement;
}

interface HeldBlock extends RecordBlock {
  readonly enteredAt: number;
}

/**
 * The smallest thing that keeps the buffer's contract, short of surviving a crash. Tests of the core run on it, and the
 * durable buffers are compared with it.
 */
export function memoryBuffer({ budgetBytes = Number.MAX_SAFE_INTEGER } = {}): LocalBuffer {
  const lanes = new Map<LaneKey, HeldBlock[]>();
  const batches = new Map<string, SealedBatch>();
  const cursors = new Map<string, string>();

  function isRepeat(change: Change): boolean {
    const named = [change.finish, change.advance?.batch, ...(change.move ?? []).map((move) => move.batch)];
    if (named.some((id) => id !== undefined && !batches.has(id))) return true;
    return change.advance !== undefined && batches.get(change.advance.batch)!.advanced >= change.advance.upTo;
  }

  function put(lane: LaneKey, blocks: readonly RecordBlock[], now: number | undefined): LaneKey[] {
    const records = blocks
      .filter((block) => block.lengths.length > 0)
      .map((block) => ({ ...block, enteredAt: now ?? block.arrivedAt }));
    if (records.length === 0) return [];
    lanes.set(lane, [...(lanes.get(lane) ?? []), ...records]);
    return [lane];
  }

  function apply(change: Change): LaneKey[] {
    const filled: LaneKey[] = [];
    if (change.cursor) setCursor(change.cursor.name, change.cursor.value);
    for (const { lanes, records } of change.append ?? []) {
      for (const lane of lanes) filled.push(...put(lane, [copyOf(records)], change.now));
    }
    for (const move of change.move ?? []) filled.push(...put(move.lane, moved(move), change.now));
    if (change.advance) advance(batches.get(change.advance.batch)!, change.advance.upTo); // isRepeat() has looked
    if (change.finish !== undefined) batches.delete(change.finish);
    if (change.discard !== undefined) discard(change.discard);
    return filled;
  }

  function setCursor(name: string, value: string | undefined): void {
    if (value === undefined) cursors.delete(name);
    else cursors.set(name, value);
  }

  function moved(move: Move): RecordBlock[] {
    const batch = batches.get(move.batch)!;
    const ranges = move.records ?? [[batch.advanced, countRecords(batch.blocks)] as const];
    const blocks = ranges.flatMap(([from, to]) => recordsBetween(batch.blocks, from, to));
    return move.reason === undefined ? blocks : blocks.map((block) => ({ ...block, reason: move.reason! }));
  }

  function discard(streamId: string): void {
    for (const lane of lanes.keys()) if (laneOf(lane).streamId === streamId) lanes.delete(lane);
    for (const batch of batches.values()) if (laneOf(batch.lane).streamId === streamId) batches.delete(batch.id);
    for (const name of cursors.keys()) if (name.startsWith(`${streamId}/`)) cursors.delete(name);
  }

  function statusOf(lane: LaneKey): LaneStatus | undefined {
    const blocks = lanes.get(lane);
    if (blocks === undefined) return undefined;
    return {
      lane,
      records: countRecords(blocks),
      bytes: countBytes(blocks),
      openedAt: earliestOf(blocks, 'enteredAt'),
    };
  }

  function batchOf(sealed: SealedBatch): Batch {
    const { id, lane, sealedAt, advanced, plan, postponed, blocks } = sealed;
    return {
      id,
      lane,
      sealedAt,
      advanced,
      records: countRecords(blocks),
      bytes: countBytes(blocks),
      oldestAt: earliestOf(blocks, 'arrivedAt'),
      ...(plan && { plan }),
      ...(postponed && { postponed }),
    };
  }

  function heldBytes(streamId: string): number {
    let bytes = 0;
    for (const [lane, blocks] of lanes) if (laneOf(lane).streamId === streamId) bytes += countBytes(blocks);
    for (const batch of batches.values())
      if (laneOf(batch.lane).streamId === streamId) bytes += countBytes(batch.blocks);
    return bytes;
  }

  return {
    async commit(change) {
      if (isRepeat(change)) return [];
      return [...new Set(apply(change))].map((lane) => statusOf(lane)!); // put() filled them just now
    },

    async seal(lane, { id, sizeBytes, now }) {
      const waiting = lanes.get(lane);
      if (waiting === undefined) return undefined;
      let count = 0;
      for (let bytes = 0; count < waiting.length && bytes < sizeBytes; count++) bytes += waiting[count]!.data.length;
      const blocks = waiting.slice(0, Math.max(count, 1));
      const rest = waiting.slice(blocks.length);
      if (rest.length > 0) lanes.set(lane, rest);
      else lanes.delete(lane);
      const batch: SealedBatch = { id, lane, sealedAt: now, blocks, advanced: 0, isLeased: false };
      batches.set(id, batch);
      return batchOf(batch);
    },

    async lease(id) {
      const batch = batches.get(id);
      if (batch === undefined || batch.isLeased) return undefined;
      batch.isLeased = true;
      return batchOf(batch);
    },

    release(id) {
      const batch = batches.get(id);
      if (batch !== undefined) batch.isLeased = false;
    },

    async *read(id, from = 0) {
      const batch = batches.get(id);
      if (batch === undefined) return;
      yield* recordsBetween(batch.blocks, Math.max(batch.advanced, from), countRecords(batch.blocks));
    },

    async plan(id, plan) {
      const batch = batches.get(id);
      if (batch !== undefined) batch.plan = plan;
    },

    async postpone(id, attempt) {
      const batch = batches.get(id);
      if (batch === undefined) return;
      batch.postponed = attempt;
      batch.isLeased = false;
    },

    lane: statusOf,
    laneCount: (streamId, stage) =>
      [...lanes.keys()].map(laneOf).filter((lane) => lane.streamId === streamId && lane.stage === stage).length,
    due: () => ({
      lanes: [...lanes.keys()].map((lane) => statusOf(lane)!),
      batches: [...batches.values()].map(batchOf),
    }),
    cursor: (name) => cursors.get(name),
    heldBytes,
    usage() {
      const streams = new Set(
        [...lanes.keys(), ...[...batches.values()].map(({ lane }) => lane)].map((lane) => laneOf(lane).streamId),
      );
      return { usedBytes: [...streams].reduce((sum, id) => sum + heldBytes(id), 0), budgetBytes };
    },
    async close() {},
  };
}

/** The caller may reuse its bytes once the commit has resolved. */
function copyOf(block: RecordBlock): RecordBlock {
  return { ...block, data: Uint8Array.from(block.data), lengths: block.lengths.slice() };
}

function advance(batch: SealedBatch, upTo: number): void {
  batch.advanced = upTo;
  delete batch.postponed;
}

function recordsBetween(blocks: readonly RecordBlock[], from: number, to: number): BatchBlock[] {
  const picked: BatchBlock[] = [];
  let first = 0;
  for (const block of blocks) {
    const count = block.lengths.length;
    const start = Math.max(from - first, 0);
    const end = Math.min(to - first, count);
    if (start < end) picked.push({ ...sliceBlock(block, start, end), place: first + start });
    first += count;
  }
  return picked;
}

const countRecords = (blocks: readonly RecordBlock[]): number =>
  blocks.reduce((sum, block) => sum + block.lengths.length, 0);
const countBytes = (blocks: readonly RecordBlock[]): number =>
  blocks.reduce((sum, block) => sum + block.data.length, 0);
const earliestOf = (blocks: readonly HeldBlock[], of: 'arrivedAt' | 'enteredAt'): number =>
  Math.min(...blocks.map((block) => block[of]));
