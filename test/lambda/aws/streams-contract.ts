import { beforeEach, describe, expect, it } from 'vitest';
import type { StreamDefinition, StreamStore } from '../../../src/core/streams.ts';
import { aStream } from '../../kit/streams.ts';

export interface StreamsUnderTest {
  readonly name: string;
  /** Empty. What it opens from then on, as another process would, holds the same. */
  open(): Promise<() => StreamStore>;
}

/** What a store of stream definitions that many functions share must do. */
export function describeStreams(under: StreamsUnderTest): void {
  describe(`stream definitions: ${under.name}`, () => {
    let streams: StreamStore;
    let another: StreamStore;
    beforeEach(async () => {
      const open = await under.open();
      streams = open();
      another = open();
    });
    const put = (stream: StreamDefinition) => streams.change(stream.name, () => stream);

    it('are there for every function once they are answered, secrets included', async () => {
      const config = { EndpointConfiguration: { AccessKey: 'open sesame' }, Password: '' };
      const stream = aStream({ kind: 'HttpEndpoint', config });

      expect(await put(stream)).toEqual(stream);

      expect(await another.get(stream.name)).toEqual(stream);
      expect(await another.byId(stream.id)).toEqual(stream);
      expect(await another.list()).toEqual([stream]);
    });

    it('of which there is none are undefined', async () => {
      expect(await streams.get('none')).toBeUndefined();
      expect(await streams.byId('none')).toBeUndefined();
      expect(await streams.list()).toEqual([]);
    });

    it('are listed in byte order, more than a page of them', async () => {
      // 1.5 MB.
      const config = { Prefix: 'x'.repeat(50_000) };
      const names = Array.from({ length: 30 }, (_, i) => `${i % 2 === 0 ? 'A' : 'a'}.${i * 7}`);
      await Promise.all(names.map((name) => put(aStream({ name, config }))));

      const listed = await another.list();

      expect(listed.map(({ name }) => name)).toEqual([...names].sort());
    });

    it('stay as they are when nothing is decided, or the change is refused', async () => {
      const stream = aStream({ name: 's' });
      await put(stream);

      expect(await streams.change('s', (current) => current)).toEqual(stream);
      const refusal = streams.change('s', () => {
        throw new Error('no');
      });

      await expect(refusal).rejects.toThrow('no');
      expect(await another.get('s')).toEqual(stream);
    });

    it('are changed by many functions at once, one after the other', async () => {
      await put(aStream({ name: 's', version: 0 }));
      const next = (current?: StreamDefinition) => ({ ...current!, version: current!.version + 1 }); // it is there

      await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? streams : another).change('s', next)));

      expect((await another.get('s'))?.version).toBe(20);
    });

    it('are made once, however many make them at the same time', async () => {
      const made = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 ? streams : another).change('s', (current) => {
            if (current !== undefined) throw new Error('in use');
            return { ...aStream({ name: 's' }), id: `id${i}` };
          }),
        ),
      );

      const [winner, ...others] = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value?.id] : []));
      expect(others).toEqual([]);
      expect((await another.get('s'))?.id).toBe(winner);
      const found = await Promise.all(made.map((_, i) => another.byId(`id${i}`)));
      expect(found.map((each) => each?.id)).toEqual(made.map((_, i) => (`id${i}` === winner ? winner : undefined)));
    });

    it('made anew under a name are found by their own id alone', async () => {
      const old = aStream({ name: 's' });
      await put(old);
      await put({ ...old, id: 'idnew' });

      expect(await another.byId(old.id)).toBeUndefined();
      expect(await another.byId('idnew')).toMatchObject({ name: 's' });
    });

    it('that are removed are gone for every function', async () => {
      const stream = aStream({ name: 's' });
      await put(stream);

      expect(await streams.change('s', () => undefined)).toBeUndefined();

      expect(await another.get('s')).toBeUndefined();
      expect(await another.byId(stream.id)).toBeUndefined();
      expect(await another.list()).toEqual([]);
      expect(await streams.change('s', () => undefined)).toBeUndefined();
    });
  });
}
