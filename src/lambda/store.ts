import type { Bodies } from './bodies.ts';
import type { Rows, StagedObjects } from './services.ts';
import type { Shards } from './shards.ts';

/** Clocks of functions differ by less. */
export const CLOCKS_DIFFER_MS = 10_000;

/** What the parts of the buffer share. */
export interface Store {
  readonly objects: StagedObjects;
  readonly rows: Rows;
  readonly bodies: Bodies;
  readonly shards: Shards;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Never the same twice, in any process. */
  readonly newId: () => string;
}
