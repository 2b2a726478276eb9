import { type GrowingBytes, growingBytes, putBytes, putInt32 } from './growing-bytes.ts';

/** The different values of a column in the order in which they came, each once. */
export interface Dictionary {
  /** How many there are. */
  readonly size: () => number;
  /** The values as Parquet's PLAIN encoding has them: what a dictionary page holds. */
  readonly entries: GrowingBytes;
  /** The value's place; a new value gets the next one. */
  readonly placeOf: (bytes: Uint8Array, start: number, end: number) => number;
  /** Appends the value in that place, as PLAIN has it. */
  readonly putEntry: (into: GrowingBytes, place: number) => void;
  /** Forgets all but the first `size` values. */
  readonly truncate: (size: number) => void;
}

const FIRST_SLOTS = 256;

/** A hash table with linear probing. Values leave it last in, first out, so that no gap ever hides another value. */
export function dictionary(): Dictionary {
  const entries = growingBytes();
  let count = 0;
  /** Where each value's bytes end in `entries`; they begin four bytes behind the end of the one before. */
  let ends = new Int32Array(FIRST_SLOTS);
  let hashes = new Int32Array(FIRST_SLOTS);
  /** Places plus one; zero is free. */
  let slots = new Int32Array(FIRST_SLOTS);

  const startOf = (place: number): number => (place === 0 ? 0 : ends[place - 1]!); // place < count
  const slotMask = (): number => slots.length - 1;

  function placeOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const mask = slotMask();
    let slot = hash & mask;
    // At most half of the slots are taken, so a free one comes.
    for (let taken = slots[slot]!; taken !== 0; taken = slots[slot]!) {
      if (hashes[taken - 1] === hash && isAt(taken - 1, bytes, start, end)) return taken - 1;
      slot = (slot + 1) & mask;
    }
    slots[slot] = count + 1;
    hashes[count] = hash;
    putInt32(entries, end - start);
    putBytes(entries, bytes, start, end);
    ends[count] = entries.length;
    count++;
    if (count * 2 > slots.length) grow();
    return count - 1;
  }

  function isAt(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = startOf(place) + 4;
    if (ends[place]! - from !== end - start) return false; // place < count
    const { room } = entries;
    for (let i = start; i < end; i++) if (room[from + i - start] !== bytes[i]) return false;
    return true;
  }

  function grow(): void {
    const size = slots.length * 2;
    slots = new Int32Array(size);
    ends = resized(ends, size);
    hashes = resized(hashes, size);
    const mask = slotMask();
    for (let place = 0; place < count; place++) {
      let slot = hashes[place]! & mask; // place < count
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
  }

  function truncate(size: number): void {
    const mask = slotMask();
    while (count > size) {
      let slot = hashes[count - 1]! & mask; // count > 0
      while (slots[slot] !== count) slot = (slot + 1) & mask;
      slots[slot] = 0;
      count--;
    }
    entries.length = startOf(count);
  }

  return {
    size: () => count,
    entries,
    placeOf,
    putEntry: (into, place) => putBytes(into, entries.room, startOf(place), ends[place]!), // place < count
    truncate,
  };
}

/** FNV-1a, with the bits mixed once more: the low ones choose the slot. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193); // i < end
  return hash ^ (hash >>> 15);
}

function resized(numbers: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(numbers);
  return larger;
}
