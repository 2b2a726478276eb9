import type { BatchBlock, Plan } from './buffer.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { RefusedRecord } from './refusals.ts';

/**
 * Where records go. A destination knows nothing of buffers, retries, backoff or backups: it makes one attempt at one
 * slice and says what came of it. It holds no state per stream; the slice carries the stream's configuration.
 */
export interface Destination {
  /**
   * Names what the delivery will create: the core stores it before `deliver` is called and hands the same plan to every
   * repeat. It may look up what it needs for that, soon, but creates nothing; when it throws, nothing has left.
   */
  plan?(slice: SliceToPlan): JsonValue | Promise<JsonValue>;

  /**
   * What one request may hold. The core then cuts batches into slices of that, delivers each with `deliver`, and keeps
   * which are done. Without it the whole batch is one slice.
   */
  limits?(config: JsonObject): SliceLimits;

  /**
   * One attempt. Resolves when the far side has the records for good, with those it would not take; or with what to
   * `check` when it will say so later. Throws a `DeliveryError` when the whole attempt failed. Must be safe to repeat
   * with the same plan, and stop soon after the signal aborts.
   */
  deliver(slice: Slice, signal: AbortSignal): Promise<Delivered | Pending>;

  /**
   * What came of a slice that `deliver` left pending; `state` is what it said, made durable since. Resolves as
   * `deliver` does. Throws a retryable `DeliveryError` when the slice is to be sent again; where the far side only
   * cannot be asked, it stays pending.
   */
  check?(slice: Slice, state: JsonValue, signal: AbortSignal): Promise<Delivered | Pending>;

  /**
   * After an attempt with unknown outcome: does the far side hold nothing of this plan? Only then may a new plan
   * replace it.
   */
  isAbsent?(plan: Plan, signal: AbortSignal): Promise<boolean>;

  /**
   * Called before a batch that is not tried any more goes to the error output: leaves what helps to mend it by hand.
   * Safe to repeat. While it throws, the batch is kept and tried again: what the far side may still take is not set
   * aside.
   */
  abandon?(slice: SliceToPlan, plan: Plan, signal: AbortSignal): Promise<void>;
}

/** A destination that knows at once what came of an attempt. */
export interface PromptDestination extends Destination {
  deliver(slice: Slice, signal: AbortSignal): Promise<Delivered>;
}

export interface SliceLimits {
  readonly records: number;
  /** Of the records' own bytes, before any encoding. A single record may be larger. */
  readonly bytes: number;
}

export interface SliceToPlan {
  /**
   * `<batch>/0` for a whole batch, `<batch>/<from>-<to>` for the records between two places: the same for every attempt
   * at the same records, so that a receiver can drop repeats.
   */
  readonly id: string;
  readonly stream: { readonly name: string; readonly arn: string; readonly version: number };
  /** The destination's wire configuration, defaults filled in. */
  readonly config: JsonObject;
  readonly extensions?: JsonObject;
  /** Set when the slice holds error records on their way to the error prefix. */
  readonly errorOutputType?: string;
  /** The dynamic partition whose records these are; absent without partitioning. */
  readonly partition?: string;
  readonly records: number;
  readonly bytes: number;
  /** Arrival of the oldest record, in ms since the epoch. */
  readonly oldestAt: number;
}

export interface Slice extends SliceToPlan {
  /** `plan.attempt` is 1 for the first attempt; `plan.note` is what earlier attempts noted. */
  readonly plan: Plan;
  /** The records, streamed. May be called again to start over. */
  read(): AsyncIterable<BatchBlock>;
  /** Makes a note durable at once (an upload id), for the next attempt to find in `plan.note`. */
  note(note: JsonValue): Promise<void>;
}

/** The far side has the records and will know later whether it keeps them. Outlives a crash. */
export interface Pending {
  /** Handed back to `check`. Holds no secrets: it is stored as it is. */
  readonly pending: JsonValue;
  /** When to ask, in ms since the epoch. */
  readonly checkAt: number;
  /** Records that it does not have, and would not take. */
  readonly refused?: readonly RefusedRecord[];
}

export interface Delivered {
  /** Bytes that left, as stored or sent. */
  readonly bytes: number;
  readonly refused?: readonly RefusedRecord[];
}
