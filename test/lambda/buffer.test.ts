import { expect, it } from 'vitest';
import { laneKey } from '../../src/core/lanes.ts';
import { recordBlock } from '../../src/core/records.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import type { Rows } from '../../src/lambda/services.ts';
import { describeBuffer } from '../kit/buffer.ts';
import { type ModelServices, modelServices } from './model-services.ts';

let services: ModelServices;
let made = 0;

function open(rows: Rows = services.rows) {
  const { objects } = services;
  const now = () => 5_000;
  return sharedBuffer({ rows, objects, now, newId: () => `id-${++made}`, leaseUntil: () => now() + 1_000 });
}

describeBuffer({
  name: 'S3 and DynamoDB, in a model',
  open: async () => {
    services = modelServices(() => 5_000);
    return open();
  },
  reopen: async () => open(),
});

it('a seal that was refused, had counted and is complete by now leaves its batch as it is', async () => {
  services = modelServices(() => 5_000);
  const { rows } = services;
  const lane = laneKey({ streamId: 'idclicks', stage: 'deliver', partition: '' });
  const others = open();
  for (const text of ['first', 'second']) {
    await others.commit({ append: [{ lanes: [lane], records: recordBlock(5_000, [Buffer.from(text)]) }] });
  }
  let refusals = 0;
  const buffer = open({
    ...rows,
    async create(row) {
      if (row.name !== 'turn' || refusals++ > 0) return rows.create(row);
      await rows.create(row);
      await others.seal(lane, { id: 'another', sizeBytes: 1, now: 5_000 });
      return false;
    },
  });

  const sealed = await buffer.seal(lane, { id: 'b1', sizeBytes: 1, now: 5_000 });

  const { batches } = await buffer.due();
  const texts: Record<string, string> = {};
  for (const { id } of batches) {
    for await (const { data } of buffer.read(id)) texts[id] = Buffer.from(data).toString();
  }
  expect(texts).toEqual({ b1: 'first', [String(sealed?.id)]: 'second' });
});
