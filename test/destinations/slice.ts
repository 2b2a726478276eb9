import type { Slice } from '../../src/core/destination.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { recordBlock } from '../../src/core/records.ts';

/** When its records arrived. */
export const ARRIVED_AT = Date.UTC(2026, 6, 13, 10, 5, 9);

export interface ToSlice {
  readonly records?: readonly (string | Uint8Array)[];
  readonly config: JsonObject;
  readonly extensions?: JsonObject;
  readonly id?: string;
  readonly attempt?: number;
}

/** A slice as the core hands it to a destination; its first record's place in the batch is 10. */
export function sliceOf({ records = ['a'], config, extensions, id = 'batch-1/10-11', attempt = 1 }: ToSlice): Slice {
  const block = recordBlock(
    ARRIVED_AT,
    records.map((record) => Buffer.from(record)),
  );
  return {
    id,
    stream: { name: 'clicks', arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks', version: 1 },
    config,
    ...(extensions && { extensions }),
    records: records.length,
    bytes: block.data.length,
    oldestAt: ARRIVED_AT,
    plan: { streamVersion: 1, attempt, output: null },
    async *read() {
      yield { ...block, place: 10 };
    },
    note: async () => {},
  };
}
