import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StagedObjects } from '../../../src/lambda/services.ts';

export interface StagedUnderTest {
  readonly name: string;
  /** Empty. */
  open(): Promise<StagedObjects>;
  /** More than a page of a listing. */
  readonly many: number;
}

/** What every staging bucket must do. */
export function describeStaged(under: StagedUnderTest): void {
  describe(`staged objects: ${under.name}`, () => {
    let objects: StagedObjects;
    beforeEach(async () => {
      objects = await under.open();
    });
    afterEach(async () => {
      await objects.remove(await keysIn(objects));
    });

    it('come back byte for byte, however large', async () => {
      const bytes = [Buffer.alloc(0), Buffer.from([0, 255, 10]), randomBytes(9 * 1024 * 1024)];
      const keys = bytes.map((_, i) => `records/${i}`);
      for (const [i, key] of keys.entries()) await objects.put(key, bytes[i]!); // as many as keys

      for (const [i, key] of keys.entries()) expect(Buffer.compare((await objects.get(key))!, bytes[i]!)).toBe(0);
    });

    it('are there once: putting one again changes nothing', async () => {
      await objects.put('records/a', Buffer.from('same'));
      await objects.put('records/a', Buffer.from('same'));

      expect(Buffer.from((await objects.get('records/a'))!).toString()).toBe('same'); // it was put
      expect(await keysIn(objects)).toEqual(['records/a']);
    });

    it('of which there is none are undefined', async () => {
      expect(await objects.get('records/none')).toBeUndefined();
    });

    it('are removed, those that are gone already too', async () => {
      for (const key of ['records/a', 'records/b', 'bodies/c']) await objects.put(key, Buffer.from(key));

      await objects.remove([]);
      await objects.remove(['records/a', 'records/none', 'bodies/c']);
      await objects.remove(['records/a']);

      expect(await keysIn(objects)).toEqual(['records/b']);
    });

    it('are listed with the time they were stored at', async () => {
      const before = Date.now();
      await objects.put('records/a', Buffer.from('a'));

      for await (const { key, storedAt } of objects.list()) {
        expect(key).toBe('records/a');
        // Stores keep seconds.
        expect(Math.abs(storedAt - before)).toBeLessThan(60_000);
      }
    });

    it(`are listed and removed, all ${under.many} of them`, async () => {
      const keys = Array.from({ length: under.many }, (_, i) => `records/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < keys.length; i += 50) {
        await Promise.all(keys.slice(i, i + 50).map((key) => objects.put(key, Buffer.from(key))));
      }

      expect(await keysIn(objects)).toEqual(keys);
      await objects.remove(keys);
      expect(await keysIn(objects)).toEqual([]);
    });
  });
}

async function keysIn(objects: StagedObjects): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects.list()) keys.push(key);
  return keys.sort();
}
