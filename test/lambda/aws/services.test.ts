import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

describe('a staging bucket in a folder', () => {
  it('has no object that is not whole', async () => {
    const objects = stagedFolder({ folder: join(folder, 'growing') });
    const key = `records/${randomUUID()}`;
    let isDone = false;
    const put = objects.put(key, Buffer.alloc(64 * 1024 * 1024)).then(() => {
      isDone = true;
    });

    const found: string[] = [];
    while (!isDone) for await (const object of objects.list()) found.push(object.key);
    await put;

    expect(found.filter((each) => each !== key)).toEqual([]);
  });

  it('rejects with what the disk says, and leaves nothing behind', async () => {
    const bucket = join(folder, 'failing');
    const objects = stagedFolder({ folder: bucket });
    const key = `records/${randomUUID()}`;
    await mkdir(join(bucket, key), { recursive: true });

    await expect(objects.put(key, Buffer.from('a'))).rejects.toMatchObject({ code: 'Folder.EISDIR', retryable: true });
    await expect(objects.get(key)).rejects.toMatchObject({ code: 'Folder.EISDIR' });
    expect(await readdir(join(bucket, 'records'))).toHaveLength(1);
  });
});

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
