import { describe, expect, it } from 'vitest';
import { aKinesisStream } from '../../kit/streams.ts';
import { packed } from '../../sources/packed.ts';
import { refused } from './kinesis-model.ts';
import { reading } from './reading.ts';

const MINUTE = 60_000;
const second = 1_000;
const source = (name: string) => ({ DeliveryStreamName: name, shards: 1, millisBehindLatest: 0 });

describe('a stream that is fed from Kinesis', () => {
  it('gets what was put since it was created, in the order in which it was put', async () => {
    const { model, create, pass, taken } = await reading();
    const shard = model.addShard();
    model.put(shard, 'before');
    await pass(1);
    const stream = await create();
    model.put(shard, 'a', 'b');
    await pass(second);
    model.put(shard, 'c');
    await pass(second);

    expect(await taken(stream)).toEqual(['a', 'b', 'c']);
  });

  it('goes on after a restart where it was, with nothing lost and nothing twice', async () => {
    const { model, create, pass, taken, restart } = await reading({ answerRecords: 2 });
    const shard = model.addShard();
    const stream = await create();
    const put: string[] = [];
    for (let i = 0; i < 50; i++) {
      put.push(`${i}`);
      model.put(shard, `${i}`);
      await pass(i * 37);
      if (i % 3 === 0) await restart();
    }
    await pass(MINUTE);

    expect(await taken(stream)).toEqual(put);
  });

  it('reads every shard of a stream with many', async () => {
    const { model, create, pass, taken } = await reading();
    const shards = Array.from({ length: 20 }, () => model.addShard());
    const stream = await create();
    for (const shard of shards) model.put(shard, shard);
    await pass(2 * second);

    expect([...(await taken(stream))].sort()).toEqual(shards);
  });

  it('reads a shard to its end before those that it was split into', async () => {
    const { model, create, pass, taken, sources } = await reading({ answerRecords: 1 });
    const parent = model.addShard();
    const stream = await create();
    model.put(parent, '1', '2', '3');
    const [one, other] = model.split(parent);
    model.put(one, '4');
    model.put(other, '4');
    const grandchild = model.merge(one, other);
    model.put(grandchild, '5');
    await pass(10 * second);

    expect(await taken(stream)).toEqual(['1', '2', '3', '4', '4', '5']);
    expect(sources().status()).toEqual([source('events')]);
  });

  it('waits for both of the shards that one was merged from', async () => {
    const { model, create, pass, taken } = await reading({ answerRecords: 1 });
    const [short, long] = [model.addShard(), model.addShard()];
    const stream = await create();
    model.put(short, 'a');
    model.put(long, 'b1', 'b2', 'b3', 'b4');
    model.put(model.merge(short, long), 'c');
    await pass(10 * second);

    expect((await taken(stream)).at(-1)).toBe('c');
  });

  it('gets all of a new shard, although the clock here is ahead of that of Kinesis', async () => {
    const { model, create, pass, taken } = await reading();
    const parent = model.addShard();
    const stream = await create();
    const [child] = model.split(parent);
    await pass(-500);
    model.put(child, 'a');
    await pass(2 * second);

    expect(await taken(stream)).toEqual(['a']);
  });

  it('remembers no shard that Kinesis has forgotten', async () => {
    const { model, create, pass, buffer, restart } = await reading();
    const parent = model.addShard();
    const stream = await create();
    model.put(parent, 'a');
    model.split(parent);
    await pass(2 * second);
    expect(buffer.cursor(`${stream.id}/${parent}`)).toBe('{"ended":true}');

    model.expire(parent);
    await restart();
    await pass(MINUTE);

    expect(buffer.cursor(`${stream.id}/${parent}`)).toBeUndefined();
  });

  it('gives up a shard that expired before its end, and goes on with what came of it', async () => {
    const { model, create, pass, taken, sources } = await reading();
    const parent = model.addShard();
    const stream = await create();
    await pass(second);
    model.before = (action, shardId) => {
      if (shardId === parent && action !== 'ListShards') throw refused('InternalFailureException', 'No.', 500);
    };
    await pass(second);
    const [child] = model.split(parent);
    model.put(child, 'a');
    model.expire(parent);
    await pass(3 * MINUTE);

    expect(await taken(stream)).toEqual(['a']);
    expect(sources().status()).toEqual([{ ...source('events'), shards: 2 }]);
  });

  it('gets the records that were packed into one', async () => {
    const { model, create, pass, taken } = await reading();
    const shard = model.addShard();
    const stream = await create();
    model.put(
      shard,
      packed(
        ['k'],
        [
          { key: 0, data: 'a' },
          { key: 0, data: 'b' },
        ],
      ),
      packed(['k'], []),
      'c',
    );
    await pass(second);

    expect(await taken(stream)).toEqual(['a', 'b', 'c']);
  });

  it('goes on in the middle of a packed record where there was room for no more of it', async () => {
    const { model, create, pass, taken, restart } = await reading({ budgetBytes: 12 * 1024 * 1024 });
    const shard = model.addShard();
    const stream = await create();
    const texts = Array.from({ length: 12 }, (_, i) => `${i}`.padEnd(1024 * 1024, '.'));
    model.put(
      shard,
      'first',
      packed(
        ['k'],
        texts.map((data) => ({ key: 0, data })),
      ),
      'last',
    );
    await pass(second);
    const before = await taken(stream);
    await restart();
    await pass(second);
    const after = [...(await taken(stream))];
    while (after.at(-1) !== 'last') {
      await pass(second);
      after.push(...(await taken(stream)));
    }

    expect(before.length).toBeGreaterThan(1);
    expect([...before, ...after]).toEqual(['first', ...texts, 'last']);
  });

  it('gets its records as its definition says when they are read', async () => {
    const { model, create, update, pass, taken } = await reading();
    const shard = model.addShard();
    const stream = await create();
    const split = { Type: 'RecordDeAggregation', Parameters: [] };
    const config = { ...stream.destination.config, ProcessingConfiguration: { Enabled: true, Processors: [split] } };
    await update({ ...stream, version: 2, destination: { ...stream.destination, config } });
    model.put(shard, 'a');
    await pass(second);

    expect(await taken(stream)).toEqual([]);
    expect(await taken(stream, 'process')).toEqual(['\0\0a']);
  });

  it('is left alone once it was deleted', async () => {
    const { model, create, pass, buffer, sources } = await reading();
    const shard = model.addShard();
    const stream = await create();
    model.put(shard, 'a');
    await pass(second);

    await sources().forget(stream.id);
    await buffer.commit({ discard: stream.id });
    const { length } = model.calls;
    await pass(5 * MINUTE);

    expect(model.calls.length).toBe(length);
    expect(buffer.cursor(`${stream.id}/${shard}`)).toBeUndefined();
    expect(sources().status()).toEqual([]);
  });

  it('is not fed where the configuration has no Kinesis, which is said', async () => {
    const { create, events, sources } = await reading({ isConfigured: false });
    const stream = await create();

    expect(events).toMatchObject([{ type: 'unread', stream }]);
    expect(sources().status()).toEqual([]);
  });
});

describe('reading', () => {
  it('asks each shard once a second, and up to four times while there is more', async () => {
    const { model, create, pass } = await reading({ answerRecords: 1 });
    const shard = model.addShard();
    await create();
    await pass(second);
    const asked = () => model.calls.filter((call) => call === `GetRecords ${shard}`).length;
    const idle = asked();
    await pass(10 * second);
    expect(asked() - idle).toBe(10);

    model.put(shard, ...Array.from({ length: 100 }, (_, i) => `${i}`));
    await pass(second);
    const busy = asked();
    await pass(10 * second);
    expect(asked() - busy).toBe(40);
  });

  it('says how far behind it is', async () => {
    const { model, create, pass, events, sources } = await reading({ answerRecords: 1 });
    const shard = model.addShard();
    const stream = await create();
    model.put(shard, ...Array.from({ length: 1_000 }, (_, i) => `${i}`));
    await pass(2 * MINUTE);

    const [state] = sources().status();
    expect(state?.millisBehindLatest).toBeGreaterThan(MINUTE);
    expect(events).toMatchObject([{ type: 'behind', stream }]);
  });

  it('waits out what Kinesis refuses, tells of it once, and of its end', async () => {
    const { model, create, pass, taken, events, sources } = await reading();
    const shard = model.addShard();
    const stream = await create();
    await pass(second);
    model.put(shard, 'a');
    model.before = (action) => {
      if (action === 'GetRecords') throw refused('KMSDisabledException', 'The key is disabled.');
    };
    await pass(5 * MINUTE);
    const [state] = sources().status();
    expect(state).toMatchObject({ failure: 'Kinesis.KMS.KeyDisabled' });
    expect(state?.millisBehindLatest).toBeGreaterThan(4 * MINUTE);
    model.before = () => {};
    await pass(MINUTE);

    expect(await taken(stream)).toEqual(['a']);
    const told = { stream, shardId: shard, code: 'Kinesis.KMS.KeyDisabled' };
    expect(events.filter(({ type }) => type !== 'behind')).toMatchObject([
      { type: 'failing', ...told },
      { type: 'recovered', ...told },
    ]);
    expect(sources().status()).toEqual([source('events')]);
  });

  it('backs off from a stream that is not there, and finds it when it is', async () => {
    const { model, create, pass, taken, events } = await reading();
    model.before = () => {
      throw refused('ResourceNotFoundException', 'Stream events not found');
    };
    const stream = await create();
    await pass(10 * MINUTE);
    expect(model.calls.length).toBeLessThan(25);
    expect(events).toMatchObject([{ type: 'failing', code: 'Kinesis.ResourceNotFound' }]);

    model.before = () => {};
    model.put(model.addShard(), 'a');
    await pass(2 * MINUTE);

    expect(await taken(stream)).toEqual(['a']);
  });

  it('backs off when it is throttled, and does not complain of it at once', async () => {
    const { model, create, pass, taken, events } = await reading();
    const shard = model.addShard();
    const stream = await create();
    let calls = 0;
    model.before = (action) => {
      if (action === 'GetRecords' && ++calls <= 2) throw refused('ProvisionedThroughputExceededException');
    };
    model.put(shard, 'a');
    await pass(3 * second);

    expect(await taken(stream)).toEqual(['a']);
    expect(events).toEqual([]);
  });

  it('renews an iterator that has expired, without a word', async () => {
    const { model, create, pass, taken, events } = await reading();
    const shard = model.addShard();
    const stream = await create();
    await pass(second);
    let expired = 0;
    model.before = (action) => {
      if (action === 'GetRecords' && expired++ === 0) throw refused('ExpiredIteratorException');
    };
    model.put(shard, 'a');
    await pass(second);

    expect(await taken(stream)).toEqual(['a']);
    expect(events).toEqual([]);
  });

  it('does not go round in circles where every iterator has expired', async () => {
    const { model, create, pass } = await reading();
    model.addShard();
    model.before = (action) => {
      if (action === 'GetRecords') throw refused('ExpiredIteratorException');
    };
    await create();
    await pass(10 * MINUTE);

    expect(model.calls.length).toBeLessThan(100);
  });

  it('stops while the buffer has no room, even for longer than an iterator lives, and goes on by itself', async () => {
    const { model, create, pass, taken, events, sources } = await reading({ budgetBytes: 4 * 1024 * 1024 });
    const shard = model.addShard();
    const stream = await create();
    model.put(shard, 'x'.repeat(1024 * 1024));
    await pass(second);
    model.put(shard, 'y'.repeat(990 * 1024));
    await pass(second);
    const asked = model.calls.length;
    model.put(shard, 'z');
    await pass(10 * MINUTE);
    const lists = model.calls.slice(asked).filter((call) => call !== 'ListShards');
    expect(lists).toEqual([]);
    expect(sources().status()).toMatchObject([{ failure: 'Hydrant.BufferFull' }]);

    const first = await taken(stream);
    await pass(2 * second);

    expect([...first, ...(await taken(stream))].map((text) => text[0])).toEqual(['x', 'y', 'z']);
    expect(events.map((event) => ('code' in event ? event.code : event.type))).toContain('Hydrant.BufferFull');
  });

  it('of one stream that is full leaves the others alone', async () => {
    const { model, create, pass, taken } = await reading({ budgetBytes: 12 * 1024 * 1024 });
    const shard = model.addShard();
    const [full, lively] = [await create(), await create(aKinesisStream({ name: 'lively' }))];
    for (let i = 0; i < 20; i++) {
      model.put(shard, `${i}`.padEnd(512 * 1024, '.'));
      await pass(second);
      expect(await taken(lively)).toHaveLength(1);
    }

    expect((await taken(full)).length).toBeLessThanOrEqual(12);
  });

  it('holds four answers at once, however many shards there are', async () => {
    const { model, create, pass, buffer } = await reading();
    for (let i = 0; i < 30; i++) model.put(model.addShard(), 'old');
    await pass(1);
    let [inHand, most] = [0, 0];
    const { commit } = buffer;
    buffer.commit = async (change) => {
      const answer = await commit(change);
      inHand--;
      return answer;
    };
    model.before = (action, shardId) => {
      if (action !== 'GetRecords') return;
      model.put(shardId, 'new');
      most = Math.max(most, ++inHand);
    };
    await create();
    await pass(second);

    expect(most).toBe(4);
  });
});
