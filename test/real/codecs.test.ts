import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompressionFormat, codec } from '../../src/formats/compression.ts';
import { isZstdAvailable } from '../../src/formats/zstd.ts';
import { collected, logLines, noise, sameLines, streamOf } from '../formats/chunks.ts';
import { readHadoopSnappy, readXerialSnappy } from '../formats/readers.ts';
import { classPath, hadoopJars } from './jars.ts';
import { itWith, run, tool } from './tools.ts';

/** Debian's packages are for its own Python, which need not be the first on the path. */
const python = tool('python3', 'apt-get install python3', ['/usr/bin/python3', '--version']);
const pythonSnappy = tool('python3-snappy', 'apt-get install python3-snappy', [
  '/usr/bin/python3',
  '-c',
  'import snappy.hadoop_snappy',
]);
const gzip = tool('gzip', 'apt-get install gzip', ['gzip', '--version']);
const unzip = tool('unzip', 'apt-get install unzip', ['unzip', '-v']);
const zstd = tool('zstd', 'apt-get install zstd', ['zstd', '--version']);
const java = tool('Java', 'apt-get install openjdk-17-jdk-headless', ['java', '-version']);
const jars = hadoopJars();

const ENTRY = '5f1c7a5e-0f5c-4d43-9a3e-0a2b8c1d2e3f';

const CONTENTS = Object.entries({
  'no bytes': Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'log lines of 3 MB': logLines(3_000_000),
  'incompressible bytes of 2 MB': noise(2_000_000),
  'the same line over and over': sameLines(1_000_000),
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hydrant-codecs-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(CONTENTS)('%s', (_, content) => {
  itWith([gzip], 'gzip -t and gzip -dc take our GZIP', async () => {
    const file = await compressed('GZIP', content);
    run('gzip', ['-t'], file);
    expectSame(run('gzip', ['-dc'], file), content);
  });

  itWith([python], "Python's gzip reads our GZIP", async () => {
    const script = 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))';
    expectSame(run('/usr/bin/python3', ['-c', script], await compressed('GZIP', content)), content);
  });

  itWith([unzip], 'unzip -t and unzip -p take our ZIP', async () => {
    const path = await stored('unzip.zip', await compressed('ZIP', content));
    run('unzip', ['-t', path]);
    expectSame(run('unzip', ['-p', path, ENTRY]), content);
  });

  itWith([python], "Python's zipfile reads our ZIP", async () => {
    const path = await stored('python.zip', await compressed('ZIP', content));
    const script = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
assert archive.namelist() == [sys.argv[2]]
sys.stdout.buffer.write(archive.read(sys.argv[2]))`;
    expectSame(run('/usr/bin/python3', ['-c', script, path, ENTRY]), content);
  });

  itWith([java, jars], "java.util.zip's stream reads our ZIP", async () => {
    expectSame(throughJava('read-zip', await compressed('ZIP', content)), content);
  });

  itWith([java, jars], "snappy-java's SnappyInputStream reads our Snappy", async () => {
    expectSame(throughJava('read-snappy-java', await compressed('Snappy', content)), content);
  });

  itWith([java, jars], "Hadoop's BlockDecompressorStream reads our HADOOP_SNAPPY", async () => {
    expectSame(throughJava('read-hadoop', await compressed('HADOOP_SNAPPY', content)), content);
  });

  itWith([pythonSnappy], "python-snappy's hadoop_snappy reads our HADOOP_SNAPPY", async () => {
    const script = `
import sys
from snappy.hadoop_snappy import StreamDecompressor
sys.stdout.buffer.write(StreamDecompressor().decompress(sys.stdin.buffer.read()))`;
    expectSame(run('/usr/bin/python3', ['-c', script], await compressed('HADOOP_SNAPPY', content)), content);
  });

  // Node 20 is supported and has no zstd: that is no missing tool.
  const zstdTitle = 'zstd -t and zstd -dc take our zstd';
  if (!isZstdAvailable()) it.skip(`${zstdTitle} (skipped: needs Node 22.15)`);
  else {
    itWith([zstd], zstdTitle, async () => {
      const file = await compressed('zstd', content);
      run('zstd', ['-q', '-t'], file);
      expectSame(run('zstd', ['-q', '-dc'], file), content);
    });
  }

  itWith([java, jars], 'the readers of the ordinary tests read what snappy-java and Hadoop write', async () => {
    expectSame(readXerialSnappy(throughJava('write-snappy-java', content)), content);
    expectSame(readHadoopSnappy(throughJava('write-hadoop', content)), content);
    expectSame(readHadoopSnappy(throughJava('write-snappy-java-for-hadoop', content)), content);
  });
});

itWith([unzip, python], 'a ZIP of more than 4 GiB, stored as long as it is, is read by unzip and Python', async () => {
  const path = join(folder, 'large.zip');
  const piece = Buffer.alloc(1024 * 1024);
  async function* zeros() {
    for (let i = 0; i < 4100; i++) yield piece;
  }

  // Level 0 stores, so that sizes, offsets and the directory's place all pass 32 bits.
  await pipeline(codec('ZIP', { entryName: ENTRY, level: 0 }).compress(zeros()), createWriteStream(path));

  expect(run('unzip', ['-t', path]).toString()).toContain('No errors detected');
  const script = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).infolist()[0].file_size)';
  expect(run('/usr/bin/python3', ['-c', script, path]).toString().trim()).toBe(String(4100 * 1024 * 1024));
});

function compressed(format: CompressionFormat, content: Buffer): Promise<Buffer> {
  return collected(codec(format, { entryName: ENTRY }).compress(streamOf([content])));
}

async function stored(name: string, file: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, file);
  return path;
}

function throughJava(mode: string, input: Buffer): Buffer {
  return run('java', ['-cp', classPath, join(import.meta.dirname, 'CodecStreams.java'), mode], input);
}

function expectSame(actual: Buffer, expected: Buffer): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.equals(expected)).toBe(true);
}
