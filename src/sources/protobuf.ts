/**
 * The wire format of Protocol Buffers, as far as reading it needs no schema.
 * https://protobuf.dev/programming-guides/encoding/
 */

export interface Field {
  readonly number: number;
  /** Of a varint; one beyond 2^53 is not exact. */
  readonly value: number;
  /** Where the bytes of a length-delimited field lie; absent for a varint. */
  readonly at?: Range;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5] as const;
const FIXED_BYTES: Readonly<Record<number, number>> = { [FIXED64]: 8, [FIXED32]: 4 };

/**
 * The message's fields in order, without those of 4 and 8 bytes. Ends with undefined where the bytes are no message: a
 * length that lies, a varint or a field that is cut off, a type that there is not. Nothing is copied.
 */
export function* fieldsIn(bytes: Uint8Array, { from, to }: Range): Generator<Field | undefined, void> {
  let offset = from;

  function varint(): number | undefined {
    let value = 0;
    for (let i = 0; i < VARINT_LONGEST_BYTES && offset < to; i++) {
      const byte = bytes[offset++]!; // offset < to <= bytes.length
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  while (offset < to) {
    const key = varint();
    if (key === undefined || key > KEY_MOST || key < 8) return yield undefined;
    const [number, type] = [Math.floor(key / 8), key % 8];
    const value = type === VARINT || type === DELIMITED ? varint() : FIXED_BYTES[type];
    if (value === undefined) return yield undefined;
    if (type === VARINT) {
      yield { number, value };
      continue;
    }
    if (value > to - offset) return yield undefined;
    const at = { from: offset, to: offset + value };
    offset = at.to;
    if (type === DELIMITED) yield { number, value: 0, at };
  }
}

const VARINT_LONGEST_BYTES = 10;
/** A field's number has 29 bits, its type 3. */
const KEY_MOST = 2 ** 32 - 1;
