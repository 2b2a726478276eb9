import { sliceBlock } from '../../core/records.ts';
import { type BlockToWrite, storedBytes } from './format.ts';
import { locate, type ReaderContext, readBlocks } from './reader.ts';
import { overlap, rangesOf } from './runs.ts';
import type { Ledger, Place } from './state.ts';
import type { Writer } from './writer.ts';

/**
 * One stalled stream must not pin the disk: a segment is freed only when nothing in it is live, so when too much of
 * what the segments hold is garbage, the live records of the emptiest one are copied to the end of the log, and it is
 * freed. The copies keep their numbers, so no run changes: one operation, after the last copy, says where the records
 * are now. A crash before it leaves copies that nobody looks at.
 */
export interface Compaction {
  /** Starts to compact if it is worth it and not under way. */
  check(): void;
  /** Segments from this number on may hold copies that do not count yet, and must not be freed. */
  keepsFrom(): number;
  stop(): Promise<void>;
}

/** Share of the budget that garbage may take, though never less than two segments. */
const GARBAGE_SHARE = 0.1;
/**
 * A segment with a larger share of live bytes is not worth copying; this also keeps copies from being copied for ever.
 */
const WORTHWHILE_SHARE = 0.75;
/** Bytes copied with one write. */
const COPY_BYTES = 1024 * 1024;

export function openCompaction(
  options: ReaderContext & {
    readonly writer: Writer;
    readonly budgetBytes: number;
    readonly segmentBytes: number;
    /** Called at the end: what was kept for the copies may be freed. */
    readonly letGo: () => void;
  },
): Compaction {
  const { ledger, segments, report, writer } = options;
  const garbageLimit = Math.max(options.budgetBytes * GARBAGE_SHARE, 2 * options.segmentBytes);
  let running: Promise<void> | undefined;
  let keepsFrom = Number.POSITIVE_INFINITY;
  let isStopped = false;

  async function compact(segment: number): Promise<void> {
    const places = new Map<string, [origin: number, segment: number, bytes: number]>();
    for await (const copies of copiesOf(options, segment)) {
      if (isStopped) return;
      const copied = await writer.submit({
        isPlain: true,
        decide: () => ({ append: [], copies, operations: [], touches: [] }),
        answer: (written) => written.segment,
      });
      for (const { origin, bytes } of copies) {
        const place = places.get(`${origin}/${copied}`);
        if (place) place[2] += bytes;
        else places.set(`${origin}/${copied}`, [origin, copied, bytes]);
      }
    }
    await writer.submit({
      isPlain: false,
      decide: () => ({
        append: [],
        operations: [{ do: 'relocate', from: segment, places: [...places.values()] }],
        touches: [],
      }),
      answer: () => {},
    });
  }

  const usedBytes = (): number => [...ledger.segments.values()].reduce((sum, { end }) => sum + end, 0);

  async function run(segment: number): Promise<void> {
    const before = usedBytes();
    try {
      await compact(segment);
    } catch (error) {
      report.warn('Making room in the log failed; it is tried again.', { error: String(error) });
    }
    running = undefined;
    keepsFrom = Number.POSITIVE_INFINITY;
    options.letGo();
    // One segment may not have been enough. Where segments are tiny, what a copy costs can be all that it frees.
    if (usedBytes() < before) check();
  }

  function check(): void {
    if (running || isStopped) return;
    const segment = emptiest(ledger, new Set(segments.numbers()), garbageLimit);
    if (segment === undefined) return;
    keepsFrom = ledger.active;
    running = run(segment);
  }

  return {
    check,
    keepsFrom: () => keepsFrom,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

/**
 * The closed segment with the smallest share of live bytes, if there is enough garbage to care and it has some of it.
 */
function emptiest(ledger: Ledger, files: ReadonlySet<number>, garbageLimit: number): number | undefined {
  const live = liveBytes(ledger);
  const previous = ledger.segments.get(ledger.active)?.previous;
  let garbage = 0;
  let best: number | undefined;
  let bestShare = WORTHWHILE_SHARE;
  for (const [number, { end }] of ledger.segments) {
    if (!files.has(number)) continue;
    const bytes = live.get(number) ?? 0;
    garbage += end - bytes;
    if (number === ledger.active || number === previous || bytes / end >= bestShare) continue;
    [best, bestShare] = [number, bytes / end];
  }
  return garbage > garbageLimit ? best : undefined;
}

/**
 * About how many bytes of each segment are live. Records that two lanes hold are counted twice, but never more than
 * there are.
 */
function liveBytes(ledger: Ledger): Map<number, number> {
  const live = new Map<number, number>();
  for (const { bytes, places } of ledger.origins.values()) {
    const stored = places.reduce((sum, place) => sum + place.bytes, 0);
    const share = stored === 0 ? 0 : Math.min(bytes / stored, 1);
    for (const place of places) live.set(place.segment, (live.get(place.segment) ?? 0) + place.bytes * share);
  }
  return live;
}

/** The segment's live records as blocks to write, a piece of about a MiB at a time. */
async function* copiesOf(context: ReaderContext, segment: number): AsyncGenerator<BlockToWrite[]> {
  let copies: BlockToWrite[] = [];
  let bytes = 0;
  for (const [origin, names] of liveRanges(context.ledger, segment)) {
    for (const [name, ranges] of names) {
      for await (const copy of copiesOfName(context, { segment, origin, name, ranges })) {
        copies.push(copy);
        bytes += storedBytes(copy);
        if (bytes < COPY_BYTES) continue;
        yield copies;
        [copies, bytes] = [[], 0];
      }
    }
  }
  if (copies.length > 0) yield copies;
}

async function* copiesOfName(
  context: ReaderContext,
  { segment, origin, name, ranges }: { segment: number; origin: number; name: string; ranges: readonly number[] },
): AsyncGenerator<BlockToWrite> {
  const places: Place[] = [{ segment, bytes: 0 }];
  const [from, to] = [ranges[0] ?? 0, ranges.at(-1) ?? 0];
  const blocks = await locate(context, places, { origin, name, records: 0 }, { from, to });
  for await (const { block, records } of readBlocks(context, blocks, () => false)) {
    const live = overlap(ranges, [block.from, block.from + block.count]);
    for (let at = 0; records && at < live.length; at += 2) {
      const [first, end] = [live[at]!, live[at + 1]!]; // ranges come in pairs
      const { data, lengths, arrivedAt, reason } = sliceBlock(records, first - block.from, end - block.from);
      const { enteredAt } = block;
      const meta = { origin, name, from: first, count: end - first, bytes: data.length, arrivedAt, enteredAt };
      yield { ...meta, lengths: [lengths], data: [data], ...(reason && { reason }) };
    }
  }
}

/** For each origin with records in the segment, what lanes and batches hold of each of its names. */
function liveRanges(ledger: Ledger, segment: number): Map<number, Map<string, number[]>> {
  const live = new Map<number, Map<string, number[]>>();
  for (const [number, { places }] of ledger.origins) {
    if (places.some((place) => place.segment === segment)) live.set(number, new Map());
  }
  for (const { runs } of [...ledger.lanes.values(), ...ledger.batches.values()]) {
    for (const run of runs) {
      const names = live.get(run.origin);
      if (names === undefined) continue;
      const pairs = names.get(run.name);
      if (pairs) pairs.push(...rangesOf(run));
      else names.set(run.name, [...rangesOf(run)]);
    }
  }
  for (const names of live.values()) for (const [name, pairs] of names) names.set(name, merged(pairs));
  return live;
}

/** The ranges in order and without overlaps. */
function merged(pairs: readonly number[]): number[] {
  const sorted: [from: number, to: number][] = [];
  for (let at = 0; at < pairs.length; at += 2) sorted.push([pairs[at]!, pairs[at + 1]!]); // ranges come in pairs
  sorted.sort(([a], [b]) => a - b);
  const ranges: number[] = [];
  for (const [from, to] of sorted) {
    const end = ranges.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (from > end) ranges.push(from, to);
    else ranges[ranges.length - 1] = Math.max(end, to);
  }
  return ranges;
}
