import type { Chunk, Processed, ProcessedRecord, ProcessingFailure } from '../core/processing.ts';
import type { Item, Outcome, Reason } from './item.ts';

/** One processor at work on the records of a chunk; outcomes are in the records' order, one for each. */
export type Step = (items: readonly Item[], chunk: Chunk, signal: AbortSignal) => Promise<readonly Outcome[]>;

export interface Pipeline {
  readonly steps: readonly Step[];
  /** The dynamic partition of a record that has passed all steps, or the reason why it has none. */
  readonly partition: (item: Item) => string | Reason;
}

/** Makes a step of what is done to one record after the other. */
export function each(process: (item: Item) => Outcome | Promise<Outcome>): Step {
  return async (items, _, signal) => {
    const outcomes: Outcome[] = [];
    for (const item of items) {
      signal.throwIfAborted();
      outcomes.push(await process(item));
    }
    return outcomes;
  };
}

/** Runs a chunk through the steps. Records that fail leave it; the others go on, in their order. */
export async function run({ steps, partition }: Pipeline, chunk: Chunk, signal: AbortSignal): Promise<Processed> {
  const failures: ProcessingFailure[] = [];
  let items: readonly Item[] = chunk.records.map((source) => ({ source, part: 0, data: source.data }));
  for (const step of steps) {
    const outcomes = await step(items, chunk, signal);
    items = outcomes.flatMap((outcome, i) => {
      if (isItems(outcome)) return outcome;
      failures.push(failure(items[i]!, outcome)); // one outcome for each item
      return [];
    });
  }
  const outputs: ProcessedRecord[] = [];
  for (const item of items) {
    const place = partition(item);
    if (typeof place !== 'string') failures.push(failure(item, place));
    else outputs.push({ arrivedAt: item.source.arrivedAt, data: item.data, partition: place });
  }
  return { outputs, failures };
}

function isItems(outcome: Outcome): outcome is readonly Item[] {
  return Array.isArray(outcome);
}

function failure({ source: { arrivedAt, data } }: Item, reason: Reason): ProcessingFailure {
  return { arrivedAt, data, reason };
}
