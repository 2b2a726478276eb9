import { expect, it } from 'vitest';
import { recordBlock } from '../../src/core/records.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import { readAll } from '../kit/buffer.ts';
import { modelServices } from './model-services.ts';

const LANE = 'id1/deliver/';
const HOUR_MS = 60 * 60 * 1000;

function aBuffer() {
  const clock = { now: 1_000_000_000 };
  const now = () => clock.now;
  let made = 0;
  const { rows, objects, state } = modelServices(now);
  const buffer = sharedBuffer({ rows, objects, now, newId: () => `id-${++made}`, leaseUntil: () => clock.now + 1_000 });
  const seal = async () => buffer.seal(LANE, { id: 'b1', sizeBytes: 2 ** 30, now: clock.now });
  const put = async (record: string) =>
    buffer.commit({ append: [{ lanes: [LANE], records: recordBlock(clock.now, [Buffer.from(record)]) }] });
  return { buffer, clock, state, seal, put };
}

it('a small put stores no object, and a batch of many stores one', async () => {
  const { buffer, state, seal, put } = aBuffer();
  const records = Array.from({ length: 50 }, (_, i) => `record ${i} ${'.'.repeat(1_000)}`);

  for (const record of records) await put(record);
  const whilePut = state.objects.size;
  await seal();

  expect(whilePut).toBe(0);
  expect(state.objects.size).toBe(1);
  expect((await readAll(buffer, 'b1')).map(String)).toEqual(records);
});

it('small and large puts keep their order in a batch', async () => {
  const { buffer, state, seal, put } = aBuffer();
  const records = ['a', 'b', 'C'.repeat(5_000), 'd', 'E'.repeat(5_000), 'F'.repeat(5_000), 'g', 'h'];

  for (const record of records) await put(record);
  await seal();

  expect((await readAll(buffer, 'b1')).map(String)).toEqual(records);
  expect(state.objects.size).toBe(6);
});

it('once a batch is finished no row and no object has its records', async () => {
  const { buffer, state, seal, put } = aBuffer();
  await put('a secret');
  await buffer.commit({
    append: [{ lanes: [LANE, 'id1/backup/'], records: recordBlock(1_000, [Buffer.from('an extra secret')]) }],
  });

  const holders = () => [...state.rows.values()].filter(({ body }) => body.includes('inline'));
  const before = holders().length;
  await seal();
  await buffer.seal('id1/backup/', { id: 'b2', sizeBytes: 1, now: 1_000 });
  await buffer.commit({ finish: 'b1' });
  await buffer.commit({ finish: 'b2' });

  expect(before).toBe(3);
  expect(holders()).toEqual([]);
  expect(state.objects.size).toBe(0);
});

it('a lane that waits for hours is read from all the partitions that it has had', async () => {
  const { buffer, clock, seal, put, state } = aBuffer();
  for (let hour = 0; hour < 12; hour++) {
    await put(`hour ${hour}`);
    clock.now += HOUR_MS;
  }
  const partitions = new Set(
    [...state.rows.values()].filter(({ open }) => open !== undefined).map((row) => row.partition),
  );

  await seal();

  expect(partitions.size).toBeGreaterThanOrEqual(6);
  expect(await readAll(buffer, 'b1')).toHaveLength(12);
});
