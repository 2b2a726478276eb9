/**
 * Memory for the bodies of puts and for the records in them. A body is in use until its request is answered, records
 * until they are durable (they are written to disk from here); then the next put has it. Fresh memory for every put
 * costs a fifth more processor time, most of it the collector's, and a few dozen MiB, because the runtime counts it as
 * garbage only when it looks.
 */

/**
 * Holds a full batch of 1 KB records, in base64 too, with room to spare. Larger puts are rare and get memory of their
 * own.
 */
const POOLED_BYTES = 768 * 1024;

/** Below this the runtime's own allocator is as cheap. */
const POOLED_BYTES_LEAST = 64 * 1024;

/** What an idle service keeps for the next burst, at most: 48 MiB. */
const POOLED_MOST = 64;

const idle: Buffer[] = [];

/** At least so many bytes, holding anything. */
export function borrow(bytes: number): Buffer {
  if (bytes < POOLED_BYTES_LEAST) return Buffer.allocUnsafe(bytes);
  if (bytes > POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
  return idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);
}

/**
 * Gives borrowed memory back. Nobody may read it any more; who is not sure of that lets the collector have it instead.
 */
export function giveBack(memory: Buffer): void {
  if (memory.length === POOLED_BYTES && idle.length < POOLED_MOST) idle.push(memory);
}
