import { createHash } from 'node:crypto';
import type { Change } from '../../core/buffer.ts';
import type { RecordBlock } from '../../core/records.ts';
import type { StreamDefinition } from '../../core/streams.ts';

/**
 * Takes in what its sender may send again: requests with an id, messages of a queue.
 *
 * What was taken is remembered in the same commit as its records, so that after a crash both are there, or neither; the
 * last `SLOTS` × `KEYS_A_SLOT` of each stream are. A repeat is the same id with the same records: a sender that gives
 * one id to different records has none of them lost.
 *
 * A stream's memory is a ring of cursors, each a slot with some keys. A commit adds its key to a slot that no other
 * commit under way has, and writes what the slot held before and the new key: so no slot ever names a key whose records
 * failed. A full slot gives way to the next, which overwrites the oldest. After a restart slots are read back and new
 * ones begun.
 */
export interface Once {
  /** Resolves when the records are durable, now or by an earlier call. Rejects as `ingest` does. */
  take(stream: StreamDefinition, id: string, records: RecordBlock): Promise<void>;
  /** The stream is gone, and its cursors with it. */
  forget(streamId: string): void;
}

export interface OncePorts {
  readonly ingest: (
    stream: StreamDefinition,
    records: RecordBlock,
    cursor: NonNullable<Change['cursor']>,
  ) => Promise<void>;
  /** A cursor's last committed value. */
  readonly cursor: (name: string) => string | undefined;
}

const SLOTS = 512;
const KEYS_A_SLOT = 32;

export function onceOnly({ ingest, cursor }: OncePorts): Once {
  const memories = new Map<string, Memory>();

  function memoryOf({ id }: StreamDefinition): Memory {
    let memory = memories.get(id);
    if (memory === undefined) {
      memory = memoryFrom((number) => cursor(slotName(id, number)));
      memories.set(id, memory);
    }
    return memory;
  }

  async function commit(stream: StreamDefinition, memory: Memory, key: string, records: RecordBlock): Promise<void> {
    const slot = memory.open.shift() ?? nextSlot(memory);
    try {
      const value = slotText({ turn: slot.turn, keys: [...slot.keys, key] });
      await ingest(stream, records, { name: slotName(stream.id, slot.turn % SLOTS), value });
      slot.keys.push(key);
      memory.taken.add(key);
    } finally {
      if (slot.keys.length < KEYS_A_SLOT) memory.open.push(slot);
    }
  }

  return {
    async take(stream, id, records) {
      const memory = memoryOf(stream);
      const key = keyOf(id, records);
      if (memory.taken.has(key)) return;
      // Whoever repeats what is still under way gets the same answer.
      let underWay = memory.underWay.get(key);
      if (underWay === undefined) {
        underWay = commit(stream, memory, key, records).finally(() => memory.underWay.delete(key));
        memory.underWay.set(key, underWay);
      }
      await underWay;
    },

    forget: (streamId) => void memories.delete(streamId),
  };
}

interface Memory {
  /** All keys that some slot has. */
  readonly taken: Set<string>;
  readonly slots: Map<number, Slot>;
  /** Slots with room that no commit has, the one that was used longest ago first. */
  readonly open: Slot[];
  readonly underWay: Map<string, Promise<void>>;
  nextTurn: number;
}

interface Slot {
  /** Counts up; the slot's number is what remains of it by `SLOTS`. */
  readonly turn: number;
  readonly keys: string[];
}

function memoryFrom(valueAt: (slotNumber: number) => string | undefined): Memory {
  const memory: Memory = { taken: new Set(), slots: new Map(), open: [], underWay: new Map(), nextTurn: 0 };
  for (let number = 0; number < SLOTS; number++) {
    const value = valueAt(number);
    if (value === undefined) continue;
    const slot = slotIn(value);
    memory.slots.set(number, slot);
    for (const key of slot.keys) memory.taken.add(key);
    memory.nextTurn = Math.max(memory.nextTurn, slot.turn + 1);
  }
  return memory;
}

function nextSlot(memory: Memory): Slot {
  const slot: Slot = { turn: memory.nextTurn++, keys: [] };
  const number = slot.turn % SLOTS;
  for (const key of memory.slots.get(number)?.keys ?? []) memory.taken.delete(key);
  memory.slots.set(number, slot);
  return slot;
}

function slotName(streamId: string, slotNumber: number): string {
  return `${streamId}/once/${slotNumber}`;
}

function slotText({ turn, keys }: Slot): string {
  return [turn, ...keys].join(' ');
}

function slotIn(value: string): Slot {
  const [turn, ...keys] = value.split(' ');
  return { turn: Number(turn), keys };
}

const KEY_BYTES = 12;

function keyOf(id: string, { data, lengths }: RecordBlock): string {
  const hash = createHash('sha256').update(id).update('\0').update(lengths).update(data);
  return hash.digest().subarray(0, KEY_BYTES).toString('base64');
}
