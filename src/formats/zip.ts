import { crc32, createDeflateRaw } from 'node:zlib';
import { OUTPUT_CHUNK_BYTES, throughZlib } from './zlib-stream.ts';

/**
 * A ZIP archive of one deflated entry, streamed: sizes and checksum follow the data, in a descriptor and in the
 * directory at the end. Past 4 GiB these are written in zip64's form, as java.util.zip does it. The time stamp is
 * always 1980-01-01, the format's first.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function* zip(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly entryName: string; readonly level: number },
): AsyncGenerator<Uint8Array> {
  const name = Buffer.from(options.entryName);
  yield Buffer.concat([localHeader(name), name]);

  const entry = { crc: 0, bytes: 0, compressedBytes: 0 };
  const deflate = () => createDeflateRaw({ level: options.level, chunkSize: OUTPUT_CHUNK_BYTES });
  for await (const deflated of throughZlib(counted(chunks, entry), deflate)) {
    entry.compressedBytes += deflated.length;
    yield deflated;
  }
  const descriptor = dataDescriptor(entry);
  const directoryAt = LOCAL_HEADER_BYTES + name.length + entry.compressedBytes + descriptor.length;
  const directory = directoryEntry(name, entry);
  yield Buffer.concat([descriptor, directory, directoryEnd(directoryAt, directory.length)]);
}

interface Entry {
  crc: number;
  bytes: number;
  compressedBytes: number;
}

/** Passes the chunks on and notes their length and checksum. */
async function* counted(chunks: AsyncIterable<Uint8Array>, entry: Entry): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    entry.crc = crc32(chunk, entry.crc);
    entry.bytes += chunk.length;
    yield chunk;
  }
}

const LOCAL_HEADER_BYTES = 30;
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** Bit 3: sizes follow the data. Bit 11: the name is UTF-8. */
const FLAGS = (1 << 3) | (1 << 11);
const DEFLATED = 8;
const FIRST_DATE = 0x21; // 1980-01-01
/** In a 32-bit field: the value is in the zip64 form instead. */
const SEE_ZIP64 = 0xffffffff;

function isZip64({ bytes, compressedBytes }: Entry): boolean {
  return bytes >= SEE_ZIP64 || compressedBytes >= SEE_ZIP64;
}

function localHeader(name: Buffer): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(DEFLATED, 8);
  header.writeUInt16LE(FIRST_DATE, 12);
  header.writeUInt16LE(name.length, 26);
  return header;
}

function dataDescriptor(entry: Entry): Buffer {
  const zip64 = isZip64(entry);
  const descriptor = Buffer.alloc(zip64 ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(entry.crc, 4);
  if (zip64) {
    descriptor.writeBigUInt64LE(BigInt(entry.compressedBytes), 8);
    descriptor.writeBigUInt64LE(BigInt(entry.bytes), 16);
  } else {
    descriptor.writeUInt32LE(entry.compressedBytes, 8);
    descriptor.writeUInt32LE(entry.bytes, 12);
  }
  return descriptor;
}

function directoryEntry(name: Buffer, entry: Entry): Buffer {
  const zip64 = isZip64(entry);
  const extra = zip64 ? zip64Sizes(entry) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(zip64 ? VERSION_ZIP64 : VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(DEFLATED, 10);
  header.writeUInt16LE(FIRST_DATE, 14);
  header.writeUInt32LE(entry.crc, 16);
  header.writeUInt32LE(zip64 ? SEE_ZIP64 : entry.compressedBytes, 20);
  header.writeUInt32LE(zip64 ? SEE_ZIP64 : entry.bytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  return Buffer.concat([header, name, extra]);
}

function zip64Sizes(entry: Entry): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(BigInt(entry.bytes), 4);
  extra.writeBigUInt64LE(BigInt(entry.compressedBytes), 12);
  return extra;
}

function directoryEnd(directoryAt: number, directoryBytes: number): Buffer {
  const zip64 = directoryAt >= SEE_ZIP64;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(zip64 ? SEE_ZIP64 : directoryAt, 16);
  return zip64 ? Buffer.concat([zip64DirectoryEnd(directoryAt, directoryBytes), end]) : end;
}

/** The zip64 end record, and the locator that says where it is. */
function zip64DirectoryEnd(directoryAt: number, directoryBytes: number): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4); // The rest of the record.
  end.writeUInt16LE(VERSION_ZIP64, 12);
  end.writeUInt16LE(VERSION_ZIP64, 14);
  end.writeBigUInt64LE(1n, 24);
  end.writeBigUInt64LE(1n, 32);
  end.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end.writeBigUInt64LE(BigInt(directoryAt), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(directoryAt + directoryBytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
