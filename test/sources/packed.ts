import { createHash } from 'node:crypto';

export interface PackedRecord {
  readonly key: number;
  readonly hashKey?: number;
  readonly data: string;
}

/** A record as the Kinesis Producer Library packs it; the indexes of keys may be wrong. */
export function packed(keys: readonly string[], records: readonly PackedRecord[], hashKeys: readonly string[] = []) {
  return sealed(
    Buffer.concat([
      ...keys.map((key) => delimited(1, Buffer.from(key))),
      ...hashKeys.map((key) => delimited(2, Buffer.from(key))),
      ...records.map(({ key, hashKey, data }) =>
        delimited(
          3,
          Buffer.concat([
            varintField(1, key),
            ...(hashKey === undefined ? [] : [varintField(2, hashKey)]),
            delimited(3, Buffer.from(data)),
          ]),
        ),
      ),
    ]),
  );
}

/** Magic and checksum around a message, whatever that is. */
export function sealed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

export function delimited(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}
