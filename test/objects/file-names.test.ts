import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObjectName, keyOfPath, pathOfKey } from '../../src/objects/file-names.ts';

const UUID = '0b1a2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const ORDINARY = `events/year=2026/07/13/10/orders-1-2026-07-13-10-05-09-${UUID}.gz`;

const segment = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    '%',
    'a',
    'A',
    '%object',
    '%more',
    '%2F',
    '.uploads',
    '\0',
    '\n',
    UUID,
    `x-${UUID}.gz`,
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('x', '\u0001', 'ü', '🚰').chain((c) => fc.integer({ min: 50, max: 330 }).map((n) => c.repeat(n))),
);
const key = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));

describe('object keys as paths', () => {
  it('leaves the key of a delivered object as it is', () => {
    expect(pathOfKey(ORDINARY).join('/')).toBe(ORDINARY);
  });

  it('gives an object and the folder of the same name different names', () => {
    expect(pathOfKey('a')).toEqual(['a%object']);
    expect(pathOfKey('a/b')).toEqual(['a', 'b%object']);
    expect(pathOfKey(`${UUID}/x`)).toEqual([`${UUID}%`, 'x%object']);
  });

  it('names empty and dotted segments so that none is lost or climbs', () => {
    expect(pathOfKey('/a//../.')).toEqual(['%', 'a', '%', '..%', '.%object']);
    expect(pathOfKey('a/')).toEqual(['a', '%object']);
  });

  it('gives every key back from its path', () => {
    fc.assert(
      fc.property(key, (k) => {
        expect(keyOfPath(pathOfKey(k))).toBe(k);
      }),
    );
  });

  it('never needs one path for an object and a folder, nor one for two keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 8 }), (keys) => {
        const files = keys.map((k) => pathOfKey(k).join('/'));
        const folders = keys.flatMap((k) => pathOfKey(k).map((_, i, names) => names.slice(0, i).join('/')));

        expect(new Set(files).size).toBe(keys.length);
        expect(files.filter((file) => folders.includes(file))).toEqual([]);
      }),
    );
  });

  it('only makes names that a file system takes and that stay below their folder', () => {
    fc.assert(
      fc.property(key, (k) => {
        const names = pathOfKey(k);

        for (const [i, name] of names.entries()) {
          expect(name).not.toMatch(/^\.{0,2}$|[/\u0000-\u001f\u007f]/);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
          expect(Buffer.from(name).toString()).toBe(name);
          expect(isObjectName(name)).toBe(i === names.length - 1);
        }
      }),
    );
  });

  it('keeps the path of the worst key of 1,024 bytes within 3,200', () => {
    for (const unit of ['/', './', '%', '\0', '\u0001/', '../', '\ud800']) {
      const worst = unit.repeat(1024 / Buffer.byteLength(unit));
      expect(Buffer.byteLength(pathOfKey(worst).join('/'))).toBeLessThan(3_200);
    }
  });

  it('knows that other files are no objects', () => {
    expect(keyOfPath(['notes.txt'])).toBeUndefined();
    expect(keyOfPath(['%', 'x%%object'])).toBeUndefined();
    expect(keyOfPath([`a%`, 'b%object'])).toBeUndefined();
  });
});
