import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { dynamoRows } from '../../../src/lambda/aws/dynamo-rows.ts';
import { stagedFolder } from '../../../src/lambda/aws/staged-folder.ts';
import { sharedBuffer } from '../../../src/lambda/buffer.ts';
import type { Rows, StagedObjects } from '../../../src/lambda/services.ts';
import { describeBuffer } from '../../kit/buffer.ts';
import { modelServices } from '../model-services.ts';
import { startDynalite } from './emulated-dynamo.ts';
import { describeRows } from './rows-contract.ts';
import { describeStaged } from './staged-contract.ts';

let emulated: Awaited<ReturnType<typeof startDynalite>>;
let folder: string;
beforeAll(async () => {
  emulated = await startDynalite();
  folder = await mkdtemp(join(tmpdir(), 'hydrant-staged-'));
});
afterAll(async () => {
  await emulated.stop();
  await rm(folder, { recursive: true });
});

async function freshRows(): Promise<Rows> {
  const table = await emulated.makeTable('buffer');
  return dynamoRows({ client: async () => emulated.dynamo, table });
}

describeRows({ name: 'the model', open: async () => modelServices(() => 0).rows });
describeRows({ name: 'dynalite', open: freshRows });

describeStaged({ name: 'the model', open: async () => modelServices(Date.now).objects, many: 10 });
describeStaged({ name: 'a folder', open: async () => stagedFolder({ folder: join(folder, 'bucket') }), many: 200 });

let stores: { readonly rows: Rows; readonly objects: StagedObjects };
let made = 0;
const bufferOver = () =>
  sharedBuffer({ ...stores, now: () => 5_000, newId: () => `id-${++made}`, leaseUntil: () => 6_000 });

describeBuffer({
  name: 'dynalite and a folder',
  open: async () => {
    stores = { rows: await freshRows(), objects: stagedFolder({ folder: await mkdtemp(join(folder, 'buffer-')) }) };
    return bufferOver();
  },
  reopen: async () => bufferOver(),
});
