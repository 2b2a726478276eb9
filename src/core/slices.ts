import type { BatchBlock, Progress } from './buffer.ts';
import type { Delivered, SliceLimits } from './destination.ts';
import { DeliveryError } from './errors.ts';
import { gaps, type Ranges, union } from './ranges.ts';
import { sliceBlock } from './records.ts';
import { type RefusedRecord, withRefused } from './refusals.ts';

/** Records of a batch that go out in one request: from place `from` to before place `to`. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  /** How many there are; damaged ones are missing. */
  readonly records: number;
  readonly bytes: number;
}

export interface SlicesPorts {
  /** Records in the batch. */
  readonly records: number;
  readonly limits: SliceLimits;
  readonly read: (from: number) => AsyncIterable<BatchBlock>;
  /** One attempt at one slice. */
  readonly deliver: (cut: Cut) => Promise<Delivered>;
  /** Makes the progress durable. */
  readonly keep: (progress: Progress) => Promise<void>;
}

/** Requests of one batch that are under way at once. */
const AT_ONCE = 4;

/**
 * One attempt at what is left of a batch, slice by slice. A slice is settled when its records are taken or refused for
 * good; that is kept, so that neither a later attempt nor one after a crash sends it again. Only what was under way
 * when the process died is sent twice, under the same id.
 *
 * Where slices are cut depends on the batch and the limits alone. One that is too large for the far side is halved,
 * down to the record that no half can help. After a failure that may pass no further slice is begun, and the failure
 * thrown: a dead far side is not asked once a slice.
 */
export async function deliverInSlices(ports: SlicesPorts, before: Progress | undefined): Promise<Progress> {
  let progress = before ?? { settled: [], refusals: [] };
  let keeping: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  function settle(cut: Cut, refused: readonly RefusedRecord[]): Promise<void> {
    const again = refused.filter(({ retryable }) => retryable);
    const final = refused.filter(({ retryable }) => !retryable);
    const left = union(...again.map(({ index }) => [index, index + 1] as const));
    progress = {
      settled: union(...progress.settled, ...without(cut, left)),
      refusals: withRefused(progress.refusals, final),
    };
    const [first] = again;
    if (first !== undefined) failure ??= { error: new DeliveryError(first.message, { ...first, retryable: true }) };
    // Kept one after the other: an older progress must not overwrite a newer one.
    keeping = keeping.then(() => ports.keep(progress));
    return keeping;
  }

  async function send(cut: Cut): Promise<void> {
    try {
      const { refused = [] } = await ports.deliver(cut);
      await settle(cut, refused);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.retryable) failure ??= { error };
      else if (error.isTooLarge && cut.records > 1) await sendHalves(cut);
      else await settle(cut, everyRecord(cut, error));
    }
  }

  async function sendHalves({ from, to, records }: Cut): Promise<void> {
    const limits = { ...ports.limits, records: Math.ceil(records / 2) };
    for await (const half of cuts({ ...ports, limits }, [[from, to]])) {
      if (failure === undefined) await send(half);
    }
  }

  const waiting = cuts(ports, gaps(progress.settled, ports.records));
  const sender = async (): Promise<void> => {
    while (failure === undefined) {
      const next = await waiting.next();
      if (next.done === true) return;
      await send(next.value);
    }
  };
  const senders = await Promise.allSettled(Array.from({ length: AT_ONCE }, sender));
  await waiting.return(undefined);
  for (const outcome of senders) if (outcome.status === 'rejected') throw outcome.reason;
  if (failure !== undefined) throw failure.error;
  return progress;
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

async function* cuts({ read, limits }: Pick<SlicesPorts, 'read' | 'limits'>, ranges: Ranges): AsyncGenerator<Cut> {
  for (const [first, last] of ranges) {
    let from = first;
    let records = 0;
    let bytes = 0;
    for await (const { place, lengths } of blocksWithin(read, { from: first, to: last })) {
      for (const [i, length] of lengths.entries()) {
        if (records > 0 && (records === limits.records || bytes + length > limits.bytes)) {
          yield { from, to: place + i, records, bytes };
          from = place + i;
          records = 0;
          bytes = 0;
        }
        records++;
        bytes += length;
      }
    }
    if (records > 0) yield { from, to: last, records, bytes };
  }
}

/** The cut's places but those. */
function without({ from, to }: Cut, places: Ranges): Ranges {
  return gaps([[0, from], ...places], to).filter(([a, b]) => a < b);
}

function everyRecord({ from, to }: Cut, { code, message }: DeliveryError): RefusedRecord[] {
  return Array.from({ length: to - from }, (_, i) => ({ index: from + i, code, message, retryable: false }));
}
