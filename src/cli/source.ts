import { fstatSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { ConfigError } from '../core/errors.ts';

const READ_BYTES = 256 * 1024;

export interface Source {
  readonly bytes: AsyncIterable<Buffer>;
  /** Absent for a pipe. */
  readonly sizeBytes?: number;
}

/** A file, or standard input when it is absent or `-`. Throws a `ConfigError` for the field when it cannot be read. */
export async function openSource(file: string | undefined, field: string): Promise<Source> {
  if (file === undefined || file === '-') return { bytes: process.stdin, ...sizeIn(fstatSync(process.stdin.fd)) };
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new Error('it is a folder');
    return { bytes: handle.createReadStream({ highWaterMark: READ_BYTES }), ...sizeIn(stats) };
  } catch (error) {
    throw new ConfigError(field, `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function sizeIn(stats: Stats): { readonly sizeBytes?: number } {
  return stats.isFile() ? { sizeBytes: stats.size } : {};
}
