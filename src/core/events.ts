import type { Batch, Plan } from './buffer.ts';
import type { FailureReason } from './records.ts';
import type { StreamDefinition } from './streams.ts';

/** What the pipeline tells its host, for logs and metrics. */
export type DrainEvent =
  | {
      readonly type: 'delivered';
      readonly stream: StreamDefinition;
      readonly batch: Batch;
      readonly plan: Plan;
      /** How many were taken; the others were refused. */
      readonly records: number;
      /** Bytes that left, after compression. */
      readonly bytes: number;
      /** Age of the oldest record when it was delivered, in ms. */
      readonly freshnessMs: number;
    }
  | {
      readonly type: 'postponed';
      readonly stream: StreamDefinition;
      readonly batch: Batch;
      readonly until: number;
      readonly attempts: number;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: 'diverted';
      readonly stream: StreamDefinition;
      readonly batch: Batch;
      readonly records: number;
      readonly reason: FailureReason;
    }
  /** The stream was deleted while these were on their way. */
  | { readonly type: 'discarded'; readonly batch: Batch }
  /**
   * A bug of ours or of an adapter's: it threw something other than a DeliveryError. The batch is kept and tried again.
   */
  | { readonly type: 'faulty'; readonly stream: StreamDefinition; readonly batch: Batch; readonly error: unknown };
