import { join } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { readAt } from './scan.ts';

/** What the operator should know, and what must not be lost silently: damaged bytes are kept aside and counted. */
export interface Report {
  /** One sentence and its fields. */
  warn(message: string, fields: Readonly<Record<string, string | number>>): void;
  /**
   * Bytes of a segment are not what was written. Counts each place once and copies its bytes to quarantine; never
   * rejects.
   */
  damage(damage: Damage): Promise<void>;
  damaged(): DamageCount;
}

export interface Damage {
  readonly segment: number;
  readonly offset: number;
  readonly end: number;
  /** Records known to be lost with it. */
  readonly records: number;
  /** Where the bytes can still be read; absent when they cannot. */
  readonly file?: DiskFile;
}

/** Since the log was opened. */
export interface DamageCount {
  readonly places: number;
  readonly records: number;
  readonly bytes: number;
}

/** Beyond these the damage is counted and reported but its bytes are not kept: a dying disk must not fill itself. */
const KEPT_PLACES = 1_000;
const KEPT_BYTES = 256 * 1024 * 1024;
/** Places remembered, so that reading them again is not reported again. */
const KNOWN_PLACES = 100_000;

export function openReport(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly warn: Report['warn'];
}): Report {
  const { disk, warn } = options;
  const folder = join(options.folder, 'quarantine');
  const known = new Set<string>();
  const count = { places: 0, records: 0, bytes: 0 };
  let keptBytes = 0;

  async function keep({ segment, offset, end, file }: Damage): Promise<void> {
    if (file === undefined || known.size > KEPT_PLACES || keptBytes + end - offset > KEPT_BYTES) return;
    keptBytes += end - offset;
    const bytes = await readAt(file, offset, end - offset);
    await disk.makeFolder(folder);
    const name = `segment-${segment}-${offset}`;
    if ((await disk.list(folder)).includes(name)) return;
    const copy = await disk.open(join(folder, name), 'create');
    try {
      await copy.write([bytes], 0);
    } finally {
      await copy.close();
    }
  }

  return {
    warn,
    async damage(damage) {
      const { segment, offset, end, records } = damage;
      const place = `${segment}/${offset}`;
      if (known.has(place)) return;
      if (known.size < KNOWN_PLACES) known.add(place);
      count.places += 1;
      count.records += records;
      count.bytes += end - offset;
      warn('Stored bytes are damaged: the records in them are lost, the rest goes on.', {
        ...{ segment, offset, bytes: end - offset, records },
        quarantine: folder,
      });
      try {
        await keep(damage);
      } catch (error) {
        warn('The damaged bytes could not be copied to quarantine.', { segment, offset, error: String(error) });
      }
    },
    damaged: () => ({ ...count }),
  };
}
