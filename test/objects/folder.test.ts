import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectPut } from '../../src/core/objects.ts';
import { pathOfKey } from '../../src/objects/file-names.ts';
import { type Files, folderObjects } from '../../src/objects/folder.ts';
import { describeObjects } from '../kit/objects.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-objects-'));
afterAll(() => fs.rm(top, { recursive: true }));
const newFolder = () => fs.mkdtemp(join(top, 'f'));
const signal = new AbortController().signal;

describeObjects({
  name: 'a folder',
  async open() {
    const folder = await newFolder();
    return {
      store: await folderObjects({ folder }),
      bucket: 'bucket',
      async read(key) {
        try {
          return new Uint8Array(await fs.readFile(join(folder, 'bucket', ...pathOfKey(key))));
        } catch {
          return undefined;
        }
      },
      close: () => fs.rm(folder, { recursive: true }),
    };
  },
});

describe('a folder of buckets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
  });

  it('keeps each object under its own key, however odd, and lists them all', async () => {
    const keys = ['a', 'a/b', 'a/', '/a', 'a//b', '.', '..', '../../etc/passwd', '%', 'x%2Fy', 'nul\0', 'new\nline', '']
      .concat(['.uploads', '\ud800', '\ud801', 'ü'.repeat(300), '/'.repeat(1024), `${'long'.repeat(250)}/x`])
      .concat('2026/07/13/10/s-1-2026-07-13-10-05-09-0b1a2c3d-4e5f-6071-8293-a4b5c6d7e8f9.gz');
    const store = await folderObjects({ folder });
    for (const key of keys) await store.put(object({ key, text: `of ${key}` }), signal);

    const listed = new Map<string, string>();
    for await (const { key, path } of store.list('bucket')) listed.set(key, await fs.readFile(path, 'utf8'));

    expect([...listed.keys()].sort()).toEqual([...keys].sort());
    for (const key of keys) expect(listed.get(key)).toBe(Buffer.from(`of ${key}`).toString());
    expect((await fs.readdir(folder)).sort()).toEqual(['.uploads', 'bucket']);
  });

  it('keeps buckets apart whose names mean something to a file system', async () => {
    const store = await folderObjects({ folder });
    const buckets = ['.', '..', '.uploads', 'b', 'b'.repeat(255)];
    for (const bucket of buckets) await store.put({ ...object({ key: 'k', text: bucket }), bucket }, signal);

    for (const bucket of buckets) {
      const paths: string[] = [];
      for await (const { path } of store.list(bucket)) paths.push(path);
      expect(paths).toHaveLength(1);
      expect(await fs.readFile(paths[0] ?? '', 'utf8')).toBe(bucket);
      expect(relative(folder, paths[0] ?? '')).not.toMatch(/^\.\.(\/|$)|^\.uploads\//);
    }
  });

  it('lists nothing of a bucket that does not exist, and no files that are not objects', async () => {
    const store = await folderObjects({ folder });
    await fs.mkdir(join(folder, 'bucket'));
    await fs.writeFile(join(folder, 'bucket', 'notes.txt'), 'mine');

    for (const bucket of ['bucket', 'absent']) {
      for await (const listed of store.list(bucket)) expect.fail(`lists ${listed.path}`);
    }
  });

  it('that is shared leaves what others have not finished, whoever starts', async () => {
    const store = await folderObjects({ folder, isShared: true });
    const half = async function* () {
      yield Buffer.from('ha');
      await folderObjects({ folder, isShared: true });
      yield Buffer.from('lf');
    };

    await store.put({ ...object({ key: 'k', text: '' }), body: half() }, signal);

    expect(await fs.readFile(join(folder, 'bucket', ...pathOfKey('k')), 'utf8')).toBe('half');
  });

  it('removes what a crash left unfinished when it starts', async () => {
    await folderObjects({ folder });
    await fs.writeFile(join(folder, '.uploads', 'half'), 'ha');

    await folderObjects({ folder });

    expect(await fs.readdir(join(folder, '.uploads'))).toEqual([]);
  });

  it('says that a key is there already and leaves its bytes alone', async () => {
    const store = await folderObjects({ folder });
    await store.put(object({ key: 'k', text: 'first' }), signal);

    const result = await store.put(object({ key: 'k', text: 'second try' }), signal);

    expect(result).toEqual({ outcome: 'already-there', bytes: 5 });
    expect(await fs.readFile(join(folder, 'bucket', 'k%object'), 'utf8')).toBe('first');
  });

  it('fsyncs the file, renames it, then fsyncs every new folder and the one that holds the topmost', async () => {
    const steps: string[] = [];
    const store = await folderObjects({ folder, files: recorded(folder, steps) });
    steps.length = 0;

    await store.put(object({ key: 'a/b/k', text: 'x' }), signal);

    expect(steps).toEqual([
      'sync <upload>',
      'rename bucket/a/b/k%object',
      ...['bucket/a/b', 'bucket/a', 'bucket', '.'].map((each) => `sync ${each}`),
    ]);
  });

  it('fsyncs a folder that an earlier process made, and one it knows only once', async () => {
    const before = await folderObjects({ folder });
    await before.put(object({ key: 'a/k', text: 'x' }), signal);
    const steps: string[] = [];
    const store = await folderObjects({ folder, files: recorded(folder, steps) });
    steps.length = 0;

    await store.put(object({ key: 'a/l', text: 'x' }), signal);
    await store.put(object({ key: 'a/m', text: 'x' }), signal);
    await store.put(object({ key: 'a/m', text: 'x' }), signal);

    const syncs = steps.filter((step) => step.startsWith('sync') && step !== 'sync <upload>');
    expect(syncs).toEqual(['sync bucket/a', 'sync bucket', 'sync .', 'sync bucket/a', 'sync bucket/a']);
  });

  it('does not count a folder as durable that was removed and made again', async () => {
    const steps: string[] = [];
    const store = await folderObjects({ folder, files: recorded(folder, steps) });
    await store.put(object({ key: 'a/b/k', text: 'x' }), signal);
    await fs.rm(join(folder, 'bucket', 'a'), { recursive: true });
    steps.length = 0;

    await store.put(object({ key: 'a/b/l', text: 'x' }), signal);

    expect(steps.slice(2)).toEqual(['sync bucket/a/b', 'sync bucket/a', 'sync bucket']);
  });

  it('refuses an object that is to be encrypted', async () => {
    const store = await folderObjects({ folder });
    const put = store.put({ ...object({ key: 'k', text: 'x' }), kmsKeyArn: 'arn:aws:kms:eu-west-1:1:key/k' }, signal);

    await expect(put).rejects.toMatchObject({ code: 'S3.KMS.KeyNotConfigured', refused: true });
    expect(await store.exists({ bucket: 'bucket', key: 'k' }, signal)).toBe(false);
  });

  for (const [step, code] of [
    ['open', 'EROFS'],
    ['write', 'ENOSPC'],
    ['datasync', 'EIO'],
    ['mkdir', 'EDQUOT'],
    ['rename', 'EXDEV'],
  ] as const) {
    it(`refuses with Folder.${code} when ${step} fails, keeps nothing, and takes the object later`, async () => {
      let isFailing = false;
      const store = await folderObjects({ folder, files: failing(step, code, () => isFailing) });
      isFailing = true;

      const refusal = store.put(object({ key: 'k', text: 'x' }), signal);

      await expect(refusal).rejects.toMatchObject({ code: `Folder.${code}`, retryable: true, refused: true });
      expect(await store.exists({ bucket: 'bucket', key: 'k' }, signal)).toBe(false);
      expect(await fs.readdir(join(folder, '.uploads'))).toEqual([]);
      isFailing = false;
      expect(await store.put(object({ key: 'k', text: 'x' }), signal)).toEqual({ outcome: 'stored', bytes: 1 });
    });
  }

  it('does not say that it refused an object whose folder it could not fsync', async () => {
    let isFailing = false;
    const store = await folderObjects({ folder, files: failing('sync', 'EIO', () => isFailing) });
    isFailing = true;

    const doubt = { code: 'Folder.EIO', retryable: true, refused: false };
    await expect(store.put(object({ key: 'k', text: 'x' }), signal)).rejects.toMatchObject(doubt);
    await expect(store.put(object({ key: 'k', text: 'x' }), signal)).rejects.toMatchObject(doubt);
    isFailing = false;
    expect(await store.put(object({ key: 'k', text: 'x' }), signal)).toEqual({ outcome: 'already-there', bytes: 1 });
  });
});

function object({ key, text }: { key: string; text: string }): ObjectPut {
  async function* body() {
    yield Buffer.from(text);
  }
  return { bucket: 'bucket', key, body: body(), contentType: 'application/octet-stream' };
}

/** The real file system, writing down each fsync and rename below `folder`. */
function recorded(folder: string, steps: string[]): Files {
  const nameOf = (path: string) => (path.includes('.uploads/') ? '<upload>' : relative(folder, path) || '.');
  return {
    ...fs,
    open: wrapOpen((handle, path) => {
      for (const method of ['sync', 'datasync'] as const) {
        const original = handle[method].bind(handle);
        handle[method] = async () => {
          await original();
          steps.push(`sync ${nameOf(path)}`);
        };
      }
    }),
    async rename(from, to) {
      await fs.rename(from, to);
      steps.push(`rename ${relative(folder, String(to))}`);
    },
  };
}

/** The real file system, with one operation that fails while `isFailing`. */
function failing(step: string, code: string, isFailing: () => boolean): Files {
  const failIf = () => {
    if (isFailing()) throw Object.assign(new Error(`${code}: made to fail`), { code });
  };
  const guard = <A extends unknown[], R>(name: string, original: (...args: A) => Promise<R>) =>
    name === step
      ? async (...args: A): Promise<R> => {
          failIf();
          return original(...args);
        }
      : original;
  return {
    ...fs,
    open: guard(
      'open',
      wrapOpen((handle) => {
        handle.sync = guard('sync', handle.sync.bind(handle));
        handle.datasync = guard('datasync', handle.datasync.bind(handle));
        if (step === 'write')
          Object.assign(handle, { write: guard('write', handle.write.bind(handle) as () => Promise<unknown>) });
      }),
    ),
    mkdir: Object.assign(guard('mkdir', fs.mkdir as () => Promise<string | undefined>)) as Files['mkdir'],
    rename: guard('rename', fs.rename),
  };
}

function wrapOpen(wrap: (handle: fs.FileHandle, path: string) => void): typeof fs.open {
  return async (path, flags, mode) => {
    const handle = await fs.open(path, flags, mode);
    wrap(handle, String(path));
    return handle;
  };
}
