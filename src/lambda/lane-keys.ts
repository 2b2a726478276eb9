import { createHash } from 'node:crypto';
import { type LaneKey, laneOf } from '../core/lanes.ts';
import type { NewRow, Row, RowKey } from './services.ts';
import { CLOCKS_DIFFER_MS } from './store.ts';

/**
 * Entries get another partition every two hours. A table with a local index takes 10 GB under one partition key, and
 * then refuses more for good; at 1,000 write units of 1 KB a second, which is all that a partition does, two hours are
 * 7.2 GB, whatever waits or has left its tombstone there.
 */
const SPAN_MS = 2 * 60 * 60 * 1000;
/** An entry that gets in so long after its change was made says so in the lane's turn. */
const LATE_MS = 30 * 60 * 1000;
/**
 * Entries that are not late are looked for so long before their lane opened: by as much as they may be older than its
 * opening, which another may have written who came later and was faster, by up to the length of an invocation.
 */
const LOOK_BACK_MS = 60 * 60 * 1000;
const TIME_DIGITS = 14;
const NUMBER_DIGITS = 10;

/** Lane names hold what is in records and may be longer than a key may be. */
function partitionOf(lane: LaneKey): string {
  return `lane/${createHash('sha256').update(lane).digest('base64url')}`;
}

export const headKey = (lane: LaneKey): RowKey => ({ partition: partitionOf(lane), name: 'head' });
export const turnKey = (lane: LaneKey): RowKey => ({ partition: partitionOf(lane), name: 'turn' });

export function headOf(lane: LaneKey): NewRow {
  return { ...headKey(lane), lane, streamId: laneOf(lane).streamId, body: '{}' };
}

/** Where an entry is in its lane: by the time of its change, then by its number in that process. */
export function orderOf({ at, number, id }: { readonly at: number; readonly number: number; readonly id: string }) {
  return `${digits(at, TIME_DIGITS)}-${digits(number, NUMBER_DIGITS)}-${id}`;
}

const digits = (number: number, count: number): string => String(Math.floor(number)).padStart(count, '0');

/** When the entry's change was made, by the clock of who made it. */
export const timeOf = (order: string): number => Number(order.slice(0, TIME_DIGITS));

export const isLate = (order: string, now: number): boolean => timeOf(order) < now - LATE_MS;

export function entryKey(lane: LaneKey, order: string): RowKey {
  return { partition: spanPartition(lane, timeOf(order)), name: `entry/${order}` };
}

const spanPartition = (lane: LaneKey, at: number): string => `${partitionOf(lane)}/${Math.floor(at / SPAN_MS)}`;

/** The lane's partitions that may hold open entries; `lateFrom` is what a late one said. */
export function* partitionsToRead(
  lane: LaneKey,
  {
    head,
    lateFrom,
    now,
  }: { readonly head: Row | undefined; readonly lateFrom: number | undefined; readonly now: number },
): Generator<string> {
  const from = Math.min(head?.dueAt ?? now, lateFrom ?? now, now) - LOOK_BACK_MS;
  for (let at = Math.max(0, from); ; at += SPAN_MS) {
    yield spanPartition(lane, at);
    if (Math.floor(at / SPAN_MS) >= Math.floor((now + CLOCKS_DIFFER_MS) / SPAN_MS)) return;
  }
}
