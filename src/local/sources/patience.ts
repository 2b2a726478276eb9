import { ApiError, DeliveryError } from '../../core/errors.ts';
import { backoffMs } from '../../core/retry.ts';
import type { Alarm } from '../../host/alarm.ts';

/** Waits until then, or until the signal aborts. */
export function pause(at: number, alarm: Alarm, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const cancel = alarm(at, over);
    signal.addEventListener('abort', over);
  });
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Patience {
  /** Another failure in a row: how long to wait, in ms. */
  failed(error: unknown): number;
  works(): void;
  /** What keeps it from working now. */
  failure(): Failure | undefined;
}

/**
 * Being throttled now and then is how a shard is shared, and partitions move between brokers; only when it does not end
 * is it worth a word.
 */
const PASSING: ReadonlySet<string> = new Set(['Kinesis.Throttling', 'Kafka.Throttling', 'Kafka.NotLeader']);
const PASSING_WORTH_TELLING = 3;

/** Counts failures in a row, tells of the first of each kind, and of their end. */
export function patience(
  random: () => number,
  tell: (type: 'failing' | 'recovered', failure: Failure) => void,
): Patience {
  let failures = 0;
  let failure: Failure | undefined;
  let told: Failure | undefined;

  return {
    failure: () => failure,

    failed(error) {
      failures++;
      failure = failureOf(error);
      const isTelling = !PASSING.has(failure.code) || failures >= PASSING_WORTH_TELLING;
      if (isTelling && told?.code !== failure.code) {
        told = failure;
        tell('failing', failure);
      }
      return failure.code === BUFFER_FULL ? WHILE_FULL_MS : backoffMs(failures, random());
    },

    works() {
      if (told !== undefined) tell('recovered', told);
      failures = 0;
      failure = undefined;
      told = undefined;
    },
  };
}

function failureOf(error: unknown): Failure {
  if (error instanceof DeliveryError) return { code: error.code, message: error.message };
  if (error instanceof ApiError) return { code: BUFFER_FULL, message: 'the buffer has no room for its records.' };
  return { code: 'Hydrant.InternalError', message: `it failed unexpectedly: ${String(error)}` };
}

const BUFFER_FULL = 'Hydrant.BufferFull';
/** Asking costs nothing. */
const WHILE_FULL_MS = 1_000;
