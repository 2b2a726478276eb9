import type { BatchBlock, Cut, PendingSlice, Progress } from './buffer.ts';
import type { Delivered, Pending, SliceLimits } from './destination.ts';
import { DeliveryError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { gaps, type Ranges, union } from './ranges.ts';
import { sliceBlock } from './records.ts';
import { type RefusedRecord, withRefused } from './refusals.ts';

export interface SlicesPorts {
  /** The whole batch. */
  readonly whole: Cut;
  /** Absent: the batch is one slice. */
  readonly limits: SliceLimits | undefined;
  readonly read: (from: number) => AsyncIterable<BatchBlock>;
  /** One attempt at one slice. */
  readonly deliver: (cut: Cut) => Promise<Delivered | Pending>;
  /** Asks what came of a slice that the far side has. */
  readonly check: (cut: Cut, state: JsonValue) => Promise<Delivered | Pending>;
  /** Makes the progress durable. */
  readonly keep: (progress: Progress) => Promise<void>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** Requests of one batch that are under way at once. */
const AT_ONCE = 4;

/**
 * One attempt at what is left of a batch, slice by slice. A slice is settled when its records are taken or refused for
 * good; that is kept, so that neither a later attempt nor one after a crash sends it again. Only what was under way
 * when the process died is sent twice, under the same id. A slice whose fate the far side will know later is kept as
 * pending, and asked about by the attempt after that time, whatever happened in between.
 *
 * Where slices are cut depends on the batch and the limits alone. One that is too large for the far side is halved,
 * down to the record that no half can help; that is kept too. After a failure that may pass no further slice is begun,
 * and the failure thrown: a dead far side is not asked once a slice.
 */
export async function deliverInSlices(ports: SlicesPorts, before = NO_PROGRESS): Promise<Progress> {
  const { whole, now } = ports;
  let progress = before;
  let keeping: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  function advance(change: Partial<Progress>): Promise<void> {
    progress = { ...progress, ...change };
    // What is all settled is finished next, which is as durable.
    if (leftOf(progress, whole.to).length === 0 && progress.pending.length === 0) return keeping;
    // Kept one after the other: an older progress must not overwrite a newer one.
    keeping = keeping.then(() => ports.keep(progress));
    return keeping;
  }

  function outcome(cut: Cut, result: Delivered | Pending): Promise<void> {
    const { refused = [] } = result;
    const final = refused.filter(({ retryable }) => !retryable);
    const again = refused.filter(({ retryable }) => retryable);
    const refusals = withRefused(progress.refusals, final);
    const pending = pendingWithout(cut);
    if ('pending' in result) {
      const { pending: state, checkAt } = result;
      const settled = union(...progress.settled, ...placesOf(final));
      return advance({ settled, refusals, pending: [...pending, { ...cut, state, checkAt }] });
    }
    const [first] = again;
    if (first !== undefined) failure ??= { error: new DeliveryError(first.message, { ...first, retryable: true }) };
    const settled = union(...progress.settled, ...without(cut, union(...placesOf(again))));
    return advance({ settled, refusals, pending });
  }

  function refuse(cut: Cut, { code, message }: DeliveryError): Promise<void> {
    // Of a slice that was pending some may be settled already.
    const records = without(cut, progress.settled);
    return advance({
      settled: union(...progress.settled, ...records),
      refusals: [...progress.refusals, { code, message, records }],
      pending: pendingWithout(cut),
    });
  }

  function pendingWithout({ from }: Cut): readonly PendingSlice[] {
    return progress.pending.filter((slice) => slice.from !== from);
  }

  async function send(cut: Cut): Promise<void> {
    try {
      await outcome(cut, await ports.deliver(cut));
    } catch (error) {
      // What becomes of a whole batch is for the drain to say.
      const isOfSlice = error instanceof DeliveryError && !error.retryable && ports.limits !== undefined;
      if (!isOfSlice) failure ??= { error };
      else if (error.isTooLarge && cut.records > 1) await sendHalves(cut);
      else await refuse(cut, error);
    }
  }

  async function sendHalves({ from, to, records, bytes }: Cut): Promise<void> {
    const limits = { bytes, ...ports.limits, records: Math.ceil(records / 2) };
    const halves: Cut[] = [];
    for await (const half of cuts(ports.read, limits, { start: from, left: [[from, to]] })) halves.push(half);
    // Before they are sent, so that a later attempt sends the same.
    const places = halves.slice(1).map((half) => half.from);
    await advance({ halvedAt: [...progress.halvedAt, ...places].sort((a, b) => a - b) });
    for (const half of halves) if (failure === undefined) await send(half);
  }

  async function check({ state, checkAt, ...cut }: PendingSlice): Promise<void> {
    if (checkAt > now()) return;
    try {
      await outcome(cut, await ports.check(cut, state));
    } catch (error) {
      if (error instanceof DeliveryError && !error.retryable && ports.limits !== undefined) return refuse(cut, error);
      failure ??= { error };
      // It was not taken after all: it is sent again.
      if (error instanceof DeliveryError) await advance({ pending: pendingWithout(cut) });
    }
  }

  for (const slice of before.pending) await check(slice);
  const left = failure === undefined ? leftOf(progress, whole.to) : [];
  const waiting =
    ports.limits === undefined
      ? wholeIf(left, whole)
      : cuts(ports.read, ports.limits, { start: 0, left, halvedAt: progress.halvedAt });
  const sender = async (): Promise<void> => {
    while (failure === undefined) {
      const next = await waiting.next();
      if (next.done === true) return;
      await send(next.value);
    }
  };
  const senders = await Promise.allSettled(Array.from({ length: AT_ONCE }, sender));
  await waiting.return(undefined);
  for (const sent of senders) if (sent.status === 'rejected') throw sent.reason;
  if (failure !== undefined) throw failure.error;
  return progress;
}

export const NO_PROGRESS: Progress = { settled: [], refusals: [], pending: [], halvedAt: [] };

/** What is to be sent: neither settled nor pending. */
export function leftOf({ settled, pending }: Progress, count: number): Ranges {
  return gaps(union(...settled, ...pending.map(({ from, to }) => [from, to] as const)), count);
}

async function* wholeIf(left: Ranges, whole: Cut): AsyncGenerator<Cut> {
  if (left.length > 0) yield whole;
}

/** What a slice holds of the batch, streamed. */
export async function* blocksWithin(
  read: (from: number) => AsyncIterable<BatchBlock>,
  { from, to }: Pick<Cut, 'from' | 'to'>,
): AsyncGenerator<BatchBlock> {
  for await (const block of read(from)) {
    if (block.place >= to) return;
    const count = block.lengths.length;
    const end = Math.min(to - block.place, count);
    yield end === count ? block : { ...sliceBlock(block, 0, end), place: block.place };
    if (end < count) return;
  }
}

/**
 * The slices of the records from place `start` on, as far as those are left: cut where they are cut in every attempt,
 * whatever was settled since. What may have been taken without a word is then sent again under the same id, and not in
 * other company.
 */
async function* cuts(
  read: SlicesPorts['read'],
  limits: SliceLimits,
  {
    start,
    left,
    halvedAt = [],
  }: { readonly start: number; readonly left: Ranges; readonly halvedAt?: readonly number[] },
): AsyncGenerator<Cut> {
  const end = left.at(-1)?.[1] ?? start;
  const halves = new Set(halvedAt);
  const slice = { records: 0, bytes: 0 };
  let cut: { from: number; records: number; bytes: number } | undefined;
  let range = 0;
  for await (const { place: first, lengths } of blocksWithin(read, { from: start, to: end })) {
    for (const [i, length] of lengths.entries()) {
      const place = first + i;
      while (place >= (left[range]?.[1] ?? Number.POSITIVE_INFINITY)) range++;
      const isFull = slice.records > 0 && (slice.records === limits.records || slice.bytes + length > limits.bytes);
      const isLeft = place >= (left[range]?.[0] ?? Number.POSITIVE_INFINITY);
      if (cut !== undefined && (isFull || !isLeft || halves.has(place))) {
        yield { ...cut, to: place };
        cut = undefined;
      }
      if (isFull) Object.assign(slice, { records: 0, bytes: 0 });
      slice.records++;
      slice.bytes += length;
      if (!isLeft) continue;
      cut ??= { from: place, records: 0, bytes: 0 };
      cut.records++;
      cut.bytes += length;
    }
  }
  if (cut !== undefined) yield { ...cut, to: end };
}

/** The cut's places but those. */
function without({ from, to }: Cut, places: Ranges): Ranges {
  return gaps(union([0, from], ...places), to);
}

function placesOf(records: readonly RefusedRecord[]): Ranges {
  return records.map(({ index }) => [index, index + 1] as const);
}
