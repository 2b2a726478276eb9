import { describe, expect, it } from 'vitest';
import { recordBlock } from '../../../src/core/records.ts';
import { type OncePorts, onceOnly } from '../../../src/local/sources/once.ts';
import { aStream } from '../../kit/streams.ts';
import { taking } from './taking.ts';

const stream = aStream();
const records = (...texts: string[]) =>
  recordBlock(
    1,
    texts.map((text) => Buffer.from(text)),
  );

/** How many are remembered of a stream: 512 slots of 32. */
const REMEMBERED = 16_384;

function remembering(given?: Parameters<typeof taking>[0]) {
  const world = taking(given);
  const { buffer, ingest } = world;
  const ports: OncePorts = { ingest, cursor: buffer.cursor };
  return { ...world, ports, once: onceOnly(ports), restarted: () => onceOnly(ports) };
}

describe('what a sender sends again', () => {
  it('is taken once, and what it sends anew each time', async () => {
    const { once, taken } = remembering();

    await once.take(stream, 'one', records('a', 'b'));
    await once.take(stream, 'one', records('a', 'b'));
    await once.take(stream, 'two', records('a', 'b'));

    expect(await taken(stream)).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is taken once although the process was another', async () => {
    const { once, restarted, taken } = remembering();

    for (let i = 0; i < 100; i++) await once.take(stream, `${i}`, records(`${i}`));
    for (let i = 0; i < 101; i++) await restarted().take(stream, `${i}`, records(`${i}`));

    expect(await taken(stream)).toEqual(Array.from({ length: 101 }, (_, i) => `${i}`));
  });

  it('under the same id but with other records is taken', async () => {
    const { once, taken } = remembering();

    await once.take(stream, 'one', records('ab'));
    await once.take(stream, 'one', records('a', 'b'));
    await once.take(stream, 'one', records('ab'));

    expect(await taken(stream)).toEqual(['ab', 'a', 'b']);
  });

  it('to another stream is taken, and to one that was made again', async () => {
    const { once, buffer, taken } = remembering();
    const other = aStream({ name: 'other' });

    await once.take(stream, 'one', records('a'));
    await once.take(other, 'one', records('a'));
    await buffer.commit({ discard: stream.id });
    once.forget(stream.id);
    await once.take(stream, 'one', records('a'));
    await once.take(other, 'one', records('a'));

    expect([await taken(stream), await taken(other)]).toEqual([['a'], ['a']]);
  });

  it('while it is still under way is taken once, and both are told at the end', async () => {
    const { once, taken } = remembering();

    await Promise.all(Array.from({ length: 100 }, (_, i) => once.take(stream, `${i % 50}`, records(`${i % 50}`))));

    expect([...(await taken(stream))].sort()).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`).sort());
  });

  it('after it was refused is taken, whatever was taken beside it', async () => {
    const { once, restarted, taken, ports } = remembering();
    const refusing = onceOnly({
      ...ports,
      ingest: async (to, block, cursor) => {
        if (block.data.includes(0x78)) throw new Error('No room.');
        await ports.ingest(to, block, cursor);
      },
    });

    const both = [refusing.take(stream, 'one', records('x')), refusing.take(stream, 'two', records('b'))];
    const outcomes = await Promise.allSettled(both);
    await restarted().take(stream, 'one', records('x'));
    await restarted().take(stream, 'two', records('b'));
    await once.take(stream, 'two', records('b'));

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await taken(stream)).toEqual(['b', 'x']);
  });
});

describe('the memory of what was taken', () => {
  it('holds the last of a stream and lets go of the oldest, before and after a restart', async () => {
    const cursors = new Map<string, string | undefined>();
    const accepted: string[] = [];
    const opened = () =>
      onceOnly({
        async ingest(_, { data }, { name, value }) {
          accepted.push(Buffer.from(data).toString());
          cursors.set(name, value);
        },
        cursor: (name) => cursors.get(name),
      });
    const first = opened();
    const take = (once: typeof first, i: number) => once.take(stream, `${i}`, records(`${i}`));
    for (let i = 0; i < REMEMBERED + 100; i++) await take(first, i);
    accepted.length = 0;

    const later = opened();
    for (const i of [200, 0, REMEMBERED, REMEMBERED + 99]) await take(later, i);
    for (const i of [200, REMEMBERED, REMEMBERED + 99, 1]) await take(first, i);

    expect(accepted).toEqual(['0', '1']);
    expect(cursors.size).toBe(REMEMBERED / 32);
  });

  it('has a slot for each commit under way, so that none names what failed', async () => {
    const { once, restarted, taken } = remembering();
    const all = Array.from({ length: 800 }, (_, i) => i);

    for (let from = 0; from < all.length; from += 40) {
      await Promise.all(all.slice(from, from + 40).map((i) => once.take(stream, `${i}`, records(`${i}`))));
    }
    await taken(stream);
    for (const i of all) await restarted().take(stream, `${i}`, records(`${i}`));

    expect(await taken(stream)).toEqual([]);
  });
});
