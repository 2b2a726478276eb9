import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectPut, ObjectStore } from '../../src/core/objects.ts';

export interface ObjectsUnderTest {
  readonly name: string;
  /** Called before each test. The bucket exists and may hold objects of earlier tests. */
  open(): Promise<OpenObjects>;
}

export interface OpenObjects {
  readonly store: ObjectStore;
  readonly bucket: string;
  /**
   * The object's bytes as the far side holds them, not asked of the store under test; undefined when there is no such
   * object.
   */
  read(key: string): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
/** Beyond what a store may send in one piece, and not a round number. */
const LARGE_BYTES = 20 * MIB + 12_345;
const HUGE_BYTES = 128 * MIB;
/**
 * Room for the parts a store has under way and for what the garbage collector leaves lying about, well below the body.
 */
const FLAT_BYTES = 96 * MIB;

/** What every object store must do. Run it on yours: `describeObjects({ name: 'mine', open })`. */
export function describeObjects(under: ObjectsUnderTest): void {
  describe(`the object store contract: ${under.name}`, () => {
    let open: OpenObjects;
    let key: string;
    beforeEach(async () => {
      open = await under.open();
      key = `kit/${crypto.randomUUID()}`;
      return () => open.close();
    });

    const signal = new AbortController().signal;
    const objectOf = (body: AsyncIterable<Uint8Array>): ObjectPut => ({
      bucket: open.bucket,
      key,
      body,
      contentType: 'application/octet-stream',
    });
    const put = (body: AsyncIterable<Uint8Array>) => open.store.put(objectOf(body), signal);
    const exists = () => open.store.exists({ bucket: open.bucket, key }, signal);

    it('stores the chunks as one object, byte for byte, and says how many there were', async () => {
      const bytes = Buffer.from('abc\0\u00ff\ndef');

      const result = await put(chunksOf(bytes, 4));

      expect(result).toEqual({ outcome: 'stored', bytes: bytes.length });
      expect(await open.read(key)).toEqual(new Uint8Array(bytes));
    });

    it('stores an empty object', async () => {
      expect(await put(chunksOf(Buffer.alloc(0), 1))).toEqual({ outcome: 'stored', bytes: 0 });
      expect(await open.read(key)).toEqual(new Uint8Array());
    });

    it('stores a large object, byte for byte, whatever the sizes of its chunks', async () => {
      const bytes = pattern(LARGE_BYTES);

      const result = await put(chunksOf(bytes, 777_777, 1, 65_536, 3 * MIB));

      expect(result).toEqual({ outcome: 'stored', bytes: bytes.length });
      expect(digest((await open.read(key)) ?? [])).toBe(digest(bytes));
    });

    it('lets a body reuse the memory of a chunk once the next is asked for', async () => {
      async function* reusing() {
        const chunk = Buffer.alloc(1_000);
        for (let i = 0; i < 500; i++) yield chunk.fill(i);
      }

      await put(reusing());

      const expected = Buffer.concat(Array.from({ length: 500 }, (_, i) => Buffer.alloc(1_000, i)));
      expect(digest((await open.read(key)) ?? [])).toBe(digest(expected));
    });

    it('says whether a key holds an object', async () => {
      expect(await exists()).toBe(false);
      await put(chunksOf(Buffer.from('x'), 1));
      expect(await exists()).toBe(true);
    });

    for (const [size, bytes] of [
      ['small', 10],
      ['large', LARGE_BYTES],
    ] as const) {
      it(`leaves nothing of a ${size} object whose body fails, and hands its error on`, async () => {
        async function* failing() {
          yield* chunksOf(pattern(bytes), MIB);
          throw new Error('the log cannot be read');
        }

        await expect(put(failing())).rejects.toThrow('the log cannot be read');

        expect(await exists()).toBe(false);
      });

      it(`leaves nothing of a ${size} object that is called off, and closes its body`, async () => {
        const caller = new AbortController();
        let isClosed = false;
        async function* calledOff() {
          try {
            yield* chunksOf(pattern(bytes), MIB);
            caller.abort();
            yield Buffer.from('too late');
          } finally {
            isClosed = true;
          }
        }

        await expect(open.store.put(objectOf(calledOff()), caller.signal)).rejects.toThrow();

        expect(isClosed).toBe(true);
        expect(await exists()).toBe(false);
      });

      it(`can repeat the put of a ${size} object: the bytes are there once`, async () => {
        const body = pattern(bytes);
        await put(chunksOf(body, MIB));

        const repeated = await put(chunksOf(body, MIB));

        expect(repeated.bytes).toBe(bytes);
        expect(digest((await open.read(key)) ?? [])).toBe(digest(body));
      });
    }

    it('stores one whole object when the same key is put several times at once', async () => {
      const bodies = [pattern(LARGE_BYTES, 1), pattern(LARGE_BYTES, 2), pattern(LARGE_BYTES, 3)];

      const results = await Promise.allSettled(bodies.map((body) => put(chunksOf(body, MIB))));

      // A store may answer that another put is under way; it must not mix the two.
      expect(results.filter(({ status }) => status === 'fulfilled')).not.toEqual([]);
      expect(bodies.map(digest)).toContain(digest((await open.read(key)) ?? []));
    });

    it('keeps memory flat while an object of 128 MiB streams through', async () => {
      const chunk = pattern(MIB);
      const before = process.memoryUsage().rss;
      let highest = 0;
      async function* huge() {
        for (let i = 0; i < HUGE_BYTES / MIB; i++) {
          highest = Math.max(highest, process.memoryUsage().rss);
          yield chunk;
        }
      }

      expect(await put(huge())).toEqual({ outcome: 'stored', bytes: HUGE_BYTES });

      expect(highest - before).toBeLessThan(FLAT_BYTES);
    });

    it('refuses a bucket whose name no bucket can have, for certain', async () => {
      const object = { ...objectOf(chunksOf(Buffer.from('x'), 1)), bucket: 'no/such bucket' };

      await expect(open.store.put(object, signal)).rejects.toMatchObject({ name: 'DeliveryError', refused: true });
    });

    it('refuses a key of more than 1,024 bytes, for certain', async () => {
      key = 'k'.repeat(1_025);

      await expect(put(chunksOf(Buffer.from('x'), 1))).rejects.toMatchObject({
        code: 'S3.KeyTooLongError',
        refused: true,
      });
    });
  });
}

async function* chunksOf(bytes: Uint8Array, ...sizes: readonly number[]) {
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

/** Bytes that show when any of them are lost, doubled or swapped. */
function pattern(sizeBytes: number, seed = 0): Buffer {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 0x9e3779b1);
  return Buffer.from(words.buffer, 0, sizeBytes);
}

function digest(bytes: Uint8Array | readonly number[]): string {
  return createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');
}
