import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { userRecordsIn } from '../../src/sources/kpl.ts';
import { delimited, packed, sealed, varintField } from './packed.ts';

interface Golden {
  readonly name: string;
  /** Partition key, base64, and perhaps an explicit hash key. */
  readonly records: readonly (readonly [string, string, string?])[];
  readonly bytes: string;
}

/**
 * Packed by AWS's own `aws_kinesis_agg` for Python, version 1.2.3, from the records that stand beside; `test/real` has
 * it pack them again.
 */
const GOLDEN = readFileSync(join(import.meta.dirname, 'fixtures/kpl.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line): Golden => JSON.parse(line));

const TAG = delimited(1, Buffer.from('name'));

function unpacked(data: Uint8Array): readonly (readonly [string, string])[] | undefined {
  const records = userRecordsIn(data);
  return records && [...records].map((record) => [record.partitionKey, Buffer.from(record.data).toString('base64')]);
}

describe('a packed record', () => {
  it.each(GOLDEN)('gives the records that were packed: $name', ({ bytes, records }) => {
    expect(unpacked(Buffer.from(bytes, 'base64'))).toEqual(records.map(([key, data]) => [key, data]));
  });

  it('that holds none gives none', () => {
    expect(unpacked(packed(['k'], []))).toEqual([]);
  });

  it('may have fields of later versions', () => {
    const record = [varintField(1, 0), varintField(9, 2 ** 40), delimited(3, Buffer.from('x')), delimited(4, TAG)];
    const message = [
      delimited(1, Buffer.from('k')),
      Buffer.from('490102030405060708', 'hex'),
      Buffer.from('5501020304', 'hex'),
    ];

    expect(unpacked(sealed(Buffer.concat([...message, delimited(3, Buffer.concat(record))])))).toEqual([
      ['k', Buffer.from('x').toString('base64')],
    ]);
  });
});

describe('a plain record is', () => {
  const whole = packed(['k'], [{ key: 0, data: 'x' }]);
  const wrongChecksum = Buffer.from(whole);
  wrongChecksum[6]! ^= 1; // the record is longer

  it.each([
    ['one without the magic', Buffer.concat([Buffer.from('f3899ac3', 'hex'), whole.subarray(4)])],
    ['one with a wrong checksum', wrongChecksum],
    ['one that is cut off', whole.subarray(0, -1)],
    ['magic and checksum with nothing between', sealed(Buffer.alloc(0))],
    ['nothing', Buffer.alloc(0)],
    ['one whose length lies', sealed(Buffer.from([0x0a, 0x05, 0x6b]))],
    [
      'one whose length lies within a record',
      sealed(Buffer.concat([delimited(1, TAG), delimited(3, Buffer.from([0x1a, 9]))])),
    ],
    ['one with an endless number', sealed(Buffer.from([0x08, ...new Array(11).fill(0xff), 0]))],
    ['one with a type of field that there is not', sealed(Buffer.from([0x0f, 0]))],
    ['one with a field of number 0', sealed(Buffer.from([0x02, 0]))],
    ['one that names a key beyond the table', packed(['k'], [{ key: 1, data: 'x' }])],
    ['one that names a hash key beyond the table', packed(['k'], [{ key: 0, hashKey: 1, data: 'x' }], ['0'])],
    [
      'one with a record that names no key',
      sealed(Buffer.concat([delimited(1, TAG), delimited(3, delimited(3, TAG))])),
    ],
    ['one with a record that has no data', sealed(Buffer.concat([delimited(1, TAG), delimited(3, varintField(1, 0))]))],
    ['one with a key longer than Kinesis takes', packed(['k'.repeat(1_025)], [{ key: 0, data: 'x' }])],
  ])('%s', (_, data) => {
    expect(unpacked(data)).toBeUndefined();
  });
});

it('whatever bytes the message has, reading it ends, throws nothing, and gives views of it', () => {
  const golden = GOLDEN.map(({ bytes }) => Buffer.from(bytes, 'base64').subarray(4, -16));
  const damaged = fc
    .tuple(fc.constantFrom(...golden), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }))
    .map(([message, changes]) => {
      const bytes = Buffer.from(message);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (message) => {
      const data = sealed(message);
      for (const record of userRecordsIn(data) ?? []) {
        expect(record.data.buffer).toBe(data.buffer);
        expect(record.data.length).toBeLessThanOrEqual(message.length);
      }
    }),
    { numRuns: 2_000 },
  );
});
