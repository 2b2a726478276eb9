import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { nodeDisk } from '../../../src/local/disk.ts';
import { type LogOptions, openLog } from '../../../src/local/log/log.ts';
import { describeLocalBuffer } from '../../kit/buffer.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

for (const fsync of ['always', 'interval'] as const) {
  let options: LogOptions;
  describeLocalBuffer({
    name: `local log, fsync ${fsync}`,
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), 'hydrant-log-'));
      folders.push(folder);
      options = { folder, disk: nodeDisk(), budgetBytes: 64 * 1024 * 1024, fsync, warn: () => {} };
      return openLog(options);
    },
    reopen: async (buffer) => {
      await buffer.close();
      return openLog(options);
    },
  });
}
