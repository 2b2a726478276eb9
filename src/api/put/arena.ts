/**
 * Memory that records are decoded into. It is written to disk from there, so it is in use until the records are durable; then the next
 * put has it. Fresh memory for every put would cost a page fault for each of its pages, and grow the process until the collector looks.
 */

/** Holds the records of a full batch of 1 KB records with room to spare. Larger puts are rare and get memory of their own. */
const POOLED_BYTES = 768 * 1024;

/** Below this the runtime's own allocator is as cheap. */
const POOLED_BYTES_LEAST = 16 * 1024;

/** What an idle service keeps for the next burst: 24 MiB. */
const POOLED_MOST = 32;

const idle: Buffer[] = [];

/** At least so many bytes, holding anything. */
export function borrow(bytes: number): Buffer {
  if (bytes < POOLED_BYTES_LEAST) return Buffer.allocUnsafe(bytes);
  if (bytes > POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
  return idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);
}

/** Gives borrowed memory back. Nobody may read it any more; who is not sure of that lets the collector have it instead. */
export function giveBack(memory: Buffer): void {
  if (memory.length === POOLED_BYTES && idle.length < POOLED_MOST) idle.push(memory);
}
