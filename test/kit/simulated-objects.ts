import { DeliveryError } from '../../src/core/errors.ts';
import type { ObjectStore } from '../../src/core/objects.ts';
import type { Random } from './random.ts';

export interface SimulatedObjects extends ObjectStore {
  /** `<bucket>/<key>` to content. */
  readonly stored: Map<string, Buffer>;
  /** From now on everything works. */
  heal(): void;
}

/**
 * A bucket store that fails in every way a far side can: it refuses, breaks off before or after it stored the object,
 * does not answer at all, or cannot say what it has. Buckets named in `missing` refuse for certain.
 */
export function simulatedObjects(random: Random, { missing = new Set<string>() } = {}): SimulatedObjects {
  const stored = new Map<string, Buffer>();
  let isHealed = false;

  const failure = (code: string, refused: boolean) =>
    new DeliveryError(`The simulated bucket answered ${code}.`, { code, retryable: true, refused });

  return {
    stored,
    encryptsWithKms: false,
    heal() {
      isHealed = true;
    },

    async put({ bucket, key, body }, signal) {
      const fate = isHealed ? 1 : random.next();
      if (missing.has(bucket)) throw failure('S3.NoSuchBucket', true);
      if (fate < 0.1) throw failure('S3.SlowDown', true);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
      if (fate < 0.2) throw failure('S3.RequestTimeout', false);
      if (fate < 0.25) await hang(signal);
      const path = `${bucket}/${key}`;
      const isRepeat = stored.has(path);
      if (!isRepeat) stored.set(path, Buffer.concat(chunks));
      if (fate < 0.4) throw failure('S3.ConnectionReset', false);
      if (fate < 0.45) await hang(signal);
      return { outcome: isRepeat ? 'already-there' : 'stored', bytes: stored.get(path)!.length }; // set above
    },

    async exists({ bucket, key }) {
      if (!isHealed && random.chance(0.2)) throw failure('S3.RequestTimeout', false);
      return stored.has(`${bucket}/${key}`);
    },
  };
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
