import { join } from 'node:path';
import type { Disk } from './disk.ts';
import type { HydrantOptions } from './hydrant-options.ts';
import { logBytes } from './log/footprint.ts';
import { type Log, openLog } from './log/log.ts';

const GIB = 1024 ** 3;
const DEFAULT_BUDGET_BYTES = 10 * GIB;

/** The buffer in the data folder. Without a budget it may take half of what is free, or is its own already. */
export async function openBuffer(disk: Disk, options: HydrantOptions): Promise<Log> {
  const { dataFolder, logger, bufferBudgetBytes, fsync = 'always' } = options;
  const folder = join(dataFolder, 'log');
  // What the log holds already is its own: a restart with a backlog must not find a smaller budget.
  const roomBytes = async () => {
    // Under a second process files come and go; that it is one is for the log to say.
    const held = await logBytes(disk, folder).catch(() => 0);
    return (await disk.freeBytes(dataFolder)) + held;
  };
  return openLog({
    ...{ folder, disk, fsync },
    budgetBytes: bufferBudgetBytes ?? Math.min(DEFAULT_BUDGET_BYTES, (await roomBytes()) / 2),
    warn: (message, fields) => logger.warn(fields, message),
  });
}
