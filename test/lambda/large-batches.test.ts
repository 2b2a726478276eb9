import { expect, it } from 'vitest';
import { recordBlock } from '../../src/core/records.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import { readAll } from '../kit/buffer.ts';
import { modelServices } from './model-services.ts';

const LANE = 'id1/deliver/';
const DAY_MS = 24 * 60 * 60 * 1000;

it('the members of a large batch are in no row, and nothing of them is left two days after', async () => {
  let time = 1_000;
  let made = 0;
  const now = () => time;
  const { rows, objects, state } = modelServices(now);
  const buffer = sharedBuffer({ rows, objects, now, newId: () => `id-${++made}`, leaseUntil: () => time + 1_000 });
  for (let i = 0; i < 1_000; i++) {
    const records = recordBlock(time, [Buffer.from(`record ${i}`)]);
    await buffer.commit({ append: [{ lanes: [LANE], records }] });
  }

  const batch = await buffer.seal(LANE, { id: 'b1', sizeBytes: 2 ** 30, now: time });
  const texts = (await readAll(buffer, 'b1')).map(String);
  const longest = Math.max(...[...state.rows.values()].map(({ body }) => body.length));
  await buffer.commit({ finish: 'b1' });
  time += DAY_MS * 2;
  for (const [path, { expiresAt }] of state.rows) if ((expiresAt ?? time) < time) state.rows.delete(path);
  await buffer.collect();

  expect(batch).toMatchObject({ records: 1_000 });
  expect(texts).toEqual(Array.from({ length: 1_000 }, (_, i) => `record ${i}`));
  expect(longest).toBeLessThanOrEqual(8 * 1024);
  expect([...state.objects.keys()]).toEqual([]);
}, 60_000);
