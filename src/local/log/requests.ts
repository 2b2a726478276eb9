import type { Append, Batch, Change, LaneStatus, Move, Plan, Postponement } from '../../core/buffer.ts';
import { DeliveryError } from '../../core/errors.ts';
import type { LaneKey } from '../../core/lanes.ts';
import type { Wish } from './group.ts';
import { batchOf, laneStatus } from './ledger.ts';
import type { Request } from './queue.ts';
import { type ReaderContext, readRun } from './reader.ts';
import { earliest, overlap, pairsIn, type Run, type RunTimes, rangesBetween, sumOfRanges } from './runs.ts';
import type { BatchState, Ledger, Operation, StoredBlock } from './state.ts';

/** A commit with more bytes than this is refused: it could not be written, nor read again, in bounded memory. */
const COMMIT_LIMIT_BYTES = 64 * 1024 * 1024;

const NOTHING: Wish = { append: [], operations: [], touches: [] };

/** All or nothing; nothing at all when a batch it names is gone or advanced that far already. */
export function changeRequest(context: ReaderContext, change: Change): Request<readonly LaneStatus[]> {
  const { append } = change;
  if (append !== undefined) refuseTooLarge(append);
  return append !== undefined && isPlain(change) ? appendRequest(context.ledger, append) : anyRequest(context, change);
}

function refuseTooLarge(append: readonly Append[]): void {
  let bytes = 0;
  for (const { records } of append) bytes += records.data.length;
  if (bytes <= COMMIT_LIMIT_BYTES) return;
  const message = `A change of ${bytes} bytes is more than the ${COMMIT_LIMIT_BYTES} that the buffer takes at once.`;
  throw new DeliveryError(message, { code: 'Buffer.CommitTooLarge', retryable: false });
}

/** Nothing but records into lanes. */
function isPlain(change: Change): boolean {
  for (const member in change) if (member !== 'append') return false;
  return true;
}

/** A put, tens of thousands of times a second: it names no batch, so there is nothing to decide. */
function appendRequest(ledger: Ledger, append: readonly Append[]): Request<readonly LaneStatus[]> {
  const wish: Wish = { append, operations: [], touches: [] };
  return {
    isPlain: true,
    decide: () => wish,
    answer() {
      const filled = new Set(append.length === 1 ? append[0]?.lanes : append.flatMap(({ lanes }) => lanes));
      return statusesOf(ledger, filled);
    },
  };
}

function statusesOf(ledger: Ledger, lanes: Iterable<LaneKey>): LaneStatus[] {
  const statuses: LaneStatus[] = [];
  for (const lane of lanes) {
    const status = laneStatus(ledger, lane);
    if (status !== undefined) statuses.push(status);
  }
  return statuses;
}

function anyRequest(context: ReaderContext, change: Change): Request<readonly LaneStatus[]> {
  const { ledger } = context;
  const moves = (change.move ?? []).map((move) => preparedMove(ledger, move, change.now));
  const named = [change.finish, change.advance?.batch, ...(change.move ?? []).map(({ batch }) => batch)];
  const batches = named.filter((id) => id !== undefined);
  let filled: LaneKey[] = [];

  return {
    isPlain: false,

    decide() {
      filled = [];
      const touches = batches.map((id) => `batch ${id}`);
      if (isRepeat(ledger, change, batches)) return { ...NOTHING, touches };
      if (moves.some((move) => !move.isPrepared())) return 'later';
      const append = (change.append ?? []).filter(({ records }) => records.lengths.length > 0);
      const moved = moves.filter((move) => move.runs().length > 0);
      filled = [...new Set([...append.flatMap(({ lanes }) => lanes), ...moved.map(({ lane }) => lane)])];
      const operations: Operation[] = moved.map((move) => ({ do: 'move', lane: move.lane, runs: move.runs() }));
      return { append, now: change.now, operations: [...operations, ...remaining(change)], touches };
    },

    async prepare() {
      const waiting = moves.filter((move) => !move.isPrepared());
      for (const id of new Set(waiting.map(({ batch }) => batch))) {
        await prepareMoves(
          context,
          id,
          waiting.filter(({ batch }) => batch === id),
        );
      }
    },

    answer: () => statusesOf(ledger, filled),
  };
}

function isRepeat(ledger: Ledger, { advance }: Change, batches: readonly string[]): boolean {
  if (batches.some((id) => !ledger.batches.has(id))) return true;
  return advance !== undefined && (ledger.batches.get(advance.batch)?.advanced ?? 0) >= advance.upTo;
}

function remaining({ advance, finish, discard, cursor }: Change): Operation[] {
  const operations: Operation[] = [];
  if (advance) operations.push({ do: 'advance', ...advance });
  if (finish !== undefined) operations.push({ do: 'finish', batch: finish });
  if (discard !== undefined) operations.push({ do: 'discard', stream: discard });
  if (cursor) operations.push({ do: 'cursor', ...cursor });
  return operations;
}

type PreparedMove = ReturnType<typeof preparedMove>;

/** The runs that a move takes along. Where it takes part of one, the bytes of that part have to be read first. */
function preparedMove(ledger: Ledger, { batch: id, lane, records, reason }: Move, now: number | undefined) {
  let runs: readonly Run[] | undefined;
  let preparedAt = -1;

  /** All of the batch needs no reading. */
  function whole(): readonly Run[] | undefined {
    const batch = ledger.batches.get(id);
    return records === undefined && batch?.advanced === 0 ? batch.runs : undefined;
  }

  return {
    batch: id,
    lane,
    isPrepared: () => whole() !== undefined || preparedAt === ledger.batches.get(id)?.advanced,
    runs: () =>
      (whole() ?? runs ?? []).map((run) => ({
        ...run,
        enteredAt: now ?? run.oldestAt,
        ...(reason !== undefined && { reason }),
      })),
    /** Places in the batch, as flat ranges. */
    ranges: ({ advanced, records: all }: BatchState) => (records ?? [[advanced, all] as const]).flat(),
    prepared(parts: readonly Run[], at: number): void {
      runs = parts;
      preparedAt = at;
    },
  };
}

/**
 * Finds the runs that moves of one batch take along. However many there are, and a destination may refuse every record
 * for a reason of its own, the batch is read once.
 */
async function prepareMoves(context: ReaderContext, id: string, moves: readonly PreparedMove[]): Promise<void> {
  const batch = context.ledger.batches.get(id);
  if (batch === undefined) return;
  const { advanced } = batch;
  const parts = moves.map((): Run[] => []);
  const wanted = moves.map((move) => move.ranges(batch));
  let place = 0;
  for (const run of batch.runs) {
    const inRun = wanted.map((ranges) => overlap(ranges, [place, place + run.records]).map((at) => at - place));
    const taken = await partsOf(context, run, inRun);
    for (const [move, part] of taken) parts[move]?.push(part);
    place += run.records;
  }
  for (const [i, move] of moves.entries()) move.prepared(parts[i] ?? [], advanced);
}

/** For each move that takes some of the run's records, by their places in the run, those as a run of their own. */
async function partsOf(
  context: ReaderContext,
  run: Run,
  wanted: readonly (readonly number[])[],
): Promise<ReadonlyMap<number, Run>> {
  const parts = new Map<number, Run>();
  const tallies: Tally[] = [];
  for (const [move, places] of wanted.entries()) {
    const records = sumOfRanges(places);
    if (records === run.records) parts.set(move, run);
    else if (records > 0) tallies.push({ move, places, records, bytes: 0, oldestAt: Number.POSITIVE_INFINITY });
  }
  await count(context, run, tallies);
  for (const { move, places, records, bytes, oldestAt } of tallies) {
    const only = pairsIn(places).flatMap(([from, to]) => rangesBetween(run, from, to));
    const [from = run.from, to = run.to] = [only[0], only.at(-1)];
    parts.set(move, { ...run, from, to, records, only, bytes, oldestAt: Math.min(oldestAt, Number.MAX_SAFE_INTEGER) });
  }
  return parts;
}

/** What a move takes of a run, as it is counted. */
interface Tally {
  readonly move: number;
  readonly places: readonly number[];
  readonly records: number;
  bytes: number;
  oldestAt: number;
}

/** Reads the run's records from the first that is wanted to the last, and counts each for who wants it. */
async function count(context: ReaderContext, run: Run, tallies: readonly Tally[]): Promise<void> {
  const first = Math.min(...tallies.map(({ places }) => places[0] ?? 0));
  const last = Math.max(...tallies.map(({ places }) => places.at(-1) ?? 0));
  if (tallies.length === 0) return;
  /** Who wants records, by where their next range starts. */
  const starts = tallies.flatMap((tally) => pairsIn(tally.places).map(([from, to]) => ({ from, to, tally })));
  starts.sort((a, b) => a.from - b.from);
  let open: (typeof starts)[number][] = [];
  let next = 0;
  for await (const block of readRun(context, run, first, last)) {
    for (const [i, length] of block.lengths.entries()) {
      const place = block.place + i;
      for (let start = starts[next]; start !== undefined && start.from <= place; start = starts[++next])
        open.push(start);
      if (open.some(({ to }) => to <= place)) open = open.filter(({ to }) => to > place);
      for (const { tally } of open) {
        tally.bytes += length;
        tally.oldestAt = Math.min(tally.oldestAt, block.arrivedAt);
      }
    }
  }
}

/** The lane's oldest records as a batch: whole runs, and of the last as many blocks as are needed. */
export function sealRequest(
  context: ReaderContext,
  lane: LaneKey,
  want: { readonly id: string; readonly sizeBytes: number; readonly now: number },
): Request<Batch | undefined> {
  const { ledger, segments } = context;
  const { id, sizeBytes, now } = want;
  let attempts = 0;

  return {
    isPlain: false,
    decide() {
      const touches = [`lane ${lane}`, `batch ${id}`];
      const waiting = ledger.lanes.get(lane);
      // Asked for once more: the batch is there.
      if (waiting === undefined || ledger.batches.has(id)) return { ...NOTHING, touches };
      const { whole, last, missing } = upTo(waiting.runs, sizeBytes);
      const cut = last && cutRun(context, last, missing);
      if (cut === 'unknown' && attempts < INDEX_ATTEMPTS) return 'later';
      const part = cut === 'unknown' ? { taken: last } : cut;
      const runs = part?.taken ? [...whole, part.taken] : whole;
      const rest = part && 'rest' in part && part.rest ? { rest: part.rest } : {};
      return { append: [], touches, operations: [{ do: 'seal', id, lane, now, runs, ...rest }] };
    },
    async prepare() {
      attempts += 1;
      const { last } = upTo(ledger.lanes.get(lane)?.runs ?? [], sizeBytes);
      const places = last && ledger.origins.get(last.origin)?.places;
      // Using a segment brings its index into memory.
      for (const { segment } of places ?? []) await segments.use(segment, async () => {});
    },
    answer() {
      const batch = ledger.batches.get(id);
      return batch && batchOf(batch);
    },
  };
}

/** How often a seal asks for an index before it takes the run whole: its segment is missing, or memory is short. */
const INDEX_ATTEMPTS = 3;

/** The runs that a batch of that size takes whole, and the one of which it needs only `missing` bytes. */
function upTo(runs: readonly Run[], sizeBytes: number): { whole: Run[]; last?: Run; missing: number } {
  const whole: Run[] = [];
  let missing = Math.max(sizeBytes, 1);
  for (const run of runs) {
    if (missing <= 0) break;
    // A run of chosen records came with one move, and is not cut.
    if (run.bytes > missing && run.only === undefined) return { whole, last: run, missing };
    whole.push(run);
    missing -= run.bytes;
  }
  return { whole, missing };
}

/** The first blocks of the run, as many as hold `missing` bytes; `unknown` while an index is not in memory. */
function cutRun(
  { ledger, segments }: ReaderContext,
  run: Run,
  missing: number,
): { readonly taken: Run; readonly rest?: RunTimes } | 'unknown' {
  const blocks: StoredBlock[] = [];
  for (const { segment } of ledger.origins.get(run.origin)?.places ?? []) {
    const index = segments.indexOf(segment);
    if (index === undefined) return 'unknown';
    blocks.push(...index.find(run.origin, run.name, run.from, run.to));
  }
  blocks.sort((a, b) => a.from - b.from);
  let bytes = 0;
  let taken: Run = { ...run, to: run.from, ...NEVER };
  let rest = NEVER;
  for (const block of blocks) {
    const to = block.from + block.count;
    const times = { oldestAt: block.arrivedAt, enteredAt: block.enteredAt };
    if (bytes >= missing) rest = earliest(rest, times);
    // A copy that a crash left unfinished may hold some blocks twice.
    else if (to > taken.to) {
      bytes += block.bytes;
      taken = { ...taken, to, records: to - run.from, bytes, ...earliest(taken, times) };
    }
  }
  return taken.to < run.to && rest !== NEVER ? { taken, rest } : { taken: run };
}

const NEVER: RunTimes = { oldestAt: Number.POSITIVE_INFINITY, enteredAt: Number.POSITIVE_INFINITY };

/** A batch that is gone stays gone. */
export function planRequest(ledger: Ledger, batch: string, plan: Plan): Request<void> {
  return batchRequest(ledger, batch, { do: 'plan', batch, plan });
}

export function postponeRequest(ledger: Ledger, batch: string, attempt: Postponement): Request<void> {
  return batchRequest(ledger, batch, { do: 'postpone', batch, attempt });
}

function batchRequest(ledger: Ledger, batch: string, operation: Operation): Request<void> {
  const touches = [`batch ${batch}`];
  return {
    isPlain: false,
    decide: () =>
      ledger.batches.has(batch) ? { append: [], operations: [operation], touches } : { ...NOTHING, touches },
    answer: () => {},
  };
}
