import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { Topic } from './kafka-api.ts';

/** Where a stream began to read its topic: decided once, and stored before the first record. */
export interface Beginning {
  /** The topic's id; absent where the cluster gives topics none. */
  readonly topicId?: string;
  /** An offset a partition, by its number. One that is not here came later, and is read from its first record. */
  readonly starts: readonly (number | null)[];
}

export interface PositionsPorts {
  /** A cursor's last committed value. */
  readonly cursor: (name: string) => string | undefined;
  /** Stores a cursor that no records belong to. */
  readonly keep: (name: string, value: string) => Promise<void>;
}

/** How far a stream has read its topic. What is stored of another one, by its id, of the same name does not count. */
export interface Positions {
  beginning(): Beginning | undefined;
  begin(beginning: Beginning): Promise<void>;
  /** The offset to go on at; undefined where that is the first there is. */
  next(partition: number): number | undefined;
  /** What to store with the records before `next`. */
  cursorAt(partition: number, next: number): { readonly name: string; readonly value: string };
}

export function positions({ id }: StreamDefinition, { cursor, keep }: PositionsPorts): Positions {
  const beginName = `${id}/beginning`;
  const nameOf = (partition: number): string => `${id}/${partition}`;
  // Only what is made here is ever stored under these names.
  const stored = (name: string): JsonObject | undefined => {
    const value: unknown = JSON.parse(cursor(name) ?? 'null');
    return isJsonObject(value) ? value : undefined;
  };
  // Read for each partition at each turn, and one number long for each.
  let known: { readonly value: string | undefined; readonly beginning: Beginning | undefined } | undefined;
  const beginning = (): Beginning | undefined => {
    const value = cursor(beginName);
    if (known?.value !== value) known = { value, beginning: stored(beginName) as Beginning | undefined }; // as above
    return known?.beginning;
  };

  return {
    beginning,
    begin: (begin) => keep(beginName, JSON.stringify(begin)),

    next(partition) {
      const { topicId, starts = [] } = beginning() ?? {};
      const read = stored(nameOf(partition));
      if (typeof read?.next === 'number' && isSame(read.topicId, topicId)) return read.next;
      return starts[partition] ?? undefined;
    },

    cursorAt(partition, next) {
      const topicId = beginning()?.topicId;
      return { name: nameOf(partition), value: JSON.stringify({ next, ...(topicId !== undefined && { topicId }) }) };
    },
  };
}

/** Whether it is the one that was begun. A cluster that begins to give topics ids makes no other topics of them. */
export function isSameTopic({ topicId }: Beginning, { id }: Topic): boolean {
  return isSame(topicId, id);
}

function isSame(one: unknown, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
