import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { EVENTS } from './events.ts';
import { BUCKET } from './streams.ts';

export interface Found {
  /** The objects' paths, in order. */
  readonly objects: readonly string[];
  /** As stored. */
  readonly bytes: number;
  readonly missing: number;
  readonly doubled: number;
}

/** Reads every object of the bucket and counts how often each event is there. */
export async function readBack(dataFolder: string, read: (events: number) => void): Promise<Found> {
  const folder = join(dataFolder, 'buckets', BUCKET);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const objects = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const times = new Uint8Array(EVENTS);
  let bytes = 0;
  let events = 0;
  for (const object of objects) {
    const stored = await readFile(object);
    bytes += stored.length;
    const text = (await promisify(gunzip)(stored)).toString('utf8');
    for (const line of text.trimEnd().split('\n')) {
      const { number } = JSON.parse(line) as { readonly number: number };
      times[number] = times[number]! + 1; // numbers are below EVENTS
      events++;
    }
    read(events);
  }
  const missing = times.filter((count) => count === 0).length;
  const doubled = times.filter((count) => count > 1).length;
  return { objects: objects.sort(), bytes, missing, doubled };
}
