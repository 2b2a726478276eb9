import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../../src/local/disk.ts';
import { type LogOptions, openLog } from '../../../src/local/log/log.ts';
import { describeBuffer } from '../../kit/buffer.ts';

for (const fsync of ['always', 'interval'] as const) {
  let options: LogOptions;
  describeBuffer({
    name: `local log, fsync ${fsync}`,
    open: () => {
      const folder = mkdtempSync(join(tmpdir(), 'hydrant-log-'));
      options = { folder, disk: nodeDisk(), budgetBytes: 64 * 1024 * 1024, fsync, warn: () => {} };
      return openLog(options);
    },
    reopen: async (buffer) => {
      await buffer.close();
      return openLog(options);
    },
  });
}
