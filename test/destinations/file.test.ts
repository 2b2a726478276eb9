import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import file from '../../destinations/file.ts';
import type { Slice } from '../../src/core/destination.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { ARRIVED_AT, sliceOf } from './slice.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-files-'));
afterAll(() => fs.rm(top, { recursive: true, force: true }));

const never = new AbortController().signal;

/** The destination as a process has it, in a folder of its own, with a clock that the test moves. */
async function files({ rotateBytes = 1_000, rotateMs = 60_000 } = {}) {
  const folder = await fs.mkdtemp(join(top, 'f'));
  const clock = { now: ARRIVED_AT };
  const started = () => file({ now: () => clock.now, files: { folders: [folder], rotateBytes, rotateMs } });
  const notes: JsonValue[] = [];

  function slice(records: readonly string[], { path = join(folder, 'shop'), note }: SliceOptions = {}): Slice {
    const config = { EndpointConfiguration: { Url: pathToFileURL(path).href } };
    const { plan, ...own } = sliceOf({ records, config });
    return {
      ...{ ...own, plan: { ...plan, ...(note !== undefined && { note }) } },
      note: async (noted) => void notes.push(noted),
    };
  }

  return {
    ...{ folder, clock, started, notes, slice },
    /** Names and contents, in the order of the names. */
    async contents(path = join(folder, 'shop')): Promise<readonly (readonly [string, string])[]> {
      const names = (await fs.readdir(path)).sort();
      return Promise.all(names.map(async (name) => [name, await fs.readFile(join(path, name), 'utf8')] as const));
    },
  };
}

interface SliceOptions {
  readonly path?: string;
  readonly note?: JsonValue;
}

const FIRST = 'clicks-20260713T100509000Z.ndjson';

describe('records', () => {
  it('are lines of a file that is named for the stream and the time, each ended once', async () => {
    const { started, slice, contents } = await files();

    expect(await started().deliver(slice(['{"a":1}', '{"b":2}\n', '']), never)).toEqual({ bytes: 17 });

    expect(await contents()).toEqual([[FIRST, '{"a":1}\n{"b":2}\n\n']]);
  });

  it('of later batches are appended, however many come at once', async () => {
    const { started, slice, contents } = await files();
    const destination = started();

    await Promise.all(['a', 'b', 'c', 'd'].map((each) => destination.deliver(slice([each.repeat(50)]), never)));

    const [[name, text = ''] = [], ...more] = await contents();
    expect({ name, more }).toEqual({ name: FIRST, more: [] });
    expect(text.split('\n').sort()).toEqual(['', ...['a', 'b', 'c', 'd'].map((each) => each.repeat(50))]);
  });
});

describe('a new file is begun', () => {
  it('when a batch would make the last too large, and its name sorts behind', async () => {
    const { started, slice, contents } = await files({ rotateBytes: 100 });
    const destination = started();

    for (const each of ['a', 'b', 'c']) await destination.deliver(slice([each.repeat(40)]), never);

    const all = await contents();
    expect(all.map(([, text]) => text)).toEqual([`${'a'.repeat(40)}\n${'b'.repeat(40)}\n`, `${'c'.repeat(40)}\n`]);
    expect(all[1]?.[0]).toBe('clicks-20260713T100509001Z.ndjson');
  });

  it('when the last is old', async () => {
    const { started, slice, contents, clock } = await files({ rotateMs: 60_000 });
    const destination = started();
    await destination.deliver(slice(['a']), never);
    clock.now += 59_999;
    await destination.deliver(slice(['b']), never);
    clock.now += 1;
    await destination.deliver(slice(['c']), never);

    expect((await contents()).map(([, text]) => text)).toEqual(['a\nb\n', 'c\n']);
  });

  it('by each process, so that two never write to one', async () => {
    const { started, slice, contents } = await files();

    await started().deliver(slice(['a']), never);
    await started().deliver(slice(['b']), never);

    expect((await contents()).map(([, text]) => text)).toEqual(['a\n', 'b\n']);
  });

  it('in place of one that was moved away', async () => {
    const { started, slice, contents, folder } = await files();
    const destination = started();
    await destination.deliver(slice(['a']), never);
    await fs.rename(join(folder, 'shop', FIRST), join(folder, 'moved'));
    await destination.deliver(slice(['b']), never);

    expect(await contents()).toEqual([[FIRST, 'b\n']]);
  });
});

describe('after a crash', () => {
  it('a batch that is there whole is not appended again', async () => {
    const { started, slice, contents, notes } = await files();
    const first = started();
    await first.deliver(slice(['before']), never);
    await first.deliver(slice(['a', 'b']), never);
    await first.deliver(slice(['after']), never);

    expect(await started().deliver(slice(['a', 'b'], { note: notes[1]! }), never)).toEqual({ bytes: 4 }); // it noted

    expect(await contents()).toEqual([[FIRST, 'before\na\nb\nafter\n']]);
  });

  it.each([
    ['before its first byte', ''],
    ['in a line', 'a\nbb'],
    ['between lines', 'a\n'],
  ])('a batch that was cut off %s is taken away and appended whole', async (_, left) => {
    const { started, slice, contents, notes, folder } = await files();
    const first = started();
    await first.deliver(slice(['before']), never);
    await first.deliver(slice(['a', 'bbb']), never);
    await fs.writeFile(join(folder, 'shop', FIRST), `before\n${left}`);

    await started().deliver(slice(['a', 'bbb'], { note: notes[1]! }), never); // it noted

    expect((await contents()).map(([, text]) => text)).toEqual(['before\n', 'a\nbbb\n']);
  });

  it('bytes that are not of the batch are left alone', async () => {
    const { started, slice, contents, notes, folder } = await files();
    await started().deliver(slice(['a', 'b']), never);
    await fs.writeFile(join(folder, 'shop', FIRST), 'somebody else wrote here\n');

    await started().deliver(slice(['a', 'b'], { note: notes[0]! }), never); // it noted

    expect((await contents()).map(([, text]) => text)).toEqual(['somebody else wrote here\n', 'a\nb\n']);
  });

  it('a file that is gone is no reason not to append', async () => {
    const { started, slice, contents, folder } = await files();
    const note = { file: join(folder, 'shop', 'gone.ndjson'), at: 7 };

    await started().deliver(slice(['a'], { note }), never);

    expect((await contents()).map(([, text]) => text)).toEqual(['a\n']);
  });

  it.each<JsonValue>(['text', { file: 1 }, { upload: 'id' }, { file: '/etc/hostname', at: 0 }])(
    'a note %j is not of an allowed file, and nothing is looked at there',
    async (note) => {
      const { started, slice, contents } = await files();

      await started().deliver(slice(['a'], { note }), never);

      expect((await contents()).map(([, text]) => text)).toEqual(['a\n']);
    },
  );
});

describe('an append that fails', () => {
  it.each([
    ['in an old file', 1_000_000],
    ['in a new one', 1_000],
  ])('leaves no line of its own, %s, and what comes next is in a new file', async (_, rotateBytes) => {
    const { started, slice, contents } = await files({ rotateBytes });
    const destination = started();
    await destination.deliver(slice(['before']), never);
    const broken = slice(['a'.repeat(400_000), 'b']);
    const gone = async function* () {
      yield* broken.read();
      throw new Error('the disk of the buffer is gone');
    };

    await expect(destination.deliver({ ...broken, read: gone }, never)).rejects.toThrow('is gone');
    await destination.deliver(slice(['after']), never);

    expect((await contents()).map(([, text]) => text)).toEqual(['before\n', 'after\n']);
  });

  it('is worth another try, and says what the system said', async () => {
    const { started, slice, folder } = await files();
    await fs.writeFile(join(folder, 'shop'), 'no folder');

    await expect(started().deliver(slice(['a']), never)).rejects.toMatchObject({
      code: 'File.EEXIST',
      retryable: true,
    });
  });
});

describe('a folder', () => {
  it.each(['..', '../other', 'shop/../..'])(
    'that is outside of what is allowed is not written to: %s',
    async (path) => {
      const { started, slice, folder } = await files();

      await expect(async () =>
        started().deliver(slice(['a'], { path: join(folder, path) }), never),
      ).rejects.toMatchObject({ code: 'File.NotAllowed', retryable: true, refused: true });
    },
  );

  it('is not allowed where none is', async () => {
    const { slice } = await files();

    await expect(async () => file({ now: Date.now }).deliver(slice(['a']), never)).rejects.toMatchObject({
      code: 'File.NotAllowed',
    });
  });
});
