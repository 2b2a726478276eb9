import { randomBytes } from 'node:crypto';

/**
 * Record ids are opaque to clients; all that is asked of them is that no two are alike and that making 500 costs next
 * to nothing. So they are counted, not drawn: 40 random characters for this process, 12 digits for the put, 4 for the
 * record within it. AWS's own are some 220 characters of the same kind; a quarter of that keeps the answer to a full
 * batch at 36 KB.
 */
const PROCESS_PART = randomBytes(30).toString('base64');
const PUT_DIGITS = 12;
const RECORD_DIGITS = 4;
const RADIX = 36;

let puts = 0;

/** What the ids of one put begin with. Never the same twice, in this process or, beyond chance, in any other. */
export function nextPutPart(): string {
  puts += 1;
  return PROCESS_PART + puts.toString(RADIX).padStart(PUT_DIGITS, '0');
}

/** What the id of a put's record ends with, for record numbers from 0. */
export function recordPart(record: number): string {
  return String(record).padStart(RECORD_DIGITS, '0');
}
