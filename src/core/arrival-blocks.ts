import type { Append } from './buffer.ts';
import type { LaneKey } from './lanes.ts';
import { type FailureReason, recordBlock } from './records.ts';

/** Records that arrived within this time share a block, which knows one arrival: the first. */
export const ARRIVAL_GRAIN_MS = 1_000;

export interface Arrived {
  /** Ms since the epoch. */
  readonly arrivedAt: number;
  readonly data: Uint8Array;
}

/** The records for these lanes, in as few blocks as their times allow. */
export function arrivalBlocks(
  records: Iterable<Arrived>,
  lanes: readonly LaneKey[],
  reason?: FailureReason,
): readonly Append[] {
  const appends: Append[] = [];
  let group: Uint8Array[] = [];
  let arrivedAt = 0;
  const close = (): void => {
    if (group.length > 0) appends.push({ lanes, records: recordBlock(arrivedAt, group, reason) });
    group = [];
  };
  for (const record of records) {
    if (Math.abs(record.arrivedAt - arrivedAt) > ARRIVAL_GRAIN_MS) close();
    if (group.length === 0) ({ arrivedAt } = record);
    group.push(record.data);
  }
  close();
  return appends;
}
