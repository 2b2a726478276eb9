import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { type Tally, tallyOf } from './collectors.ts';
import { numbersIn } from './events.ts';
import type { FarSide } from './far-side.ts';

/** A folder that files are written to. It dies by being moved away, with a file left in its place. */
export function outputFolder(folder: string): FarSide & { has(): Promise<Tally> } {
  const away = `${folder}.away`;
  return {
    async kill() {
      await fs.rename(folder, away);
      await fs.writeFile(folder, 'There is no folder here.');
    },
    async revive() {
      await fs.rm(folder);
      await fs.rename(away, folder);
    },
    async has() {
      const names = await fs.readdir(folder);
      const texts = await Promise.all(names.map((name) => fs.readFile(join(folder, name), 'utf8')));
      return tallyOf(texts.flatMap(numbersIn));
    },
    close: async () => {},
  };
}
