import assert from 'node:assert';
import type { FileHandle } from 'node:fs/promises';

/**
 * Smaller chunks are gathered up to this many bytes before they are written; larger ones are written as they are,
 * without a copy.
 */
const GATHER_BYTES = 256 * 1024;

export interface GrowingFile {
  /** Resolves once the chunk's bytes may be reused. */
  append(chunk: Uint8Array): Promise<void>;
  /** Writes what is left and makes it durable. The file's size in bytes. */
  finish(): Promise<number>;
}

/** Writes chunks of any size to a new file, one call at a time. */
export function growingFile(file: FileHandle): GrowingFile {
  let sizeBytes = 0;
  let gathered: Buffer | undefined;
  let gatheredBytes = 0;

  async function writeGathered(): Promise<void> {
    if (gathered === undefined || gatheredBytes === 0) return;
    await writeAll(file, gathered.subarray(0, gatheredBytes));
    gatheredBytes = 0;
  }

  return {
    async append(chunk) {
      sizeBytes += chunk.length;
      if (gatheredBytes + chunk.length > GATHER_BYTES) await writeGathered();
      if (chunk.length >= GATHER_BYTES) return writeAll(file, chunk);
      gathered ??= Buffer.allocUnsafe(GATHER_BYTES);
      gathered.set(chunk, gatheredBytes);
      gatheredBytes += chunk.length;
    },

    async finish() {
      await writeGathered();
      await file.datasync();
      return sizeBytes;
    },
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done);
    assert(bytesWritten > 0, 'a file took no bytes and gave no error');
    done += bytesWritten;
  }
}
