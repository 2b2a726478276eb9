import type { IncomingMessage } from 'node:http';
import { borrow, giveBack } from '../api/put/arena.ts';
import { ApiError } from '../core/errors.ts';

/** Memory for bodies, shared by all requests: what one claims, others cannot, until it gives it back. */
export interface BodyRoom {
  freeBytes: number;
}

export interface BodyLimits {
  readonly room: BodyRoom;
  readonly bytesMost: number;
}

/**
 * Called once, when the body is there, or the reason why it was refused. Whoever gets a body calls `release` when done
 * with it; the memory is the next body's then.
 */
export type BodyReceived = (body: Buffer | ApiError, release: () => void) => void;

/**
 * Receives a request's body. When the client goes away first, nothing is called and the memory is free again.
 *
 * A body's declared length is claimed before its first byte, so that an upload once begun is not thrown away halfway.
 * What is refused is still read, up to a limit: many clients see nothing but a broken connection when they are answered
 * while they are sending.
 */
export function receiveBody(request: IncomingMessage, { room, bytesMost }: BodyLimits, received: BodyReceived): void {
  const declared = declaredLength(request);
  let memory: Buffer = NOTHING;
  let filled = 0;
  let claimed = 0;
  let discarded = 0;
  let refusal: ApiError | undefined;
  let isOver = false;

  function claim(bytes: number): boolean {
    if (bytes > bytesMost) refusal = tooLarge(bytesMost);
    else if (bytes - claimed > room.freeBytes) refusal = slowDown();
    else {
      room.freeBytes -= bytes - claimed;
      claimed = bytes;
      return true;
    }
    release();
    return false;
  }

  function release(): void {
    room.freeBytes += claimed;
    claimed = 0;
    giveBack(memory);
    memory = NOTHING;
  }

  function take(chunk: Buffer): void {
    if (filled === 0 && chunk.length === declared) {
      memory = chunk;
      filled = chunk.length;
    } else if (filled + chunk.length <= memory.length || grow(filled + chunk.length)) {
      chunk.copy(memory, filled);
      filled += chunk.length;
    }
  }

  /** Chunks are not kept as they come: a small one costs many times what it holds. */
  function grow(needed: number): boolean {
    const capacity = declared ?? Math.max(needed, Math.min(memory.length * 2, bytesMost));
    if (!claim(capacity)) return false;
    const larger = borrow(capacity);
    memory.copy(larger, 0, 0, filled);
    giveBack(memory);
    memory = larger;
    return true;
  }

  function discard(chunk: Buffer): void {
    discarded += chunk.length;
    if (discarded > DISCARD_BYTES_MOST) end();
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    received(refusal ?? memory.subarray(0, filled), release);
  }

  if (declared !== undefined) claim(declared);
  request.on('data', (chunk: Buffer) => {
    if (refusal === undefined) take(chunk);
    else discard(chunk);
  });
  request.on('end', end);
  request.on('close', () => {
    if (isOver) return;
    isOver = true;
    release();
  });
}

const NOTHING = Buffer.alloc(0);

const DISCARD_BYTES_MOST = 16 * 1024 * 1024;

/** Node has checked that the header, if there, is one number, and that the body is not longer. */
function declaredLength({ headers }: IncomingMessage): number | undefined {
  const header = headers['content-length'];
  if (header !== undefined) return Number(header);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}

function tooLarge(bytesMost: number): ApiError {
  return new ApiError('RequestEntityTooLargeException', `The request body is larger than ${bytesMost} bytes.`, 413);
}

/** The same words as for a buffer that is full: SDKs wait and try again. */
function slowDown(): ApiError {
  return new ApiError('ServiceUnavailableException', 'Slow down.', 503);
}
