import type { LaneKey } from '../core/lanes.ts';
import type { Part } from './parts.ts';

/** What one change put into one lane. */
export interface Entry {
  readonly lane: LaneKey;
  readonly id: string;
  /** Where it is in its lane: by the time of its change, then by its number in that process. */
  readonly order: string;
  readonly enteredAt: number;
  readonly parts: readonly Part[];
}

/** A decided batch that may not be made yet. */
export interface Sealing {
  readonly id: string;
  readonly lane: LaneKey;
  readonly sealedAt: number;
  /** When the oldest of what stays behind entered; absent when nothing does. */
  readonly leftAt?: number;
  /** Names of the entries' rows. A list: an entry that comes later may stand before them in the lane's order. */
  readonly entries: readonly string[];
  readonly parts: readonly Part[];
}
