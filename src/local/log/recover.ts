import assert from 'node:assert';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { ALIGNMENT, FIRST_GROUP, FORMAT_VERSION, storedBytes } from './format.ts';
import { fileNumber, segmentName } from './fresh-files.ts';
import { decodeHeader } from './header.ts';
import { applyGroup, applyOpen, emptyLedger } from './ledger.ts';
import type { Damage, Report } from './report.ts';
import { type Found, readAt, scan } from './scan.ts';
import { restore } from './snapshot.ts';
import type { Ledger, SegmentHeader, Snapshot } from './state.ts';

/** What the folder held when the log was opened. */
export interface Recovered {
  readonly ledger: Ledger;
  readonly segments: readonly number[];
  /** Names of files that can become segments. */
  readonly spares: readonly string[];
  /** Larger than every number in use. */
  readonly nextNumber: number;
}

interface FoundSegment {
  readonly header: SegmentHeader;
  readonly file: DiskFile;
}

/**
 * Finds the state the log had. The newest segment with a readable snapshot has all of it but what its own groups, and
 * those of the segments after it, did since; the bytes of other segments are not read. Should no snapshot be readable,
 * everything that can be found is replayed from nothing: what had finished before may come back, but nothing is lost.
 */
export async function recover(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly segmentBytes: number;
  readonly report: Report;
}): Promise<Recovered> {
  const { disk, folder, report } = options;
  const found = new Map<number, FoundSegment>();
  const spares: string[] = [];
  let highest = 0;
  try {
    for (const name of await disk.list(folder)) {
      const number = fileNumber(name);
      if (number === undefined) continue;
      highest = Math.max(highest, number);
      const segment = await openFile(options, name, spares);
      if (segment) found.set(number, segment);
    }
    const ledger = await replay(found, report);
    await reportMissing(ledger, found, report);
    for (const number of ledger.segments.keys()) if (!found.has(number)) ledger.segments.delete(number);
    return { ledger, segments: [...found.keys()], spares, nextNumber: highest + 1 };
  } finally {
    for (const { file } of found.values()) await file.close();
  }
}

/** The segment in the file. A file prepared for later goes to the spares or away, a damaged one to quarantine. */
async function openFile(
  { disk, folder, segmentBytes, report }: Parameters<typeof recover>[0],
  name: string,
  spares: string[],
): Promise<FoundSegment | undefined> {
  const path = join(folder, name);
  const file = await disk.open(path, 'existing');
  const header = decodeHeader(await readAt(file, 0, ALIGNMENT));
  const size = await file.size();
  if (typeof header === 'object' && header.version > FORMAT_VERSION) {
    await file.close();
    throw new ConfigError(
      'data',
      `${folder} was written by a newer version of Hydrant (format ${header.version}, this one reads up to ${FORMAT_VERSION}). Use that version or another folder.`,
    );
  }
  if (typeof header === 'object' && segmentName(header.number) === name) return { header, file };
  await file.close();
  try {
    if (header === 'damaged' && name.startsWith('segment-')) {
      await setAside(disk, folder, name);
      report.warn('The header of a segment is damaged; the whole file was moved to quarantine.', { file: name });
    } else if (size >= segmentBytes) spares.push(name);
    else await disk.remove(path);
  } catch (error) {
    report.warn('A file that is no segment could not be put away; it stays where it is.', {
      file: name,
      error: String(error),
    });
  }
  return undefined;
}

async function setAside(disk: Disk, folder: string, name: string): Promise<void> {
  const quarantine = join(folder, 'quarantine');
  await disk.makeFolder(quarantine);
  await disk.rename(join(folder, name), join(quarantine, name));
}

async function replay(found: ReadonlyMap<number, FoundSegment>, report: Report): Promise<Ledger> {
  const { base, chain } = await lastSnapshot(found);
  const ledger = base === undefined ? emptyLedger() : restore(base.snapshot);
  for (const [at, segment] of chain.entries()) {
    const { header } = segment;
    const next = chain[at + 1]?.header;
    const isBase = base !== undefined && at === 0;
    if (!isBase) await openInto(ledger, header, { report, isFirst: at === 0 });
    const known = next?.previous === header.number ? next.previousEnd : undefined;
    await replaySegment(ledger, segment, {
      report,
      from: isBase ? base.end : FIRST_GROUP,
      ...(known && { end: known }),
    });
  }
  return ledger;
}

/** The newest readable snapshot, and the segments to replay upon it, the snapshot's own first. */
async function lastSnapshot(found: ReadonlyMap<number, FoundSegment>) {
  const chain: FoundSegment[] = [];
  let at = found.get(Math.max(0, ...found.keys()));
  while (at !== undefined && chain.length < found.size) {
    chain.unshift(at);
    const base = await snapshotOf(at);
    if (base) return { base, chain };
    at = at.header.previous === undefined ? undefined : found.get(at.header.previous);
  }
  const all = [...found.values()].sort((a, b) => a.header.number - b.header.number);
  return { base: undefined, chain: all };
}

async function snapshotOf({ header, file }: FoundSegment): Promise<{ snapshot: Snapshot; end: number } | undefined> {
  const options = { segment: header.number, salt: header.salt, from: FIRST_GROUP, checkBlocks: false };
  for await (const first of scan(file, options)) {
    if (first.kind === 'damage' || first.group.snapshot === undefined) return undefined;
    return { snapshot: first.group.snapshot, end: first.end };
  }
  return undefined;
}

async function openInto(
  ledger: Ledger,
  header: SegmentHeader,
  { report, isFirst }: { report: Report; isFirst: boolean },
) {
  const lost = header.seq - ledger.seq;
  if (lost > 0 && !isFirst) await report.damage({ segment: header.number, offset: 0, end: 0, records: lost });
  ledger.seq = header.seq;
  applyOpen(ledger, header, FIRST_GROUP);
}

async function replaySegment(
  ledger: Ledger,
  { header, file }: FoundSegment,
  { report, ...range }: { readonly report: Report; readonly from: number; readonly end?: number },
): Promise<void> {
  const { number: segment, salt } = header;
  const state = ledger.segments.get(segment);
  assert(state, 'A segment was opened before it is replayed.');
  state.end = range.from;
  let held: Damage | undefined;
  for await (const found of scan(file, { segment, salt, checkBlocks: true, ...range })) {
    state.end = found.end;
    // Header, snapshot and first group come with one write. If only they are there, that write was torn and never
    // acknowledged.
    if (held && !(found.kind === 'group' && found.group.isFirst)) {
      await report.damage(held);
      held = undefined;
    }
    const damage = { segment, offset: found.offset, end: found.end, records: 0, file };
    if (found.kind === 'group') await replayGroup(ledger, found, { report, file });
    else if (found.offset === FIRST_GROUP) held = damage;
    else await report.damage(damage);
  }
}

async function replayGroup(
  ledger: Ledger,
  { group, offset, end, broken }: Found & { readonly kind: 'group' },
  { report, file }: { readonly report: Report; readonly file: DiskFile },
): Promise<void> {
  const { segment, seq } = group;
  if (seq > ledger.seq) await report.damage({ segment, offset, end: offset, records: seq - ledger.seq });
  for (const block of broken) {
    const range = { offset: block.offset, end: block.offset + storedBytes(block) };
    await report.damage({ segment, ...range, records: block.count, file });
  }
  applyGroup(ledger, group, end);
}

/** Live records in segments whose files are gone. */
async function reportMissing(ledger: Ledger, found: ReadonlyMap<number, unknown>, report: Report): Promise<void> {
  for (const { records, places } of ledger.origins.values()) {
    for (const { segment } of places) {
      if (!found.has(segment)) await report.damage({ segment, offset: 0, end: 0, records });
    }
  }
}
