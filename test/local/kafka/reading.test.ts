import { describe, expect, it } from 'vitest';
import { anMskStream } from '../../kit/streams.ts';
import { ERRORS, refused } from './kafka-model.ts';
import { reading } from './reading.ts';

const second = 1_000;
const MINUTE = 60_000;

function from(readFrom: number, name = 'events') {
  const stream = anMskStream({ name });
  const config = stream.source?.MSKSourceConfiguration as object; // anMskStream has made it
  return { ...stream, source: { MSKSourceConfiguration: { ...config, ReadFromTimestamp: readFrom / 1_000 } } };
}

const caughtUp = { millisBehindLatest: 0, recordsBehindLatest: 0 };

describe('a stream that is fed from a topic', () => {
  it('gets what was written since it was created, each partition in order', async () => {
    const { model, create, pass, taken, sources } = await reading();
    model.make(3);
    model.write(0, 'before');
    await pass(1);
    const stream = await create();
    model.write(0, 'a1', 'a2');
    model.write(1, 'b1');
    await pass(second);
    model.write(0, 'a3');
    model.write(2, 'c1');
    await pass(2 * second);

    const records = await taken(stream);
    expect([...records].sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
    expect(records.filter((each) => each.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(sources().status()).toEqual([{ DeliveryStreamName: 'events', partitions: 3, ...caughtUp }]);
  });

  it('gets what was written since the time that it names, and all of the topic since 1970', async () => {
    const { model, create, pass, taken, now } = await reading();
    model.make(1);
    model.write(0, 'a');
    await pass(second);
    model.write(0, 'b');
    const [some, all] = [await create(from(now())), await create(from(0, 'all'))];
    await pass(second);

    expect([await taken(some), await taken(all)]).toEqual([['b'], ['a', 'b']]);
  });

  it('goes on after a restart where it was, with nothing lost and nothing twice', async () => {
    const { model, create, pass, taken, restart } = await reading({ answerRecords: 2 });
    model.make(1);
    const stream = await create();
    const written: string[] = [];
    for (let i = 0; i < 50; i++) {
      written.push(`${i}`);
      model.write(0, `${i}`);
      await pass(i * 37);
      if (i % 3 === 0) await restart();
    }
    await pass(MINUTE);

    expect(await taken(stream)).toEqual(written);
  });

  it('begins where it would have, although it is stopped before the first record', async () => {
    const { model, create, pass, taken, restart } = await reading();
    model.make(1);
    model.write(0, 'before');
    await pass(1);
    const stream = await create();
    await pass(second);
    model.expire(0, 1);
    model.write(0, 'a');
    await restart();
    await pass(second);

    expect(await taken(stream)).toEqual(['a']);
  });

  it('gets all of a partition that is added, whatever times its records have', async () => {
    const { model, create, pass, taken, now } = await reading();
    model.make(1);
    const stream = await create(from(now()));
    await pass(second);
    model.grow(2);
    await pass(-MINUTE);
    model.write(1, 'early');
    await pass(2 * MINUTE);

    expect(await taken(stream)).toEqual(['early']);
  });

  it('gets each record once while partitions move between brokers', async () => {
    const { model, create, pass, taken, events } = await reading({ answerRecords: 1 });
    model.make(2);
    const stream = await create();
    const written: string[] = [];
    for (let i = 0; i < 40; i++) {
      written.push(`${i}`);
      model.write(0, `${i}`);
      model.move(0, i % 3);
      await pass((i % 5) * 300);
    }
    await pass(MINUTE);

    expect(await taken(stream)).toEqual(written);
    expect(events).toEqual([]);
  });

  it('gets a record once that was not stored yet when its partition moved', async () => {
    const { model, create, pass, taken, buffer } = await reading();
    model.make(1);
    const stream = await create();
    await pass(second);
    const { commit } = buffer;
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    buffer.commit = async (change) => {
      if ((change.append ?? []).length > 0) await held;
      return commit(change);
    };
    model.write(0, 'a');
    await pass(second);
    model.move(0, 1);
    await pass(MINUTE);
    go();
    await pass(MINUTE);

    expect(await taken(stream)).toEqual(['a']);
  });

  it('goes on at the oldest record there is when its own is gone, and says what was lost', async () => {
    const { model, create, pass, taken, restart, events, sources } = await reading();
    model.make(1);
    const stream = await create();
    model.write(0, 'a');
    await pass(second);
    await restart();
    model.write(0, 'b', 'c', 'd');
    model.expire(0, 3);
    await pass(5 * second);

    expect(await taken(stream)).toEqual(['a', 'd']);
    expect(events).toContainEqual({ type: 'skipped', stream, partition: 0, from: 1, to: 3 });
    expect(sources().status()).toEqual([{ DeliveryStreamName: 'events', partitions: 1, ...caughtUp }]);
  });

  it('reads a topic from its beginning that was deleted and made again', async () => {
    const { model, create, pass, taken, events } = await reading();
    model.make(2);
    const stream = await create();
    model.write(0, 'old1', 'old2');
    await pass(second);
    model.remove();
    await pass(5 * second);
    model.make(1);
    model.write(0, 'new1', 'new2', 'new3');
    await pass(2 * MINUTE);

    expect(await taken(stream)).toEqual(['old1', 'old2', 'new1', 'new2', 'new3']);
    expect(events).toContainEqual({ type: 'topic made again', stream, topic: 'events' });
  });

  it('is left alone once it was deleted', async () => {
    const { model, create, pass, buffer, sources } = await reading();
    model.make(1);
    const stream = await create();
    model.write(0, 'a');
    await pass(second);
    expect(buffer.cursor(`${stream.id}/0`)).toBe('{"next":1,"topicId":"topic-1"}');

    await sources().forget(stream.id);
    await buffer.commit({ discard: stream.id });
    const { length } = model.calls;
    await pass(5 * MINUTE);

    expect(model.calls.length).toBe(length);
    expect(buffer.cursor(`${stream.id}/0`)).toBeUndefined();
    expect(sources().status()).toEqual([]);
  });

  it('is not fed where the configuration does not know its cluster, which is said', async () => {
    const { create, events, sources } = await reading({ isConfigured: false });
    const stream = await create();

    expect(events).toMatchObject([{ type: 'unread', stream }]);
    expect(sources().status()).toEqual([]);
  });
});

describe('reading a topic', () => {
  it('asks each broker once a second for all that it leads, and at once while there is more', async () => {
    const { model, create, pass } = await reading({ answerRecords: 1 });
    model.make(4);
    await create();
    await pass(second);
    const before = model.calls.length;
    await pass(10 * second);
    expect(model.calls.length - before).toBe(20);

    model.write(0, ...Array.from({ length: 30 }, (_, i) => `${i}`));
    await pass(second);
    expect(model.calls.length - before).toBeGreaterThan(50);
  });

  it('gives each partition its turn to be first', async () => {
    const { model, create, pass } = await reading();
    model.make(6);
    await create();
    await pass(4 * second);
    const asked = model.calls.filter((call) => call.startsWith('fetch 0'));

    expect(asked.slice(0, 4)).toEqual(['fetch 0: 0 2 4', 'fetch 0: 2 4 0', 'fetch 0: 4 0 2', 'fetch 0: 0 2 4']);
  });

  it('says how far behind it is, in records and in time', async () => {
    const { model, create, pass, events, sources } = await reading();
    model.make(1);
    const stream = await create();
    model.write(0, 'a');
    await pass(second);
    model.before = (call) => {
      if (call === 'fetch') throw refused(ERRORS.denied);
    };
    model.write(0, 'b', 'c');
    await pass(5 * MINUTE);
    const [state] = sources().status();
    expect(state).toMatchObject({ failure: 'Kafka.AccessDenied' });
    expect(state?.millisBehindLatest).toBeGreaterThan(4 * MINUTE);
    model.before = () => {};
    await pass(MINUTE);

    expect(events.filter(({ type }) => type !== 'behind')).toMatchObject([
      { type: 'failing', stream, code: 'Kafka.AccessDenied' },
      { type: 'recovered', stream, code: 'Kafka.AccessDenied' },
    ]);
    expect(events.some(({ type }) => type === 'behind')).toBe(true);
    expect(sources().status()).toEqual([{ DeliveryStreamName: 'events', partitions: 1, ...caughtUp }]);
  });

  it('counts the records that are there and not read', async () => {
    const { model, create, pass, sources } = await reading({ answerRecords: 1, budgetBytes: 6 * 1024 * 1024 });
    model.make(1);
    await create();
    model.write(0, ...Array.from({ length: 10 }, () => 'x'.repeat(900 * 1024)));
    await pass(20 * second);

    const [state] = sources().status();
    expect(state?.recordsBehindLatest).toBeGreaterThan(5);
    expect(state?.millisBehindLatest).toBeGreaterThanOrEqual(19 * second);
  });

  it('backs off from a topic that is not there, and finds it when it is', async () => {
    const { model, create, pass, taken, events, sources } = await reading();
    const stream = await create();
    await pass(10 * MINUTE);
    expect(model.calls.length).toBeLessThan(25);
    expect(events).toMatchObject([{ type: 'failing', code: 'Kafka.ResourceNotFound' }]);
    expect(sources().status()).toMatchObject([{ failure: 'Kafka.ResourceNotFound', millisBehindLatest: null }]);

    model.make(1);
    model.write(0, 'a');
    await pass(2 * MINUTE);

    expect(await taken(stream)).toEqual(['a']);
  });

  it('does not complain at once of what passes', async () => {
    const { model, create, pass, taken, events } = await reading();
    model.make(1);
    const stream = await create();
    await pass(second);
    let calls = 0;
    model.before = (call) => {
      if (call === 'fetch' && ++calls <= 2) throw refused(ERRORS.timedOut);
    };
    model.write(0, 'a');
    await pass(5 * second);

    expect(await taken(stream)).toEqual(['a']);
    expect(events).toEqual([]);
  });

  it('of a broker that is gone leaves the partitions of the others alone', async () => {
    const { model, create, pass, taken, events } = await reading();
    model.make(2);
    const stream = await create();
    await pass(second);
    model.before = (_, leader) => {
      if (leader === 1) throw refused(ERRORS.denied);
    };
    model.write(0, 'a');
    model.write(1, 'b');
    await pass(5 * second);
    expect(await taken(stream)).toEqual(['a']);

    model.before = () => {};
    await pass(MINUTE);
    expect(await taken(stream)).toEqual(['b']);
    expect(events.map(({ type }) => type)).toEqual(['failing', 'recovered']);
  });

  it('stops while the buffer has no room, and goes on by itself', async () => {
    const { model, create, pass, taken, events, sources } = await reading({ budgetBytes: 4 * 1024 * 1024 });
    model.make(1);
    const stream = await create();
    model.write(0, 'x'.repeat(1024 * 1024));
    await pass(second);
    model.write(0, 'y'.repeat(990 * 1024));
    await pass(second);
    const asked = model.calls.length;
    model.write(0, 'z');
    await pass(10 * MINUTE);
    expect(model.calls.slice(asked).filter((call) => call !== 'topic')).toEqual([]);
    expect(sources().status()).toMatchObject([{ failure: 'Hydrant.BufferFull' }]);

    const first = await taken(stream);
    await pass(2 * second);

    expect([...first, ...(await taken(stream))].map((text) => text[0])).toEqual(['x', 'y', 'z']);
    expect(events.map((event) => ('code' in event ? event.code : event.type))).toContain('Hydrant.BufferFull');
  });

  it('sends records to the error output that are longer than Firehose takes, with the cursor behind them', async () => {
    const { model, create, pass, taken } = await reading();
    model.make(1);
    const stream = await create();
    const long = 'x'.repeat(10 * 1024 * 1024 + 1);
    model.write(0, 'a', long, 'b');
    await pass(2 * second);

    expect(await taken(stream)).toEqual(['a', 'b']);
    const [refusedOne] = await taken(stream, 'error', 'processing-failed');
    expect(refusedOne?.length).toBe(long.length);
  });
});
