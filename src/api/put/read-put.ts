import { borrow, giveBack } from './arena.ts';
import { parsePut } from './parse-put.ts';
import type { Put, PutKind } from './put.ts';
import { scanPut, scanRoom } from './scan.ts';

export interface ReadPut extends Put {
  /** What to give back to the arena once nobody reads `data` any more. */
  readonly memory?: Buffer;
}

/** Reads and checks a put's body, from one request as it came; throws the `ApiError` AWS would answer. */
export function readPut(body: Uint8Array, kind: PutKind): ReadPut {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const memory = borrow(scanRoom(bytes));
  const scanned = scanPut(bytes, kind, memory);
  if (scanned !== undefined) return { ...scanned, memory };
  giveBack(memory);
  return parsePut(bytes, kind);
}
