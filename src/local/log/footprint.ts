import { join } from 'node:path';
import type { Disk } from '../disk.ts';
import { fileNumber } from './fresh-files.ts';

/**
 * Bytes that a log's files take in the folder, 0 where there is none yet. What a budget is taken from is the free space
 * and these: otherwise each restart with a backlog would find less room than there was before.
 */
export async function logBytes(disk: Disk, folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await disk.list(folder)) {
    if (fileNumber(name) === undefined) continue;
    const file = await disk.open(join(folder, name), 'existing');
    try {
      bytes += await file.size();
    } finally {
      await file.close();
    }
  }
  return bytes;
}
