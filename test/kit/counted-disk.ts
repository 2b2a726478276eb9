import { basename } from 'node:path';
import type { Disk, DiskFile } from '../../src/local/disk.ts';

export interface CountedDisk extends Disk {
  /** Bytes since the last call. */
  taken(): Traffic;
}

export interface Traffic {
  readonly written: number;
  readonly read: number;
}

/**
 * The disk, and how many bytes the log writes to it and reads from it. Files that are filled with zeros ahead of their
 * use, and then used over and over, are not counted.
 */
export function countedDisk(disk: Disk): CountedDisk {
  let written = 0;
  let read = 0;

  function counted(file: DiskFile): DiskFile {
    const count = (pieces: readonly Uint8Array[]): void => {
      for (const piece of pieces) written += piece.length;
    };
    return {
      ...file,
      async read(buffer, position) {
        const bytes = await file.read(buffer, position);
        read += bytes;
        return bytes;
      },
      async write(pieces, position) {
        count(pieces);
        await file.write(pieces, position);
      },
      async writeDurably(pieces, position) {
        count(pieces);
        await file.writeDurably(pieces, position);
      },
    };
  }

  return {
    ...disk,
    async open(path, how) {
      const file = await disk.open(path, how);
      return how === 'create' && basename(path).startsWith('spare-') ? file : counted(file);
    },
    taken() {
      const traffic = { written, read };
      written = 0;
      read = 0;
      return traffic;
    },
  };
}
