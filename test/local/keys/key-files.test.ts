import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Disk, nodeDisk } from '../../../src/local/disk.ts';
import { createKey, hasIssuedKeys, keyFiles, listKeys, revokeKey } from '../../../src/local/keys/key-files.ts';

const PRODUCER = { actions: ['firehose:PutRecord'], streams: ['clicks'], userName: 'producer', hasSessionToken: false };

describe('the keys of a data folder', () => {
  let dataFolder: string;
  let at: number;
  const disk = nodeDisk();
  const now = (): number => at;
  beforeEach(async () => {
    at = Date.UTC(2026, 0, 15);
    dataFolder = await mkdtemp(join(tmpdir(), 'hydrant-keys-'));
    return () => rm(dataFolder, { recursive: true });
  });
  const create = (wanted: Partial<Parameters<typeof createKey>[1]> = {}) =>
    createKey({ dataFolder, disk, now }, { ...PRODUCER, ...wanted });
  const service = (own: Disk = disk) => keyFiles({ dataFolder, disk: own, now });
  /** A disk that keeps the paths of the files that are opened. */
  function watching() {
    const opened: string[] = [];
    const open: Disk['open'] = (path, how) => {
      opened.push(path);
      return disk.open(path, how);
    };
    return { opened, watched: { ...disk, open } };
  }

  it('are found by a service with all there is to them', async () => {
    const key = await create({ expiresAt: at + 1, hasSessionToken: true });

    expect(await service().find(key.accessKeyId)).toEqual({ ...key, createdAt: at });
    expect(key).toMatchObject({
      accessKeyId: expect.stringMatching(/^HSIA[A-Z2-7]{16}$/),
      secretAccessKey: expect.stringMatching(/^[\w-]{40}$/),
      sessionToken: expect.stringMatching(/^[\w-]{80}$/),
      actions: PRODUCER.actions,
      streams: PRODUCER.streams,
      userName: 'producer',
      expiresAt: at + 1,
    });
  });

  it('are named by their id when they have no name', async () => {
    const { userName: _, ...nameless } = PRODUCER;
    const { accessKeyId, userName } = await createKey({ dataFolder, disk, now }, nameless);

    expect(userName).toBe(accessKeyId);
    expect(accessKeyId).toMatch(/^HKIA[A-Z2-7]{16}$/);
  });

  it('are asked for from the first one on, even when the last was taken back', async () => {
    const running = service();
    expect(await running.isRequired()).toBe(false);

    const { accessKeyId } = await create();
    expect(await running.isRequired()).toBe(false);
    at += 1_000;
    expect(await running.isRequired()).toBe(true);

    await revokeKey({ dataFolder, disk }, accessKeyId);
    expect([await running.isRequired(), await service().isRequired()]).toEqual([true, true]);
  });

  it('stay asked for while the service runs, whatever becomes of the folder', async () => {
    await create();
    const running = service();
    expect(await running.isRequired()).toBe(true);

    await rm(join(dataFolder, 'keys'), { recursive: true });
    at += 1_000;

    expect(await running.isRequired()).toBe(true);
  });

  it('are taken up and refused by a service that runs, within a second', async () => {
    const running = service();
    const { accessKeyId } = await create();
    expect(await running.find(accessKeyId)).toMatchObject({ accessKeyId });

    expect(await revokeKey({ dataFolder, disk }, accessKeyId)).toBe(true);
    at += 999;
    expect(await running.find(accessKeyId)).toMatchObject({ accessKeyId });
    at += 1;
    expect(await running.find(accessKeyId)).toBeUndefined();
    expect(await revokeKey({ dataFolder, disk }, accessKeyId)).toBe(false);
  });

  it('are read once a second, however many requests there are', async () => {
    const { accessKeyId } = await create();
    const { opened, watched } = watching();
    const running = service(watched);

    await Promise.all(Array.from({ length: 100 }, () => running.find(accessKeyId)));
    await running.find(accessKeyId);
    const file = join(dataFolder, 'keys', `${accessKeyId}.json`);
    expect(opened.filter((path) => path === file)).toHaveLength(1);

    at += 1_000;
    await running.find(accessKeyId);
    expect(opened.filter((path) => path === file)).toHaveLength(2);
  });

  it.each(['../streams/x', 'HKIA/../../key', 'key', '', 'hkia234567abcdefghij', 'A'.repeat(5_000)])(
    'are not looked for outside their folder: %s',
    async (id) => {
      await create();
      const { opened, watched } = watching();
      const running = service(watched);

      expect(await running.find(id)).toBeUndefined();
      expect(await revokeKey({ dataFolder, disk }, id)).toBe(false);
      expect(opened).toEqual([]);
    },
  );

  it('are stored without a secret in clear, for their owner alone', async () => {
    const { secretAccessKey, sessionToken } = await create({ hasSessionToken: true });
    const folder = join(dataFolder, 'keys');
    const files = (await readdir(folder)).map((name) => join(folder, name));

    const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));

    expect(texts.join('\n')).not.toContain(secretAccessKey);
    expect(texts.join('\n')).not.toContain(sessionToken);
    expect(modes).toEqual([0o600, 0o600]);
  });

  it('are listed in the order they were made, without their secrets', async () => {
    const first = await create();
    at += 5;
    const second = await create({ userName: 'other' });

    const listed = await listKeys({ dataFolder, disk });

    expect(listed).toMatchObject([
      { accessKeyId: first.accessKeyId, userName: 'producer', createdAt: at - 5 },
      { accessKeyId: second.accessKeyId, userName: 'other', createdAt: at },
    ]);
    expect(JSON.stringify(listed)).not.toMatch(/secret|token/i);
  });

  it('are made by one command at a time, all under one key of the folder', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => create()));
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));

    expect(await Promise.all(made.map(({ accessKeyId }) => service().find(accessKeyId)))).toMatchObject(made);
    expect(refused.map(({ name, message }) => `${name} ${message}`)).toEqual(
      refused.map(() =>
        expect.stringMatching(/^ConfigError .*another hydrant keys create is at work there\. Try again\.$/),
      ),
    );
  });

  it('of which the folder has lost the key that seals them let nobody in', async () => {
    const { accessKeyId } = await create();
    await rm(join(dataFolder, 'keys', 'key'));

    expect(await hasIssuedKeys(disk, dataFolder)).toBe(true);
    await expect(service().find(accessKeyId)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining("Restore it and the file 'key' beside it from a backup"),
    });
  });

  it('that a newer version has written are refused, not misread', async () => {
    const { accessKeyId } = await create();
    const file = join(dataFolder, 'keys', `${accessKeyId}.json`);
    await writeFile(file, (await readFile(file, 'utf8')).replace('"format":1', '"format":2'));

    await expect(service().find(accessKeyId)).rejects.toThrow('was written by a newer Hydrant (format 2)');
  });
});
