import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change, LocalBuffer } from '../../../src/core/buffer.ts';
import { laneKey } from '../../../src/core/lanes.ts';
import { eachRecord, type RecordBlock, recordBlock } from '../../../src/core/records.ts';
import { type Log, openLog } from '../../../src/local/log/log.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';
import { type RandomNumbers, randomFrom } from '../../kit/random.ts';
import { type SimulatedDisk, simulatedDisk } from '../../kit/simulated-disk.ts';

/**
 * Random actions on the log, on a disk that fails, fills up and loses power, beside the same actions on the memory
 * buffer. After every step both must hold the same; after a power failure the log must hold what the model does with
 * some of the unanswered actions done, each wholly. `HYDRANT_SEEDS=5000` runs more seeds, `HYDRANT_SEED=17` only that
 * one.
 */
const SEEDS = Number(process.env.HYDRANT_SEEDS ?? 200);
const ONLY = process.env.HYDRANT_SEED;
const SEEDS_A_TEST = 25;

const STREAMS = ['s1', 's2'];
const LANES = STREAMS.flatMap((streamId) => [
  laneKey({ streamId, stage: 'deliver', partition: '' }),
  laneKey({ streamId, stage: 'deliver', partition: 'p=1' }),
  laneKey({ streamId, stage: 'backup', partition: '' }),
]);
const ERROR_LANES = STREAMS.map((streamId) => laneKey({ streamId, stage: 'error', partition: 'x-failed' }));
const WHOLE = 1e12;

/** One thing to do, to the log and to the model alike. What it touches keeps it apart from others at the same time. */
interface Action {
  readonly name: string;
  readonly touches: readonly string[];
  run(buffer: LocalBuffer): Promise<unknown>;
}

describe('the log on a failing disk, beside the memory buffer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const seeds = ONLY === undefined ? Array.from({ length: SEEDS }, (_, at) => at + 1) : [Number(ONLY)];
  for (let at = 0; at < seeds.length; at += SEEDS_A_TEST) {
    const some = seeds.slice(at, at + SEEDS_A_TEST);
    it(`keeps every promise with seeds ${some[0]} to ${some.at(-1)}`, async () => {
      for (const seed of some) {
        try {
          await story(seed);
        } catch (error) {
          throw new Error(`Seed ${seed} (HYDRANT_SEED=${seed} runs it alone): ${(error as Error).stack}`, {
            cause: error,
          });
        }
      }
    });
  }
});

async function story(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const world = await openWorld(random);
  const steps = 20 + Math.floor(random() * 60);
  for (let step = 0; step < steps; step++) {
    const chance = random();
    if (chance < 0.06) world.disk.dieAfter(1 + Math.floor(random() * 60));
    else if (chance < 0.12) world.disk.failAfter(1 + Math.floor(random() * 40));
    else if (chance < 0.14) world.disk.setCapacity(world.disk.usedBytes() + random() * 20_000);
    else if (chance < 0.17) world.disk.setCapacity(Number.POSITIVE_INFINITY);
    else if (chance < 0.2) await world.reopen();
    else if (chance < 0.25) await world.settle();
    else await world.act(somethingToDo(random, world.model, step));
  }
  await world.finishEverything();
}

/**
 * The log, the model, and what is not certain: actions that were refused or never answered, since the last that was
 * done. Those of one moment may be found after a restart, for it was their write that failed, but not those of two: the
 * later write would have said that the earlier one does not count.
 */
async function openWorld(random: RandomNumbers) {
  const fsync = random() < 0.25 ? 'interval' : 'always';
  const segmentBytes = [16, 32, 64][Math.floor(random() * 3)]! * 1_024; // one of three
  const budgetBytes = segmentBytes * (4 + Math.floor(random() * 12));
  let disk = simulatedDisk(random);
  let done: Action[] = [];
  let doubtful: (readonly Action[])[] = [];
  let model = memoryBuffer();
  let log = await mustOpen();

  function open(): Promise<Log> {
    const newSalt = () => Math.floor(random() * 2 ** 32);
    return openLog({
      folder: '/d',
      disk,
      budgetBytes,
      segmentBytes,
      fsync,
      newSalt,
      warn: (...said) => ONLY && console.log(...said),
    });
  }

  async function mustOpen(): Promise<Log> {
    const opened = await untilEnd(open(), disk);
    return opened === 'died' ? mustOpenAfterDeath() : opened;
  }

  async function mustOpenAfterDeath(): Promise<Log> {
    disk = disk.restart(fsync === 'interval' ? 'kept' : undefined);
    if (random() < 0.3) disk.dieAfter(1 + Math.floor(random() * 40));
    return mustOpen();
  }

  async function afterDeath(): Promise<void> {
    log = await mustOpenAfterDeath();
    await adopt();
  }

  /** Of what is not certain, some may have happened, each wholly. */
  async function adopt(): Promise<void> {
    const found = await untilEnd(stateOf(log), disk);
    if (found === 'died') return afterDeath();
    expect(log.damaged()).toEqual({ places: 0, records: 0, bytes: 0 });
    for (const some of [[], ...doubtful.flatMap((actions) => [...subsets(actions)])]) {
      const candidate = await replayed([...done, ...some]);
      if ((await stateOf(candidate)) !== found) continue;
      done = [...done, ...some];
      doubtful = [];
      model = candidate;
      return;
    }
    expect(found, 'after it was opened again').toBe(await stateOf(await replayed(done)));
  }

  async function compare(): Promise<void> {
    const found = await untilEnd(stateOf(log), disk);
    if (found === 'died') return afterDeath();
    expect(found).toBe(await stateOf(model));
    expect(log.damaged()).toEqual({ places: 0, records: 0, bytes: 0 });
  }

  async function act(actions: readonly Action[]): Promise<void> {
    const outcomes = actions.map((): 'unanswered' | 'done' | 'refused' => 'unanswered');
    const running = actions.map(async (action, at) => {
      try {
        await action.run(log);
        outcomes[at] = 'done';
      } catch (error) {
        expect((error as { code?: string }).code, String(error)).toBe('Buffer.WriteFailed');
        outcomes[at] = 'refused';
      }
    });
    const end = await untilEnd(Promise.all(running), disk);
    const succeeded = actions.filter((_, at) => outcomes[at] === 'done');
    const others = actions.filter((_, at) => outcomes[at] !== 'done');
    for (const action of succeeded) await action.run(model);
    done.push(...succeeded);
    // A log that can write again has said, for good, where it went on: what it refused before did not happen.
    doubtful = log.isReady() ? [others] : [...doubtful, others];
    if (end === 'died') await afterDeath();
    else await compare();
  }

  async function reopen(): Promise<void> {
    const closed = await untilEnd(
      log.close().catch(() => {}),
      disk,
    );
    if (closed === 'died') return afterDeath();
    log = await mustOpen();
    await adopt();
  }

  return {
    get disk(): SimulatedDisk {
      return disk;
    },
    get model(): LocalBuffer {
      return model;
    },
    act,
    reopen,
    async settle() {
      await vi.advanceTimersByTimeAsync(2_000);
      await compare();
    },
    /** Everything can still be delivered, and then nothing is left but the segments in use. */
    async finishEverything() {
      disk.setCapacity(Number.POSITIVE_INFINITY);
      disk.dieAfter(Number.POSITIVE_INFINITY);
      disk.failAfter(Number.POSITIVE_INFINITY);
      await reopen();
      for (const [at, lane] of [...LANES, ...ERROR_LANES].entries()) await act([seal(lane, `last${at}`, WHOLE)]);
      await act(model.due().batches.map(({ id }) => commit(`finish ${id}`, [id], { finish: id })));
      await reopen();
      expect(log.due()).toEqual({ lanes: [], batches: [] });
      expect(log.ledger.origins.size).toBe(1);
      expect(log.ledger.heldBytes.size).toBe(0);
      await log.close();
    },
  };
}

/** What the promise gives, or `died` when the power failed first. It must end without a clock. */
async function untilEnd<T>(promise: Promise<T>, disk: SimulatedDisk): Promise<T | 'died'> {
  const stuck = (async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    throw new Error('It never ends.');
  })();
  return Promise.race([promise, disk.died.then(() => 'died' as const), stuck]);
}

async function replayed(actions: readonly Action[]): Promise<LocalBuffer> {
  const model = memoryBuffer();
  for (const action of actions) await action.run(model);
  return model;
}

/** All that can be seen of a buffer from outside, as text. */
async function stateOf(buffer: LocalBuffer): Promise<string> {
  const { lanes, batches } = buffer.due();
  const lines = lanes.map((lane) => JSON.stringify(lane, Object.keys(lane).sort()));
  for (const batch of batches) {
    const records: string[] = [];
    for await (const block of buffer.read(batch.id)) records.push(...described(block));
    const { id, lane, advanced, sealedAt, oldestAt, plan, postponed } = batch;
    lines.push(
      JSON.stringify([id, lane, batch.records, batch.bytes, advanced, sealedAt, oldestAt, plan, postponed, records]),
    );
  }
  for (const stream of STREAMS) lines.push(`${stream}/c=${buffer.cursor(`${stream}/c`)}`);
  for (const stream of STREAMS) lines.push(`${stream} holds ${buffer.heldBytes(stream)}`);
  return lines.sort().join('\n');
}

function described({ arrivedAt, reason, ...block }: RecordBlock): string[] {
  return [...eachRecord({ arrivedAt, ...block })].map((record) => {
    const hash = createHash('md5').update(record).digest('hex').slice(0, 8);
    return `${hash}:${record.length}@${arrivedAt}${reason ? `!${reason.message}` : ''}`;
  });
}

function* subsets(actions: readonly Action[]): Generator<Action[]> {
  for (let bits = 0; bits < 2 ** actions.length; bits++) yield actions.filter((_, at) => bits & (1 << at));
}

/** One to four actions at once, of which no two touch the same, except that many may append to one lane. */
function somethingToDo(random: RandomNumbers, model: LocalBuffer, step: number): Action[] {
  const chosen: Action[] = [];
  const touched = new Set<string>();
  const wanted = 1 + Math.floor(random() ** 2 * 4);
  for (let at = 0; at < wanted; at++) {
    const action = random() < 0.5 ? append(random, step, at) : onWhatIsThere(random, model, step, at);
    const lanes = action.name.startsWith('append') ? action.touches.map((name) => `append to ${name}`) : action.touches;
    if (action.touches.some((name) => touched.has(name))) continue;
    if (!action.name.startsWith('append') && action.touches.some((name) => touched.has(`append to ${name}`))) continue;
    for (const name of lanes) touched.add(name);
    chosen.push(action);
  }
  return chosen;
}

function append(random: RandomNumbers, step: number, at: number): Action {
  const lanes = random() < 0.3 ? [LANES[0]!, LANES[2]!] : [oneOf(random, LANES)]; // LANES has six
  const records = block(random, step, at);
  return commit('append', lanes, { append: [{ lanes, records }] });
}

function onWhatIsThere(random: RandomNumbers, model: LocalBuffer, step: number, at: number): Action {
  const { lanes, batches } = model.due();
  const lane = oneOf(random, [...LANES, ...ERROR_LANES]);
  const batch = batches.length > 0 ? oneOf(random, batches) : undefined;
  const chance = random();
  if (batch === undefined || (chance < 0.3 && lanes.length > 0)) {
    const whole = ERROR_LANES.includes(lane) || random() < 0.5;
    return seal(lane, `b${step}.${at}`, whole ? WHOLE : Math.floor(random() * 8_000));
  }
  const { id } = batch;
  const stream = batch.lane.slice(0, 2);
  const error = `${stream}/error/x-failed`;
  // Of a lane that is not sealed nobody sees the reasons, so of two moves in doubt both must give the same.
  const reason = { type: 'x-failed', code: 'X', message: `from ${id}`, attempts: 1, lastAttemptAt: 1 };
  const why = id.length % 2 === 0 ? { reason } : {};
  if (chance < 0.4)
    return {
      name: 'plan',
      touches: [id],
      run: (buffer) => buffer.plan(id, { streamVersion: step, attempt: 1, output: { key: `k${step}` } }),
    };
  if (chance < 0.48) return postpone(id, step);
  if (chance < 0.58) {
    const upTo = Math.min(batch.records, batch.advanced + 1 + Math.floor(random() * 4));
    const appended = [{ lanes: [lane], records: block(random, step, at) }];
    if (ERROR_LANES.includes(lane)) return commit('advance', [id], { advance: { batch: id, upTo } });
    return commit('advance', [id, lane], { advance: { batch: id, upTo }, append: appended });
  }
  if (chance < 0.66) return commit('move all', [id, error], { move: [{ batch: id, lane: error, ...why }], finish: id });
  if (chance < 0.76) {
    const records = someRanges(random, batch.records);
    const move = [{ batch: id, lane: error, records, ...why }];
    return commit('move some', [id, error], random() < 0.5 ? { move } : { move, finish: id });
  }
  const cursor = { name: `${stream}/c`, value: random() < 0.8 ? String(step) : undefined };
  if (chance < 0.78) {
    const touched = [...LANES, ...ERROR_LANES, cursor.name, ...batches.map((one) => one.id)];
    return commit('discard', touched, { discard: stream });
  }
  if (chance < 0.82) return commit('cursor', [cursor.name], { cursor });
  return commit(`finish ${id}`, [id], { finish: id });
}

function commit(name: string, touches: readonly string[], change: Change): Action {
  return { name, touches, run: (buffer) => buffer.commit(change) };
}

function seal(lane: string, id: string, sizeBytes: number): Action {
  return { name: 'seal', touches: [lane, id], run: (buffer) => buffer.seal(lane, { id, sizeBytes, now: 7 }) };
}

function postpone(id: string, step: number): Action {
  const attempt = {
    until: step,
    attempts: step,
    firstAttemptAt: 1,
    endedAt: 2,
    outcome: 'unknown' as const,
    code: 'X',
    message: 'x',
  };
  return { name: 'postpone', touches: [id], run: (buffer) => buffer.postpone(id, attempt) };
}

/**
 * Records of bytes that nobody else has, arrived at a time that no other block has: blocks of several callers never
 * join.
 */
function block(random: RandomNumbers, step: number, at: number): RecordBlock {
  const longest = random() < 0.1 ? 20_000 : 800;
  const records = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
    const record = Buffer.alloc(Math.floor(random() * longest));
    for (let byte = 0; byte < record.length; byte++) record[byte] = random() * 256;
    return record;
  });
  return recordBlock(1_000 + step * 10 + at, records);
}

function someRanges(random: RandomNumbers, records: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let from = Math.floor(random() * 3); from < records; ) {
    const to = Math.min(records, from + 1 + Math.floor(random() * 3));
    ranges.push([from, to]);
    from = to + Math.floor(random() * 4);
  }
  return ranges;
}

function oneOf<T>(random: RandomNumbers, things: readonly T[]): T {
  return things[Math.floor(random() * things.length)]!; // never called with none
}
