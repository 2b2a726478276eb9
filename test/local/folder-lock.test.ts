import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/local/folder-lock.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'hydrant-lock-'));

describe('the lock of a data folder', () => {
  it('keeps a second owner out until the first lets go', async () => {
    const folder = newFolder();
    const unlock = await lockFolder(folder);

    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'ELOCKED' });
    await unlock();

    const again = await lockFolder(folder);
    await again();
  });

  it('is kept by another process while it lives, and is free as soon as that was killed', async () => {
    const folder = newFolder();
    const owner = await otherOwner(folder);

    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'ELOCKED' });
    const died = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await died;

    const unlock = await lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock-2.sock']);
    await unlock();
  });

  it('does not trip over what a killed owner with our own pid left, nor over files that are no sockets', async () => {
    const folder = newFolder();
    const owner = await otherOwner(folder);
    const died = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await died;
    writeFileSync(join(folder, 'lock-7.sock'), String(process.pid));

    const unlock = await lockFolder(folder);

    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'ELOCKED' });
    await unlock();
  });

  it('is given to at most one of many who start at once', async () => {
    const folder = newFolder();

    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));

    const owners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(owners.length).toBeLessThanOrEqual(1);
    for (const { value } of owners) await value();
    const unlock = await lockFolder(folder);
    await unlock();
  });

  it.skipIf(process.platform !== 'linux')('works in a folder whose path is too long for a socket', async () => {
    const folder = join(newFolder(), 'a'.repeat(80), 'b'.repeat(80));
    mkdirSync(folder, { recursive: true });
    const unlock = await lockFolder(folder);

    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'ELOCKED' });
    await unlock();
  });
});

/** Another process that holds the lock as we would: it listens on the folder's first lock socket. */
function otherOwner(folder: string): Promise<ChildProcess> {
  const program = `require('net').createServer().listen(process.argv[1], () => console.log('held'))`;
  const owner = spawn(process.execPath, ['-e', program, join(folder, 'lock-1.sock')]);
  return new Promise((resolve, reject) => {
    owner.stdout.once('data', () => resolve(owner));
    owner.once('exit', () => reject(new Error('The other owner did not start.')));
  });
}
