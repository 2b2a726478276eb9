import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePut } from '../../../src/api/put/parse-put.ts';
import type { PutKind } from '../../../src/api/put/put.ts';
import { scanPut, scanRoom } from '../../../src/api/put/scan.ts';
import { ApiError } from '../../../src/core/errors.ts';
import { damaged, putRecordBatchBody, putRecordBody } from './bodies.ts';

const scan = (body: Buffer, kind: PutKind) => scanPut(body, kind, Buffer.alloc(scanRoom(body), 0xaa));

function parse(body: Buffer, kind: PutKind) {
  try {
    const { streamName, data, lengths } = parsePut(body, kind);
    return { streamName, data: Buffer.from(data), lengths };
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    return undefined;
  }
}

/** How often the scan read a body, and how often it gave one up that JSON.parse could read. */
function compare(bodies: fc.Arbitrary<Buffer>, kind: PutKind): { scanned: number; givenUp: number } {
  const counts = { scanned: 0, givenUp: 0 };
  fc.assert(
    fc.property(bodies, (body) => {
      const untouched = Buffer.from(body);
      const scanned = scan(body, kind);
      expect(body.equals(untouched)).toBe(true);

      const parsed = parse(body, kind);
      if (scanned === undefined) counts.givenUp += parsed === undefined ? 0 : 1;
      else {
        counts.scanned += 1;
        expect(scanned).toEqual(parsed);
      }
    }),
    { numRuns: 25_000 },
  );
  return counts;
}

describe('a scanned put', () => {
  it.each([
    ['PutRecord', putRecordBody, 'one'],
    ['PutRecordBatch', putRecordBatchBody, 'many'],
  ] as const)('holds what JSON.parse finds in the same body of %s', (_, bodies, kind) => {
    const { scanned, givenUp } = compare(bodies, kind);

    expect(scanned).toBeGreaterThan(10_000);
    expect(givenUp).toBeGreaterThan(500);
  });

  it.each([
    ['PutRecord', putRecordBody, 'one'],
    ['PutRecordBatch', putRecordBatchBody, 'many'],
  ] as const)(
    'is never read from a damaged body of %s that JSON.parse refuses or reads otherwise',
    (_, bodies, kind) => {
      const { scanned } = compare(damaged(bodies), kind);

      expect(scanned).toBeGreaterThan(100);
    },
  );

  const put = (...records: string[]) =>
    Buffer.from(JSON.stringify({ DeliveryStreamName: 'name', Records: records.map((Data) => ({ Data })) }));

  it('is read from plain bodies in one walk, whatever the lengths and the padding of its records', () => {
    const records = Array.from({ length: 100 }, (_, length) => Buffer.alloc(length, 255 - length));

    const scanned = scan(put(...records.map((bytes) => bytes.toString('base64'))), 'many');

    expect(scanned?.lengths).toEqual(Uint32Array.from(records, ({ length }) => length));
    expect(scanned?.data).toEqual(Buffer.concat(records));
  });

  it('has up to 500 records', () => {
    expect(scan(put(...Array(500).fill('QQ==')), 'many')?.lengths.length).toBe(500);
    expect(scan(put(...Array(501).fill('QQ==')), 'many')).toBeUndefined();
  });

  it('has records of up to 1,024,000 bytes', () => {
    const base64 = (bytes: number) => Buffer.alloc(bytes).toString('base64');

    expect(scan(put(base64(1_024_000)), 'many')?.lengths).toEqual(Uint32Array.of(1_024_000));
    expect(scan(put(base64(1_024_001)), 'many')).toBeUndefined();
    expect(scan(put(base64(1_024_002)), 'many')).toBeUndefined();
  });

  it('has up to 4 MiB', () => {
    const quarter = Buffer.alloc(1024 * 1024 - 1024 * 30).toString('base64');
    const rest = (bytes: number) => Buffer.alloc(4 * 1024 * 30 + bytes).toString('base64');

    const whole = scan(put(quarter, quarter, quarter, quarter, rest(-1)), 'many');

    expect(whole?.data.length).toBe(4 * 1024 * 1024 - 1);
    const tooMuch = put(quarter, quarter, quarter, quarter, rest(1));
    expect(scanPut(tooMuch, 'many', Buffer.alloc(tooMuch.length))).toBeUndefined();
  });

  it('never lies beyond the memory it was given', () => {
    expect(scanPut(put('QUJD', 'QUJD'), 'many', Buffer.alloc(5))).toBeUndefined();
    expect(scanPut(put('QUJDQUJD'), 'many', Buffer.alloc(5))).toBeUndefined();
  });
});
