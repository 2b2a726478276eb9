import assert from 'node:assert';
import { crc32, inflateRawSync } from 'node:zlib';
import { uncompressSync } from 'snappy';

/** A gzip file of exactly one member with nothing behind it. */
export function readGzipMember(file: Buffer): Buffer {
  assert.deepEqual(file.subarray(0, 4), Buffer.from([0x1f, 0x8b, 8, 0]), 'a header without optional fields');
  const { buffer, engine } = inflateRawSync(file.subarray(10), { info: true }) as unknown as {
    buffer: Buffer; // With `info` that is what node:zlib gives, which its types do not say.
    engine: { bytesWritten: number };
  };
  const trailer = file.subarray(10 + engine.bytesWritten);
  assert.equal(trailer.length, 8, 'the trailer ends the file');
  assert.equal(trailer.readUInt32LE(0), crc32(buffer));
  assert.equal(trailer.readUInt32LE(4), buffer.length);
  return buffer;
}

/** A ZIP file of one deflated entry, read by its directory as most programs do. */
export function readZip(file: Buffer): { name: string; content: Buffer } {
  const end = file.subarray(-22);
  assert.equal(end.readUInt32LE(0), 0x06054b50);
  assert.equal(end.readUInt16LE(10), 1);
  const directory = file.subarray(end.readUInt32LE(16), -22);
  assert.equal(directory.length, end.readUInt32LE(12));
  assert.equal(directory.readUInt32LE(0), 0x02014b50);
  assert.equal(directory.readUInt16LE(8) & (1 << 11), 1 << 11, 'the name is marked as UTF-8');
  const nameLength = directory.readUInt16LE(28);
  const local = file.subarray(directory.readUInt32LE(42));
  assert.equal(local.readUInt32LE(0), 0x04034b50);
  const start = 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const content = inflateRawSync(local.subarray(start, start + directory.readUInt32LE(20)));
  assert.equal(content.length, directory.readUInt32LE(24));
  assert.equal(crc32(content), directory.readUInt32LE(16));
  return { name: directory.toString('utf8', 46, 46 + nameLength), content };
}

/** What snappy-java's SnappyInputStream reads; proven on a file that snappy-java wrote. */
export function readXerialSnappy(file: Buffer): Buffer {
  assert.equal(file.subarray(0, 8).toString('latin1'), '\x82SNAPPY\0');
  assert.equal(file.readUInt32BE(8), 1);
  assert.equal(file.readUInt32BE(12), 1);
  const blocks: Buffer[] = [];
  for (let at = 16; at < file.length; at += 4 + file.readUInt32BE(at)) {
    const block = uncompressed(file.subarray(at + 4, at + 4 + file.readUInt32BE(at)));
    assert.ok(block.length <= 32 * 1024, "a block is no larger than snappy-java's");
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

/** What Hadoop's BlockDecompressorStream reads; proven on a file that Hadoop wrote. */
export function readHadoopSnappy(file: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < file.length) {
    const blockLength = file.readUInt32BE(at);
    at += 4;
    for (let read = 0; read < blockLength; ) {
      const length = file.readUInt32BE(at);
      // Hadoop's buffers: a bigger chunk cannot be read there.
      assert.ok(length <= 256 * 1024, 'a compressed chunk fits in a buffer of 256 KiB');
      const chunk = uncompressed(file.subarray(at + 4, at + 4 + length));
      chunks.push(chunk);
      read += chunk.length;
      at += 4 + length;
    }
  }
  return Buffer.concat(chunks);
}

function uncompressed(block: Buffer): Buffer {
  return Buffer.from(uncompressSync(block));
}
