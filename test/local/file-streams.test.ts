import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { nodeDisk } from '../../src/local/disk.ts';
import { fileStreams } from '../../src/local/file-streams.ts';
import { randomFrom } from '../kit/random.ts';
import { simulatedDisk } from '../kit/simulated-disk.ts';
import { aStream } from '../kit/streams.ts';

describe('stream definitions in files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hydrant-streams-'));
    return () => rm(folder, { recursive: true });
  });
  const open = () => fileStreams({ folder, disk: nodeDisk() });
  const textOf = async () => {
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')));
    return texts.join('\n');
  };

  it('survive a restart, secrets included', async () => {
    const stream = aStream({ kind: 'HttpEndpoint', config: { EndpointConfiguration: { AccessKey: 'open sesame' } } });
    await (await open()).change(stream.name, () => stream);

    expect(await (await open()).get(stream.name)).toEqual(stream);
    expect(await (await open()).byId(stream.id)).toEqual(stream);
  });

  it('hold no secret in clear', async () => {
    const config = { Password: 'hunter22', EndpointConfiguration: { AccessKey: 'open sesame' }, HECToken: 'token!!' };
    await (await open()).change('s', () => aStream({ name: 's', kind: 'Splunk', config }));

    expect(await textOf()).not.toMatch(/hunter22|open sesame|token!!/);
  });

  it('say what to do when their key was lost', async () => {
    await (await open()).change('s', () => aStream({ name: 's', config: { Password: 'hunter22' } }));
    await rm(join(folder, 'key'));

    await expect(open()).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('key') });
  });

  it('of a newer format are refused, not misread', async () => {
    await writeFile(join(folder, 'x.json'), JSON.stringify({ format: 2, stream: {} }));

    await expect(open()).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('newer') });
  });

  it.each([
    ['without a name', 'idx', { id: 'idx' }],
    ['under another name', 'idy', { ...aStream({ name: 'x' }) }],
  ])('%s are refused before anything starts', async (_, file, stream) => {
    await writeFile(join(folder, `${file}.json`), JSON.stringify({ format: 1, stream }));

    await expect(open()).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('named for') });
  });

  it('are kept apart for names that a file system might confuse', async () => {
    const names = ['a', 'A', '.', '..', '-', '_.json'];
    const streams = await open();
    for (const [i, name] of names.entries()) await streams.change(name, () => ({ ...aStream({ name }), id: `id${i}` }));

    expect((await (await open()).list()).map(({ name }) => name)).toEqual(['-', '.', '..', 'A', '_.json', 'a']);
  });

  it('are changed by one caller at a time', async () => {
    const streams = await open();
    await streams.change('s', () => aStream({ name: 's', version: 0 }));
    const next = (current?: StreamDefinition) => ({ ...current!, version: current!.version + 1 });

    await Promise.all(Array.from({ length: 20 }, () => streams.change('s', next)));

    expect((await (await open()).get('s'))?.version).toBe(20);
  });

  it('stay as they are when the change is refused, and the next change goes on', async () => {
    const streams = await open();
    await streams.change('s', () => aStream({ name: 's' }));
    const refusal = streams.change('s', () => {
      throw new Error('no');
    });
    const after = streams.change('s', (current) => ({ ...current!, version: 7 }));

    await expect(refusal).rejects.toThrow('no');
    expect((await after)?.version).toBe(7);
  });

  it('that the disk does not take are refused with an error every SDK retries, and nothing has changed', async () => {
    await (await open()).change('s', () => aStream({ name: 's' }));
    const streams = await open();
    await rm(folder, { recursive: true });

    const change = streams.change('s', () => aStream({ name: 's', version: 2 }));

    await expect(change).rejects.toMatchObject({ code: 'ServiceUnavailableException', status: 503 });
    expect((await streams.get('s'))?.version).toBe(1);
    await mkdir(folder);
  });

  it('are removed on the second try when the first removed the file and failed after that', async () => {
    const disk = nodeDisk();
    const failing = { isOn: false };
    const syncFolder = (path: string) =>
      failing.isOn ? Promise.reject(new Error('The disk fails.')) : disk.syncFolder(path);
    const streams = await fileStreams({ folder, disk: { ...disk, syncFolder } });
    await streams.change('s', () => aStream({ name: 's' }));
    failing.isOn = true;
    await expect(streams.change('s', () => undefined)).rejects.toMatchObject({ status: 503 });
    failing.isOn = false;

    await streams.change('s', () => undefined);

    expect(await streams.list()).toEqual([]);
    expect(await (await open()).list()).toEqual([]);
  });

  it('outlive a power cut once they are answered, and a half-written one is ignored and removed', async () => {
    const disk = simulatedDisk(randomFrom(1));
    const stream = aStream({ name: 's' });
    await (await fileStreams({ folder: '/d', disk })).change('s', () => stream);
    const found = disk.restart('lost');
    await (await found.open('/d/half.json.unfinished', 'create')).close();

    expect(await (await fileStreams({ folder: '/d', disk: found })).get('s')).toEqual(stream);
    expect([...(await found.list('/d'))].sort()).toEqual([`${stream.id}.json`, 'key'].sort());
  });

  it('that were removed do not come back with a power cut', async () => {
    const disk = simulatedDisk(randomFrom(1));
    const streams = await fileStreams({ folder: '/d', disk });
    await streams.change('s', () => aStream({ name: 's' }));
    await streams.change('s', () => undefined);

    expect(await (await fileStreams({ folder: '/d', disk: disk.restart('lost') })).list()).toEqual([]);
  });

  it('say so when their key is not whole', async () => {
    await writeFile(join(folder, 'key'), 'short');

    await expect(open()).rejects.toMatchObject({ name: 'ConfigError', message: expect.stringContaining('32 bytes') });
  });

  it('are gone after a removal, and the name is free for another incarnation', async () => {
    const streams = await open();
    await streams.change('s', () => aStream({ name: 's' }));
    await streams.change('s', () => undefined);
    expect(await (await open()).list()).toEqual([]);

    await streams.change('s', () => ({ ...aStream({ name: 's' }), id: 'second' }));

    expect((await (await open()).list()).map(({ id }) => id)).toEqual(['second']);
  });
});
