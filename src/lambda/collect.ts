import type { BatchState } from './batch-rows.ts';
import { stagedBody } from './bodies.ts';
import { type Entry, remember, type Sealing } from './lane-entries.ts';
import { objectsOf } from './parts.ts';
import type { Row } from './services.ts';
import type { Store } from './store.ts';

/** Longer than any function runs: what is younger may belong to a change that is not decided yet. */
const YOUNG_MS = 24 * 60 * 60 * 1000;
/** Objects looked at in one scan of the table, which bounds memory. */
const CANDIDATES_MOST = 100_000;

/**
 * Removes objects that no row names: what undecided changes and replaced rows have left behind. An object may change
 * owners while the table is scanned, but the row of each owner stays for a day after it, so the scan sees one of them.
 * On the way it looks after open entries whose lane is closed: of puts that a crash cut off.
 * Resolves with how many were removed.
 */
export async function collect(store: Store): Promise<number> {
  const candidates = new Set<string>();
  let removed = 0;
  for await (const { key, storedAt } of store.objects.list()) {
    if (storedAt <= store.now() - YOUNG_MS) candidates.add(key);
    if (candidates.size === CANDIDATES_MOST) removed += await removeUnnamed(store, candidates);
  }
  return removed + (await removeUnnamed(store, candidates));
}

/** Empties the set. The table is scanned also for nothing: puts that were cut off may be inline. */
async function removeUnnamed(store: Store, candidates: Set<string>): Promise<number> {
  /** Partitions that were looked after. */
  const remembered = new Set<string>();
  for await (const row of store.rows.all()) {
    for (const key of await namedBy(row, store)) candidates.delete(key);
    if (row.open === undefined || remembered.has(row.partition)) continue;
    remembered.add(row.partition);
    await remember(store, await store.bodies.unfold<Entry>(row));
  }
  const unnamed = [...candidates];
  candidates.clear();
  await store.objects.remove(unnamed);
  return unnamed.length;
}

type Body = Partial<Pick<Entry, 'parts'> & Pick<BatchState, 'decided'>> & { readonly sealing?: Sealing };

/** All that rows may have as their bodies, one or several, as far as it names objects. */
async function namedBy(row: Row, { bodies, rows }: Store): Promise<readonly string[]> {
  const body = await bodies.unfold<Body | readonly Body[]>(row).catch(async (error: unknown) => {
    // Since it was scanned the row may have got another body.
    const newer = await rows.get(row);
    if (newer === undefined || newer.version === row.version) throw error;
    return bodies.unfold<Body | readonly Body[]>(newer);
  });
  const all: readonly Body[] = 'length' in body ? body : [body, ...(body.decided?.entries ?? []), body.sealing ?? {}];
  const staged = stagedBody(row);
  const named = all.flatMap(({ parts = [] }) => objectsOf(parts));
  return staged === undefined ? named : [staged, ...named];
}
