import type {
  IndexedRow,
  Message,
  NewRow,
  Row,
  RowKey,
  Rows,
  StagedObjects,
  Wakes,
} from '../../src/lambda/services.ts';

export interface ModelServices {
  readonly objects: StagedObjects;
  readonly rows: Rows;
  readonly wakes: Wakes;
  readonly state: ModelState;
  /** The indexes have caught up with all writes but those that `isBehind` picks. */
  refreshIndexes(isBehind: () => boolean): void;
}

export interface ModelState {
  readonly rows: Map<string, Row>;
  readonly objects: Map<string, { readonly bytes: Uint8Array; readonly storedAt: number }>;
  readonly messages: Message[];
}

/** Small, so that a few rows take more than one. */
const PAGE_ROWS = 3;

export const pathOf = ({ partition, name }: RowKey): string => `${partition} ${name}`;

/** What S3, DynamoDB and SQS keep between calls, when nothing fails. `isBehind` off, the indexes are current. */
export function modelServices(now: () => number, { hasLazyIndexes = false } = {}): ModelServices {
  const state: ModelState = { rows: new Map(), objects: new Map(), messages: [] };
  const indexed = new Map<string, Row>();
  const stale = new Set<string>();

  function write(row: NewRow, version: number): Row {
    const written = { ...row, version };
    state.rows.set(pathOf(row), written);
    stale.add(pathOf(row));
    if (!hasLazyIndexes) refreshIndexes(() => false);
    return written;
  }

  function refreshIndexes(isBehind: () => boolean): void {
    for (const path of [...stale]) {
      if (isBehind()) continue;
      stale.delete(path);
      const row = state.rows.get(path);
      if (row === undefined) indexed.delete(path);
      else indexed.set(path, row);
    }
  }

  const rows: Rows = {
    get: async (key) => state.rows.get(pathOf(key)),

    async create(row) {
      if (state.rows.has(pathOf(row))) return false;
      write(row, 1);
      return true;
    },

    async replace(row, ifVersion) {
      if (state.rows.get(pathOf(row))?.version !== ifVersion) return false;
      write(row, ifVersion + 1);
      return true;
    },

    async add({ records = 0, bytes = 0, ...row }, how) {
      const before = state.rows.get(pathOf(row));
      const counts = { records: (before?.records ?? 0) + records, bytes: (before?.bytes ?? 0) + bytes };
      const { dueAt } = row;
      const due = how?.isDueAnew && dueAt !== undefined ? { dueAt } : {};
      return write({ ...row, ...before, ...counts, ...due }, (before?.version ?? 0) + 1);
    },

    async open(partition, after = '') {
      return [...state.rows.values()]
        .filter((row) => row.partition === partition && row.open !== undefined && row.open > after)
        .sort((a, b) => (a.open! < b.open! ? -1 : 1)) // the filter has looked
        .slice(0, PAGE_ROWS);
    },

    async *due(before) {
      for (const row of [...indexed.values()]) if ((row.dueAt ?? Number.NaN) <= before) yield indexedOf(row);
    },

    async *held(streamId) {
      for (const row of [...indexed.values()]) if (row.streamId === streamId) yield indexedOf(row);
    },

    async *all() {
      yield* [...state.rows.values()];
    },
  };

  const objects: StagedObjects = {
    async put(key, bytes) {
      if (!state.objects.has(key)) state.objects.set(key, { bytes: Uint8Array.from(bytes), storedAt: now() });
    },
    get: async (key) => state.objects.get(key)?.bytes,
    async remove(keys) {
      for (const key of keys) state.objects.delete(key);
    },
    async *list() {
      for (const [key, { storedAt }] of [...state.objects]) yield { key, storedAt };
    },
  };

  const wakes: Wakes = {
    async send(messages) {
      state.messages.push(...messages);
    },
  };

  return { objects, rows, wakes, state, refreshIndexes };
}

function indexedOf({ partition, name, dueAt, lane }: Row): IndexedRow {
  return { partition, name, ...(dueAt !== undefined && { dueAt }), ...(lane !== undefined && { lane }) };
}
