import { describe, expect, it } from 'vitest';
import { slots } from '../../src/local/slots.ts';

describe('delivery slots', () => {
  const job = (streamId: string, n: number) => ({ streamId, batch: `${streamId}${n}` });

  it('run no more attempts at once than there are, and the next when one is done', () => {
    const queue = slots({ total: 2, perStream: 4 });
    for (const n of [1, 2, 3]) queue.offer(job('a', n));

    expect([queue.next(), queue.next(), queue.next()]).toEqual([job('a', 1), job('a', 2), undefined]);
    queue.done(job('a', 1), 'succeeded');
    expect(queue.next()).toEqual(job('a', 3));
  });

  it('let streams take turns, however much one has waiting', () => {
    const queue = slots({ total: 3, perStream: 3 });
    for (const n of [1, 2, 3]) queue.offer(job('a', n));
    queue.offer(job('b', 1));

    expect([queue.next(), queue.next(), queue.next()]).toEqual([job('a', 1), job('b', 1), job('a', 2)]);
  });

  it('give one stream its share and no more', () => {
    const queue = slots({ total: 10, perStream: 2 });
    for (const n of [1, 2, 3]) queue.offer(job('a', n));

    expect([queue.next(), queue.next(), queue.next()]).toEqual([job('a', 1), job('a', 2), undefined]);
  });

  it('let a failing stream probe with one attempt, until one succeeds', () => {
    const queue = slots({ total: 10, perStream: 4 });
    for (const n of [1, 2, 3, 4]) queue.offer(job('a', n));
    expect(queue.next()).toEqual(job('a', 1));
    queue.done(job('a', 1), 'failed');

    expect([queue.next(), queue.next()]).toEqual([job('a', 2), undefined]);
    queue.done(job('a', 2), 'succeeded');
    expect([queue.next(), queue.next()]).toEqual([job('a', 3), job('a', 4)]);
  });

  it('keep half of themselves free of failing streams', () => {
    const queue = slots({ total: 4, perStream: 4 });
    for (const stream of ['a', 'b', 'c', 'd']) queue.offer(job(stream, 1));
    for (const started of [queue.next(), queue.next(), queue.next(), queue.next()]) queue.done(started!, 'failed');
    for (const stream of ['a', 'b', 'c', 'd']) queue.offer(job(stream, 2));
    queue.offer(job('healthy', 1));

    expect([queue.next(), queue.next(), queue.next()]).toEqual([job('a', 2), job('b', 2), job('healthy', 1)]);
  });

  it('keep a quarter of themselves for streams that have none, however many hang', () => {
    const queue = slots({ total: 8, perStream: 4 });
    for (const stream of ['a', 'b', 'c']) for (const n of [1, 2, 3, 4]) queue.offer(job(stream, n));
    const started = Array.from({ length: 12 }, () => queue.next()).filter((next) => next !== undefined);
    expect(started).toHaveLength(6);

    queue.offer(job('living', 1));
    queue.offer(job('living', 2));

    expect([queue.next(), queue.next()]).toEqual([job('living', 1), undefined]);
  });

  it('drop what waits for a stream that is gone', () => {
    const queue = slots({ total: 4, perStream: 4 });
    queue.offer(job('a', 1));

    queue.forget('a');

    expect(queue.next()).toBeUndefined();
  });
});
