import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import { tombstone } from '../../src/lambda/bodies.ts';
import type { NewRow } from '../../src/lambda/services.ts';
import { isOtherShard } from '../../src/lambda/shards.ts';
import { pathOf } from './model-services.ts';
import { type Plant, simulate } from './simulate.ts';

/** Each is found within so many seeds, mostly within the first few. */
const SEEDS = 400;

const isTombstone = ({ expiresAt }: { readonly expiresAt?: number }): boolean => expiresAt !== undefined;

/** A condition that is not checked: the write counts whatever the row's version. */
function unconditional(isMeant: (row: NewRow) => boolean): Plant {
  return {
    rows: (rows, state, late) => ({
      ...rows,
      async replace(row, ifVersion) {
        if (!isMeant(row)) return rows.replace(row, ifVersion);
        await late();
        return rows.replace(row, state.rows.get(pathOf(row))?.version ?? ifVersion);
      },
    }),
  };
}

/** Rows that are removed where they should say that they were there. */
function forgetting(isMeant: (row: NewRow) => boolean): Plant {
  let made = 0;
  return {
    rows: (rows, state, late) => ({
      ...rows,
      async create(row) {
        if (isMeant(row) && ++made % 2 === 0) for (let i = 0; i < 6; i++) await late();
        return rows.create(row);
      },
      async replace(row, ifVersion) {
        const isReplaced = await rows.replace(row, ifVersion);
        if (isReplaced && isTombstone(row) && isMeant(row)) state.rows.delete(pathOf(row));
        return isReplaced;
      },
    }),
  };
}

const BUGS: Readonly<Record<string, Plant>> = {
  'attempts at processing are mixed': {
    rows(rows, state, late) {
      const unchecked = unconditional(({ name }) => name === 'batch').rows?.(rows, state, late) ?? rows;
      return {
        ...unchecked,
        async get(key) {
          const row = await rows.get(key);
          if (key.name !== 'batch' || row === undefined) return row;
          return { ...row, body: row.body.replace(/"until":\d+\}/, '"until":0}') };
        },
      };
    },
  },

  'double wake-ups shorten the wait for another try': {
    rows: (rows) => ({
      ...rows,
      async get(key) {
        const row = await rows.get(key);
        if (key.name !== 'batch' || row === undefined) return row;
        return { ...row, body: row.body.replace(/"postponed":\{"until":[\d.]+,/, '"postponed":{"until":0,') };
      },
    }),
  },

  'a head is closed without its version': unconditional((row) => row.name === 'head'),

  'two seals at once both count': unconditional((row) => row.name === 'turn'),

  'membership is a range of the order, not a list': {
    rows: (rows, state) => ({
      ...rows,
      async replace(row, ifVersion) {
        const before = state.rows.get(pathOf(row));
        if (before?.open !== undefined && isTombstone(row)) {
          for (const other of state.rows.values()) {
            const isBefore = other.partition === row.partition && other.open !== undefined && other.open < before.open;
            if (isBefore) await rows.replace(tombstone(other, row.expiresAt ?? 0), other.version);
          }
        }
        return rows.replace(row, ifVersion);
      },
    }),
  },

  'sealed entries leave no tombstones': forgetting((row) => row.name.startsWith('entry/')),

  'finished batches leave no tombstones': forgetting((row) => row.name === 'batch'),

  'a lane is read from an index that is behind': {
    rows: (rows) => {
      let pages = 0;
      return {
        ...rows,
        open: async (partition, after) => (await rows.open(partition, after)).slice(0, ++pages % 4 || 0),
      };
    },
  },

  'only the newest partition of a lane is looked at': {
    rows: (rows) => {
      const newest = new Map<string, number>();
      return {
        ...rows,
        async open(partition, after) {
          const [room, lane, span] = partition.split('/');
          const key = `${room}/${lane}`;
          newest.set(key, Math.max(newest.get(key) ?? 0, Number(span)));
          return Number(span) < (newest.get(key) ?? 0) - 1 ? [] : rows.open(partition, after);
        },
      };
    },
  },

  'a late entry tells nobody': {
    rows: (rows, state) => {
      const isTold = (row: NewRow) =>
        row.name === 'turn' &&
        /^\{"lateFrom":\d+\}$/.test(row.body) &&
        state.rows.get(pathOf(row))?.body.includes('"sealing"') !== true;
      return {
        ...rows,
        create: async (row) => isTold(row) || rows.create(row),
        replace: async (row, ifVersion) => isTold(row) || rows.replace(row, ifVersion),
      };
    },
  },

  'a refused write had counted': {
    rows: (rows) => {
      let made = 0;
      return {
        ...rows,
        async create(row) {
          const isMade = await rows.create(row);
          if (row.open === undefined || ++made % 10 > 0) return isMade;
          throw new DeliveryError('Too many.', { code: 'Buffer.Throttled', retryable: true });
        },
      };
    },
  },

  'only first shards are swept': {
    rows: (rows) => ({
      ...rows,
      async *due(before) {
        for await (const row of rows.due(before)) if (!isOtherShard(row.lane ?? '')) yield row;
      },
    }),
  },

  'a lifecycle rule removes what is a day old': {
    collect({ objects }, now) {
      for (const [key, { storedAt }] of objects) if (storedAt < now - 24 * 60 * 60 * 1000) objects.delete(key);
    },
  },

  'nothing finds what lost wake-ups forgot': { isWithoutSweep: true },
};

describe('the simulation finds it when', () => {
  it.each(Object.entries(BUGS))(
    '%s',
    async (_, plant) => {
      let found: readonly string[] = [];
      for (let seed = 1; seed <= SEEDS && found.length === 0; seed++) found = await simulate(seed, plant);

      expect(found).not.toEqual([]);
    },
    600_000,
  );
});

it('finds nothing where writes are only slow', async () => {
  const slow: Plant = {
    rows: (rows, _, late) => ({
      ...rows,
      async replace(row, ifVersion) {
        await late();
        return rows.replace(row, ifVersion);
      },
      async create(row) {
        await late();
        return rows.create(row);
      },
    }),
  };
  const found: string[] = [];
  for (let seed = 1; seed <= 5; seed++) found.push(...(await simulate(seed, slow)));

  expect(found).toEqual([]);
}, 600_000);
