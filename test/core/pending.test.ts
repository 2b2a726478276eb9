import { describe, expect, it } from 'vitest';
import type { Pending } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { aStream } from '../kit/streams.ts';
import { inDoubt, type World, world } from '../kit/world.ts';

/** A far side that says later what became of each slice. */
const splunk = (retrySeconds = 300) =>
  aStream({ kind: 'Splunk', intervalSeconds: 1, config: { RetryOptions: { DurationInSeconds: retrySeconds } } });

const CONFIRMS_AFTER_MS = 10_000;

async function confirming(
  stream: ReturnType<typeof aStream>,
  options: { buffer?: World['buffer']; startAt?: number; records?: number } = {},
) {
  const { records = 1, ...rest } = options;
  const w = await world([stream], { ...rest, others: new Map([['Splunk', { records, bytes: 1_000 }]]) });
  w.farSide = (slice) =>
    slice.errorOutputType === undefined
      ? { pending: { ack: slice.id }, checkAt: w.now() + CONFIRMS_AFTER_MS }
      : { bytes: 1 };
  return w;
}

const sent = (w: World) =>
  w.seen.filter(({ errorOutputType }) => errorOutputType === undefined).map(({ records }) => records[0]);
const failed = (w: World) =>
  w.seen.filter(({ errorOutputType }) => errorOutputType !== undefined).flatMap(({ records }) => records);
const later = (w: World): Pending => ({ pending: 'still', checkAt: w.now() + CONFIRMS_AFTER_MS });

const lost = (): never => {
  throw new DeliveryError('Lost.', { code: 'Far.Lost', retryable: true });
};

describe('a slice whose fate the far side knows later', () => {
  it('is asked about when the time has come, with what was noted of it, and not sent again', async () => {
    const w = await confirming(splunk());
    const asked: [unknown, number][] = [];
    w.answer = (_, state) => {
      asked.push([state, w.now()]);
      return { bytes: 1 };
    };
    await w.put(splunk(), 'a');
    await w.pass(1_000);
    const sentAt = w.now();

    await w.pass(60_000);

    expect(asked).toEqual([[{ ack: 'batch-1/0-1' }, sentAt + CONFIRMS_AFTER_MS]]);
    expect(sent(w)).toEqual(['a']);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
    expect(w.events).toMatchObject([{ type: 'delivered', records: 1, plan: { attempt: 1 } }]);
  });

  it('is not asked about before its time because another one is', async () => {
    const w = await confirming(splunk());
    w.farSide = ({ id }) => ({ pending: id, checkAt: w.now() + (id === 'batch-1/0-1' ? 5_000 : 50_000) });
    const asked: unknown[] = [];
    w.answer = (_, state) => {
      asked.push(state);
      return { bytes: 1 };
    };
    await w.put(splunk(), 'a', 'b');

    await w.pass(49_000);
    expect(asked).toEqual(['batch-1/0-1']);
    await w.pass(10_000);

    expect(asked).toEqual(['batch-1/0-1', 'batch-1/1-2']);
  });

  it('is asked about as often as it takes', async () => {
    const w = await confirming(splunk());
    let asked = 0;
    w.answer = () => (++asked < 5 ? later(w) : { bytes: 1 });
    await w.put(splunk(), 'a');

    await w.pass(120_000);

    expect([asked, sent(w)]).toEqual([5, ['a']]);
    expect(w.buffer.due().batches).toEqual([]);
  });

  it('is asked about after a crash, and not sent again', async () => {
    const before = await confirming(splunk());
    await before.put(splunk(), 'a');
    await before.pass(1_000);
    await before.timers.stop(0);

    const after = await confirming(splunk(), { buffer: before.buffer, startAt: before.now() });
    after.answer = () => ({ bytes: 1 });
    after.timers.start();
    await after.pass(60_000);

    expect([sent(before), sent(after)]).toEqual([['a'], []]);
    expect(after.buffer.due().batches).toEqual([]);
  });

  it('is sent again when it was lost, alone', async () => {
    const w = await confirming(splunk());
    let isLost = true;
    w.answer = ({ id }) => {
      if (id !== 'batch-1/1-2' || !isLost) return { bytes: 1 };
      isLost = false;
      return lost();
    };
    await w.put(splunk(), 'a', 'b', 'c');

    await w.pass(120_000);

    expect(sent(w).sort()).toEqual(['a', 'b', 'b', 'c']);
    expect(w.buffer.due().batches).toEqual([]);
  });

  it('keeps its neighbours from being sent again while one of them is retried', async () => {
    const w = await confirming(splunk());
    const pending = w.farSide;
    w.farSide = (slice, signal) =>
      slice.id === 'batch-1/1-2' && slice.plan.attempt < 4 ? inDoubt() : pending(slice, signal);
    w.answer = () => ({ bytes: 1 });
    await w.put(splunk(), 'a', 'b', 'c');

    await w.pass(120_000);

    expect(sent(w).sort()).toEqual(['a', 'b', 'c']);
  });

  it('that is refused in the end goes to the error output', async () => {
    const w = await confirming(splunk());
    w.answer = ({ id }) => {
      if (id === 'batch-1/0-1') throw new DeliveryError('Never.', { code: 'Far.Never', retryable: false });
      return { bytes: 1 };
    };
    await w.put(splunk(), 'a', 'b');

    await w.pass(300_000);

    expect(sent(w)).toEqual(['a', 'b']);
    expect(failed(w)).toEqual(['a']);
  });

  it('that is lost, or refused in the end, has what it refused at once in the error output once', async () => {
    const w = await confirming(splunk(), { records: 3 });
    const pending = w.farSide;
    w.farSide = async (slice, signal) => ({
      ...(await pending(slice, signal)),
      ...(slice.id === 'batch-1/0-3' && {
        refused: [{ index: 1, code: 'Far.Bad', message: 'Bad.', retryable: false }],
      }),
    });
    let asked = 0;
    w.answer = () => {
      if (++asked > 1) throw new DeliveryError('Never.', { code: 'Far.Never', retryable: false });
      return lost();
    };
    await w.put(splunk(), 'a', 'bad', 'c');

    await w.pass(300_000);

    expect(failed(w).sort()).toEqual(['a', 'bad', 'c']);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('does not spend the time for retries while it is waited for', async () => {
    const w = await confirming(splunk(5));
    let asked = 0;
    w.answer = () => (++asked < 10 ? later(w) : asked === 10 ? lost() : { bytes: 1 });
    await w.put(splunk(5), 'a');

    await w.pass(300_000);

    expect(sent(w)).toEqual(['a', 'a']);
    expect(failed(w)).toEqual([]);
  });

  it('is waited for when the time for retries is over; what is not with the far side is given up', async () => {
    const w = await confirming(splunk(0));
    const pending = w.farSide;
    let attempts = 0;
    w.farSide = (slice, signal) => {
      if (slice.id !== 'batch-1/1-2') return pending(slice, signal);
      attempts++;
      return inDoubt();
    };
    w.answer = () => ({ bytes: 1 });
    await w.put(splunk(0), 'a', 'b');

    await w.pass(300_000);

    expect([sent(w), failed(w), attempts]).toEqual([['a'], ['b'], 1]);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('is told of by a flush', async () => {
    const w = await confirming(splunk());
    await w.put(splunk(), 'a');

    expect(await w.timers.flush()).toMatchObject({ records: 0, postponed: [{ code: 'Hydrant.Pending' }] });
  });

  it('does not make its stream one that fails: others of its batches go on', async () => {
    const w = await confirming(splunk());
    w.answer = () => later(w);
    for (let i = 0; i < 4; i++) {
      await w.put(splunk(), `${i}`);
      await w.pass(1_000);
    }

    expect(sent(w)).toEqual(['0', '1', '2', '3']);
    expect(w.events.filter(({ type }) => type === 'postponed')).toEqual([]);
  });
});
