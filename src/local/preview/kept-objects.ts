import type { ObjectAddress, ObjectStore } from '../../core/objects.ts';
import { checkAddress } from '../../objects/address.ts';

export interface KeptObject {
  readonly body: Buffer;
  readonly contentEncoding?: string;
}

export interface KeptObjects extends ObjectStore {
  at(address: ObjectAddress): KeptObject | undefined;
}

/** Buckets in memory, for as long as somebody looks at them. A repeat finds its object there, as in every store. */
export function keptObjects({ encryptsWithKms }: Pick<ObjectStore, 'encryptsWithKms'>): KeptObjects {
  const kept = new Map<string, KeptObject>();
  // A bucket's name has no slash.
  const pathOf = ({ bucket, key }: ObjectAddress): string => `${bucket}/${key}`;

  return {
    encryptsWithKms,
    at: (address) => kept.get(pathOf(address)),

    async put(object, signal) {
      checkAddress(object);
      const chunks: Uint8Array[] = [];
      for await (const chunk of object.body) {
        signal.throwIfAborted();
        chunks.push(Uint8Array.from(chunk)); // its memory may be used again
      }
      const { contentEncoding } = object;
      const body = Buffer.concat(chunks);
      const outcome = kept.has(pathOf(object)) ? 'already-there' : 'stored';
      kept.set(pathOf(object), { body, ...(contentEncoding !== undefined && { contentEncoding }) });
      return { outcome, bytes: body.length };
    },

    exists: async (address) => kept.has(pathOf(address)),
  };
}
