import type { Batch, LaneStatus, Move, Plan, Progress, RecordBuffer, Room } from './buffer.ts';
import { deliverBatch } from './deliver-batch.ts';
import { DeliveryError } from './errors.ts';
import type { DrainEvent } from './events.ts';
import { consequence, type FailedAttempt } from './failure.ts';
import { type LaneKey, laneKey, laneOf } from './lanes.ts';
import { type Delivery, nextPlan, settledAt, sliceToPlan } from './plan.ts';
import { dueAt } from './policy.ts';
import { failBatch, processBatch } from './process-batch.ts';
import type { Processing } from './processing.ts';
import { gaps, sizeOf, union } from './ranges.ts';
import type { FailureReason } from './records.ts';
import type { Refusal } from './refusals.ts';
import { type Adapters, routeOf } from './route.ts';
import { goesInOrder, hintsOf, REFUSED_BY_DESTINATION } from './settings.ts';
import { leftOf, NO_PROGRESS } from './slices.ts';
import { carriesMetadata } from './source-metadata.ts';
import type { StreamDefinition, StreamStore } from './streams.ts';

export interface DrainPorts {
  readonly buffer: RecordBuffer;
  readonly room: Pick<Room, 'usage'>;
  readonly streams: StreamStore;
  readonly adapters: Adapters;
  readonly processing: Processing;
  /** When this host began, in ms since the epoch: attempts whose end nobody saw had ended by then. */
  readonly startedAt: number;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** A fresh batch id: letters, digits and dashes, never seen before. Everything a delivery names derives from it. */
  readonly newBatchId: () => string;
  /** In [0, 1). */
  readonly random: () => number;
  readonly report: (event: DrainEvent) => void;
}

export interface Drain {
  /**
   * When the lane is due, in ms since the epoch; `Infinity` when it holds nothing. A lane whose stream is gone is due
   * at once.
   */
  laneDueAt(lane: LaneKey): Promise<number>;
  /** Whether the lane's next batch is to be sealed only when the one before is over. */
  isInOrder(lane: LaneKey): Promise<boolean>;
  /**
   * Seals what the lane's size hint takes. Whether the lane is due is the caller's question: a flush does not ask it.
   */
  seal(lane: LaneKey): Promise<Batch | undefined>;
  /** One attempt at one batch. Rejects only when the buffer or the stream store fails. */
  attempt(batch: string, signal: AbortSignal): Promise<Attempted>;
}

/** What came of an attempt, for whoever schedules the next. */
export type Attempted =
  /** The batch is done; `filled` are the lanes it put records into. */
  | { readonly result: 'finished'; readonly records: number; readonly filled: readonly LaneStatus[] }
  | { readonly result: 'postponed'; readonly until: number; readonly code: string; readonly message: string }
  /** The far side has the records and is asked about them then. */
  | { readonly result: 'pending'; readonly until: number }
  /** Another attempt holds the batch, or it is gone, or the signal stopped this one: nothing to schedule. */
  | { readonly result: 'left' };

/**
 * The one idea: a due lane is sealed into a batch, and an attempt either finishes the batch or puts it off. No state
 * here: all that must survive is in the buffer, so an attempt may be cut off anywhere and made again, by this host or
 * another.
 */
export function drain(ports: DrainPorts): Drain {
  const { buffer, streams, now } = ports;

  async function attempt(id: string, signal: AbortSignal): Promise<Attempted> {
    const batch = await buffer.lease(id);
    if (batch === undefined) return { result: 'left' };
    try {
      return await attemptLeased(batch, signal);
    } catch (error) {
      await buffer.release(id);
      throw error;
    }
  }

  async function attemptLeased(batch: Batch, signal: AbortSignal): Promise<Attempted> {
    const lane = laneOf(batch.lane);
    const stream = await streams.byId(lane.streamId);
    if (stream === undefined) {
      ports.report({ type: 'discarded', batch });
      return finish(batch, []);
    }
    const { stage } = lane;
    if (stage === 'process') return process(batch, stream, signal);
    const route = routeOf(stream, { ...lane, stage }, ports.adapters);
    if ('impossible' in route) {
      return divert(batch, stream, { ...route.impossible, attempts: 0, lastAttemptAt: now() }, NO_PROGRESS);
    }
    return deliver({ batch, stream, route }, signal);
  }

  async function process(batch: Batch, stream: StreamDefinition, signal: AbortSignal): Promise<Attempted> {
    const startedAt = now();
    let left = batch;
    const advanced = (upTo: number): void => {
      const { postponed: _, ...untried } = batch;
      left = { ...untried, advanced: upTo };
    };
    try {
      const filled = await processBatch(ports, { batch, stream, advanced }, signal);
      return { result: 'finished', records: batch.records, filled };
    } catch (error) {
      return failedOrStopped({ batch: left, stream, startedAt, plan: undefined, error }, signal);
    }
  }

  async function deliver(delivery: Delivery, signal: AbortSignal): Promise<Attempted> {
    const { batch, stream } = delivery;
    const startedAt = now();
    let plan: Plan | undefined;
    try {
      const settled = settledAt(delivery, ports.startedAt);
      if (settled > startedAt) return await rest(batch, settled);
      const next = await nextPlan(delivery, signal);
      const keep = async (change: Partial<Plan>): Promise<void> => {
        const kept: Plan = { ...(plan ?? next), ...change };
        await buffer.plan(batch.id, kept);
        plan = kept;
      };
      await keep({});
      const { bytes, progress } = await deliverBatch(
        { read: buffer.read, keep, now },
        { delivery, plan: next },
        signal,
      );
      if (progress.pending.length > 0) return wait(batch, next, { startedAt, progress });
      const attempted = await finish(batch, movesOf(batch, stream, progress.refusals, next.attempt));
      const records = batch.records - refusedIn(progress);
      const freshnessMs = now() - batch.oldestAt;
      if (records > 0) ports.report({ type: 'delivered', stream, batch, plan: next, records, bytes, freshnessMs });
      return attempted;
    } catch (error) {
      const { destination } = delivery.route;
      const abandon = async () => {
        if (plan !== undefined) await destination.abandon?.(sliceToPlan(delivery), plan, signal);
      };
      return failedOrStopped({ batch, stream, startedAt, plan, error }, signal, abandon);
    }
  }

  async function failedOrStopped(
    failed: FailedAttempt,
    signal: AbortSignal,
    abandon = async () => {},
  ): Promise<Attempted> {
    if (!signal.aborted) return afterFailure(failed, signal, abandon);
    // Aborted for taking too long, the attempt has failed; aborted for any other reason, it is as if it had not been.
    if (signal.reason instanceof DeliveryError)
      return afterFailure({ ...failed, error: signal.reason }, signal, abandon);
    await buffer.release(failed.batch.id);
    return { result: 'left' };
  }

  async function rest(batch: Batch, until: number): Promise<Attempted> {
    await buffer.release(batch.id);
    const message = 'An earlier attempt may still arrive; what it created is looked up after that.';
    return { result: 'postponed', until, code: 'Hydrant.InDoubt', message };
  }

  /** The far side has what is left of the batch, and will be asked about it. */
  async function wait(
    batch: Batch,
    { attempt: attempts }: Plan,
    { startedAt, progress }: { readonly startedAt: number; readonly progress: Progress },
  ): Promise<Attempted> {
    const until = Math.min(...progress.pending.map(({ checkAt }) => checkAt));
    const { firstAttemptAt = startedAt, waitedMs = 0 } = batch.postponed ?? {};
    await buffer.postpone(batch.id, {
      ...{ until, attempts, firstAttemptAt, endedAt: now(), waitedMs, isPending: true, outcome: 'unknown' },
      ...{ code: 'Hydrant.Pending', message: 'The far side has the records and has not confirmed them yet.' },
    });
    return { result: 'pending', until };
  }

  /** Records that the destination will not take go to the error output while their batch finishes. */
  function movesOf(batch: Batch, stream: StreamDefinition, refusals: readonly Refusal[], attempts: number): Move[] {
    return refusals.map(({ code, message, records }) => {
      const type = REFUSED_BY_DESTINATION[stream.destination.kind];
      const reason = { type, code, message, attempts, lastAttemptAt: now() };
      ports.report({ type: 'diverted', stream, batch, records: sizeOf(records), reason });
      return { batch: batch.id, lane: errorLane(stream, type), records, reason };
    });
  }

  async function afterFailure(
    failed: FailedAttempt,
    signal: AbortSignal,
    abandon: () => Promise<void>,
  ): Promise<Attempted> {
    const { batch, stream, plan, error } = failed;
    if (!(error instanceof DeliveryError)) ports.report({ type: 'faulty', stream, batch, error });
    const next = consequence(failed, { now: now(), random: ports.random() });
    if (next.is === 'given up') {
      try {
        await abandon();
      } catch (error) {
        return failedOrStopped({ ...failed, error, isKept: true }, signal);
      }
      const { code, message, attempts } = next;
      const { stage } = laneOf(batch.lane);
      const type = stage === 'process' ? PROCESSING_FAILED : REFUSED_BY_DESTINATION[stream.destination.kind];
      const { progress = NO_PROGRESS } = plan ?? {};
      if (plan === undefined || progress.pending.length === 0) {
        return divert(batch, stream, { type, code, message, attempts, lastAttemptAt: now() }, progress);
      }
      // What the far side has may be taken yet: its word is waited for, as on AWS.
      const records = leftOf(progress, batch.records);
      const refusals = [...progress.refusals, { code, message, records }];
      const given = { ...progress, settled: union(...progress.settled, ...records), refusals };
      await buffer.plan(batch.id, { ...plan, progress: given });
      return wait(batch, plan, { startedAt: failed.startedAt, progress: given });
    }
    const { until, attempts, code, message } = next.attempt;
    await buffer.postpone(batch.id, next.attempt);
    ports.report({ type: 'postponed', stream, batch, until, attempts, code, message });
    return { result: 'postponed', until, code, message };
  }

  /** What is left of the batch goes to the error output; no byte is copied, unless something has to come off. */
  async function divert(
    batch: Batch,
    stream: StreamDefinition,
    reason: FailureReason,
    { settled, refusals }: Progress,
  ): Promise<Attempted> {
    if (laneOf(batch.lane).stage === 'process' && carriesMetadata(stream)) {
      return { result: 'finished', records: batch.records, filled: await failBatch(ports, { batch, stream }, reason) };
    }
    const left = gaps(union([0, batch.advanced], ...settled), batch.records);
    const rest = { batch: batch.id, lane: errorLane(stream, reason.type), records: left, reason };
    const attempted = await finish(batch, [...movesOf(batch, stream, refusals, reason.attempts), rest]);
    ports.report({ type: 'diverted', stream, batch, records: sizeOf(left), reason });
    return attempted;
  }

  async function finish(batch: Batch, move: readonly Move[]): Promise<Attempted> {
    const filled = await buffer.commit({ now: now(), move, finish: batch.id });
    return { result: 'finished', records: batch.records, filled };
  }

  return {
    async laneDueAt(lane) {
      const status = await buffer.lane(lane);
      if (status === undefined) return Number.POSITIVE_INFINITY;
      const { streamId, stage } = laneOf(lane);
      const stream = await streams.byId(streamId);
      if (stream === undefined) return status.openedAt;
      return dueAt(status, hintsOf(stream, stage), { usage: ports.room.usage(), now: now() });
    },

    async isInOrder(lane) {
      const { streamId, stage } = laneOf(lane);
      const stream = await streams.byId(streamId);
      return stream !== undefined && goesInOrder(stream, stage);
    },

    async seal(lane) {
      const { streamId, stage } = laneOf(lane);
      const stream = await streams.byId(streamId);
      const sizeBytes = stream === undefined ? Number.MAX_SAFE_INTEGER : hintsOf(stream, stage).sizeBytes;
      return buffer.seal(lane, { id: ports.newBatchId(), sizeBytes, now: now() });
    },

    attempt,
  };
}

function refusedIn({ refusals }: Progress): number {
  return refusals.reduce((sum, { records }) => sum + sizeOf(records), 0);
}

/** Firehose's error-output-type for records that could not be processed. */
const PROCESSING_FAILED = 'processing-failed';

function errorLane(stream: StreamDefinition, type: string): LaneKey {
  return laneKey({ streamId: stream.id, stage: 'error', partition: type });
}
