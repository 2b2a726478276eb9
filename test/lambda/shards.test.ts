import { expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import { recordBlock } from '../../src/core/records.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import type { Rows } from '../../src/lambda/services.ts';
import { readAll } from '../kit/buffer.ts';
import { modelServices } from './model-services.ts';

const LANE = 'id1/deliver/';
const NOW = 1_000_000_000;

/** A container whose table takes one entry into the first partition it was given one for, and no more. */
async function crowded() {
  const { rows, objects, state } = modelServices(() => NOW);
  let made = 0;
  let first: string | undefined;
  const narrow: Rows = {
    ...rows,
    async create(row) {
      if (row.open === undefined) return rows.create(row);
      first ??= row.partition;
      if (row.partition === first && state.rows.size > 1)
        throw new DeliveryError('Too many.', { code: 'Buffer.Throttled', retryable: true });
      return rows.create(row);
    },
  };
  const shards = new Map<string, number>();
  const open = () =>
    sharedBuffer({
      ...{ rows: narrow, objects, shards },
      now: () => NOW,
      newId: () => `id-${++made}`,
      leaseUntil: () => NOW + 1_000,
    });
  const buffer = open();
  const put = async (text: string) => {
    const records = recordBlock(NOW, [Buffer.from(text)]);
    const [status] = await open().commit({ append: [{ lanes: [LANE], records }] });
    return status?.lane ?? '';
  };
  const texts = Array.from({ length: 20 }, (_, i) => `record ${i}`);
  const lanes: string[] = [];
  for (const text of texts) lanes.push(await put(text));
  return { buffer, texts, lanes };
}

it('a lane that is refused gets more shards, and every put finds one', async () => {
  const { lanes } = await crowded();

  expect(lanes[0]).toBe(LANE);
  expect(new Set(lanes).size).toBeGreaterThan(2);
});

it('batches of all shards have the name of their lane, and together its records', async () => {
  const { buffer, lanes, texts } = await crowded();
  const found: string[] = [];
  const names = new Set<string>();

  for (const [i, shard] of [...new Set(lanes)].entries()) {
    const batch = await buffer.seal(shard, { id: `b${i}`, sizeBytes: 1_000, now: NOW });
    names.add(batch?.lane ?? '');
    found.push(...(await readAll(buffer, `b${i}`)).map(String));
  }

  expect([...names]).toEqual([LANE]);
  expect(found.sort()).toEqual([...texts].sort());
});

it('a lane of several shards is one active partition', async () => {
  const { buffer } = await crowded();

  expect(await buffer.laneCount('id1', 'deliver')).toBe(1);
});

it('a stream that is discarded leaves no shard', async () => {
  const { buffer } = await crowded();

  await buffer.commit({ discard: 'id1' });

  expect(await buffer.due()).toEqual({ lanes: [], batches: [] });
});
