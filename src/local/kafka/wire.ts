/**
 * Kafka's own encoding of requests and answers: big endian, texts and lists after their length. The newer form, which
 * Kafka calls flexible, has compact lengths and a list of tagged fields behind each structure.
 * https://kafka.apache.org/protocol.html#protocol_types
 */
export interface WireWriter {
  int8(value: number): WireWriter;
  int16(value: number): WireWriter;
  int32(value: number): WireWriter;
  int64(value: number): WireWriter;
  text(value: string | null): WireWriter;
  bytes(value: Uint8Array): WireWriter;
  list<T>(items: readonly T[], each: (item: T) => void): WireWriter;
  /** Of a structure of the newer form: none. */
  noTags(): WireWriter;
  written(): Buffer;
}

export function wireWriter({ isFlexible = false } = {}): WireWriter {
  const parts: Buffer[] = [];

  function length(value: number, classic: 'int16' | 'int32'): void {
    if (isFlexible) parts.push(unsignedVarint(value + 1));
    else writer[classic](value);
  }

  const writer: WireWriter = {
    int8: (value) => add(1, (bytes) => bytes.writeInt8(value)),
    int16: (value) => add(2, (bytes) => bytes.writeInt16BE(value)),
    int32: (value) => add(4, (bytes) => bytes.writeInt32BE(value)),
    int64: (value) => add(8, (bytes) => bytes.writeBigInt64BE(BigInt(value))),
    text(value) {
      const bytes = Buffer.from(value ?? '');
      length(value === null ? -1 : bytes.length, 'int16');
      parts.push(bytes);
      return writer;
    },
    bytes(value) {
      length(value.length, 'int32');
      parts.push(Buffer.from(value));
      return writer;
    },
    list(items, each) {
      length(items.length, 'int32');
      for (const item of items) each(item);
      return writer;
    },
    noTags() {
      if (isFlexible) parts.push(unsignedVarint(0));
      return writer;
    },
    written: () => Buffer.concat(parts),
  };

  function add(size: number, write: (bytes: Buffer) => void): WireWriter {
    const bytes = Buffer.alloc(size);
    write(bytes);
    parts.push(bytes);
    return writer;
  }

  return writer;
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** Throws a `RangeError` where the bytes end before what they say they hold. */
export interface WireReader {
  readonly isFlexible: boolean;
  int8(): number;
  int16(): number;
  int32(): number;
  int64(): number;
  text(): string | null;
  /** A view of the bytes read; an absent value is empty. */
  bytes(): Buffer;
  uuid(): string;
  list<T>(each: () => T): T[];
  /** Skips the tagged fields of a structure of the newer form. */
  tags(): void;
}

export function wireReader(from: Buffer, { isFlexible = false } = {}): WireReader {
  let at = 0;

  function take(size: number): number {
    const start = at;
    if (size > from.length - at) throw new RangeError('The answer ends too early.');
    at += size;
    return start;
  }

  function varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = from.readUInt8(take(1));
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('A length has no end.');
  }

  const reader: WireReader = {
    isFlexible,
    int8: () => from.readInt8(take(1)),
    int16: () => from.readInt16BE(take(2)),
    int32: () => from.readInt32BE(take(4)),
    int64: () => Number(from.readBigInt64BE(take(8))),
    text() {
      const length = isFlexible ? varint() - 1 : reader.int16();
      if (length < 0) return null;
      const start = take(length);
      return from.toString('utf8', start, start + length);
    },
    bytes() {
      const length = Math.max(0, isFlexible ? varint() - 1 : reader.int32());
      const start = take(length);
      return from.subarray(start, start + length);
    },
    uuid() {
      const start = take(16);
      return from.toString('base64url', start, start + 16);
    },
    list(each) {
      const items = Math.max(0, isFlexible ? varint() - 1 : reader.int32());
      // Each takes a byte at least; a length that lies must not take memory.
      if (items > from.length - at) throw new RangeError('A list says it is longer than the answer.');
      return Array.from({ length: items }, each);
    },
    tags() {
      if (!isFlexible) return;
      for (let left = varint(); left > 0; left--) {
        varint();
        take(varint());
      }
    },
  };
  return reader;
}
