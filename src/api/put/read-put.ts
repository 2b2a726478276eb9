import { borrow, giveBack } from './arena.ts';
import { parsePut } from './parse-put.ts';
import { scanPut, scanRoom } from './scan.ts';

/** What a put asks for: these records, into this stream. */
export interface Put {
  readonly streamName: string;
  /** All records' bytes in order. */
  readonly data: Uint8Array;
  /** The length of each. */
  readonly lengths: Uint32Array;
  /** What to give back to the arena once nobody reads `data` any more. */
  readonly memory?: Buffer;
}

/** `one` is the body of PutRecord, `many` that of PutRecordBatch. */
export type PutKind = 'one' | 'many';

/** Reads and checks a put's body; throws the `ApiError` AWS would answer. */
export function readPut(body: Uint8Array, kind: PutKind): Put {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const memory = borrow(scanRoom(bytes));
  const scanned = scanPut(bytes, kind, memory);
  if (scanned !== undefined) return { ...scanned, memory };
  giveBack(memory);
  return parsePut(bytes, kind);
}
