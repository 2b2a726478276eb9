import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in our package.json, which is above this file by more levels when compiled. */
export const VERSION: string = JSON.parse(readFileSync(packageFileAbove(import.meta.dirname), 'utf8')).version;

function packageFileAbove(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return file;
  if (dirname(folder) === folder) throw new Error('Hydrant is installed without its package.json.');
  return packageFileAbove(dirname(folder));
}
