import type { Bodies } from './bodies.ts';
import type { Rows, StagedObjects } from './services.ts';

/** What the parts of the buffer share. */
export interface Store {
  readonly objects: StagedObjects;
  readonly rows: Rows;
  readonly bodies: Bodies;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Never the same twice, in any process. */
  readonly newId: () => string;
}
