import type { ObjectPut } from '../core/objects.ts';

/** Some stores want all parts of an upload but the last to have one size, so parts do not grow with the object. */
const PART_BYTES = 8 * 1024 * 1024;
/**
 * S3's limit. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html With our parts it is an object of 78
 * GiB, far above any batch.
 */
export const PARTS_LIMIT = 10_000;

export interface Part {
  /** 1 for the first. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Whether the body ends with this part. An empty body has one empty part. */
  readonly isLast: boolean;
  /**
   * To be called once, when the bytes are needed no more; true when nothing reads them any longer, so that their memory
   * can be used again.
   */
  readonly done: (isReusable: boolean) => void;
}

/**
 * A fixed number of buffers of one part each, so that memory depends on their number alone, not on how many objects are
 * under way.
 */
export interface PartBuffers {
  /** Waits for its turn; rejects with the signal's reason when that aborts. */
  take(signal: AbortSignal): Promise<Buffer>;
  /** Ends a turn. The buffer, if given, is used again. */
  give(buffer?: Buffer): void;
}

/** Idle buffers kept for the next object; the memory of the others goes back to the system. */
const KEPT_BUFFERS = 4;

/** The memory is not touched, and so not taken from the system, before bytes are put into it. */
export function partBuffers(count: number): PartBuffers {
  const idle: Buffer[] = [];
  const waiting = new Set<() => void>();
  let free = count;

  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free === 0) await turn(waiting, signal);
      else free--;
      return idle.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
    },

    give(buffer) {
      if (buffer !== undefined && idle.length < KEPT_BUFFERS) idle.push(buffer);
      const [next] = waiting;
      if (next === undefined) free++;
      else next();
    },
  };
}

/**
 * Cuts a body into parts of `PART_BYTES`, copied into buffers of the pool. Holds one buffer, and waits for the next
 * only after the last was handed over: since whoever takes a part sends it without waiting for another, no number of
 * bodies can block each other.
 */
export async function* partsOf(
  body: ObjectPut['body'],
  buffers: PartBuffers,
  signal: AbortSignal,
): AsyncGenerator<Part, void, void> {
  let buffer = await buffers.take(signal);
  let isOurs = true;
  let filled = 0;
  let number = 1;
  const handOver = (isLast: boolean): Part => {
    const whole = buffer;
    isOurs = false;
    return {
      number: number++,
      bytes: whole.subarray(0, filled),
      isLast,
      done: (isReusable) => buffers.give(isReusable ? whole : undefined),
    };
  };

  try {
    for await (const chunk of body) {
      for (let offset = 0; offset < chunk.length; ) {
        signal.throwIfAborted();
        if (filled === PART_BYTES) {
          yield handOver(false);
          buffer = await buffers.take(signal);
          isOurs = true;
          filled = 0;
        }
        const taken = Math.min(PART_BYTES - filled, chunk.length - offset);
        buffer.set(chunk.subarray(offset, offset + taken), filled);
        filled += taken;
        offset += taken;
      }
    }
    signal.throwIfAborted();
    yield handOver(true);
  } finally {
    if (isOurs) buffers.give();
  }
}

function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      waiting.delete(go);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = () => {
      waiting.delete(go);
      reject(signal.reason);
    };
    waiting.add(go);
    signal.addEventListener('abort', stop, { once: true });
  });
}
