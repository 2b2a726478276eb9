import { drain } from '../../src/core/drain.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { ingest } from '../../src/core/ingest.ts';
import { recordBlock } from '../../src/core/records.ts';
import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';
import { type SharedBuffer, sharedBuffer } from '../../src/lambda/buffer.ts';
import type { Rows } from '../../src/lambda/services.ts';
import type { Shards } from '../../src/lambda/shards.ts';
import { type WakeUps, wakeUps } from '../../src/lambda/wake-ups.ts';
import { processors } from '../../src/processors/index.ts';
import type { Transform } from '../../src/processors/lambda/transform.ts';
import { memoryStreams } from '../kit/memory-streams.ts';
import { type Random, seededRandom } from '../kit/random.ts';
import { aStream, partitionedByFunction } from '../kit/streams.ts';
import { BACKUP_BUCKET, type FarSide, farSide } from './far-side.ts';
import { type ModelServices, type ModelState, modelServices } from './model-services.ts';
import { type Calls, type Invocation, LONGEST_STALL_MS, type Services, servicesOf, shakyCalls } from './shaky.ts';

/** What became of a record's put, as its producer saw it. */
interface Sent {
  readonly id: string;
  readonly stream: StreamDefinition;
  isAcknowledged: boolean;
}

interface World {
  readonly random: Random;
  readonly model: ModelServices;
  readonly services: Services;
  readonly calls: Calls;
  readonly far: FarSide;
  readonly streams: StreamStore;
  readonly plant: Plant;
  readonly sent: Sent[];
  readonly deleted: Set<string>;
  /** Of the one container that all functions run in. */
  readonly shards: Shards;
  /** Until when each batch was put off last, by its id. */
  readonly putOff: Map<string, number>;
  /** Promises that were broken on the way. */
  readonly faults: string[];
  time: number;
  made: number;
  isHealed: boolean;
}

/** Everything one invocation has at hand. */
interface Host {
  readonly buffer: SharedBuffer;
  readonly wakes: WakeUps;
  readonly signal: AbortSignal;
  put(stream: StreamDefinition, records: readonly string[]): Promise<void>;
}

/** A bug to be caught: the table or the collection, gone wrong. */
export interface Plant {
  /** `late` lets others come in between more often than by chance; a correct service may be as slow. */
  readonly rows?: (rows: Rows, state: ModelState, late: () => Promise<void>) => Rows;
  readonly collect?: (state: ModelState, now: number) => void;
  readonly isWithoutSweep?: boolean;
}

const STEPS = 1_500;
const LATE_TURNS = 40;
const INVOCATION_MS = 60_000;
const SKEW_MS = 2_000;
const VISIBILITY_MS = 90_000;
/** In which lanes change their partition once or twice. */
const HOURS_MS = 3 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * Of a minute each: everything must be delivered by then. Twice an hour until the sweep asks again for what is long
 * overdue, first for a batch whose change was cut off, then for the lanes that this has filled; and several times the
 * longest backoff and the longest lease.
 */
const HEALING_MINUTES = 150;
/** Requests that a minute without faults may need. */
const HEALING_STEPS = 20_000;

/**
 * Many functions at once on one buffer, each of whose requests may fail, hang, count twice or be its last, driven by a
 * seed. In the end nothing fails any more, and what the promises say must be so. Returns what broke them, nothing when
 * all held.
 */
export async function simulate(seed: number, plant: Plant = {}): Promise<readonly string[]> {
  const world = newWorld(seed, plant);
  for (const name of ['plain', 'backed-up', 'processed']) await make(world, name);
  for (let step = 0; step < STEPS; step++) {
    await turns();
    world.model.refreshIndexes(() => world.random.chance(0.8));
    if (world.random.chance(0.9) && world.calls.step()) continue;
    await act(world);
  }
  return heal(world);
}

function newWorld(seed: number, plant: Plant): World {
  const random = seededRandom(seed);
  const now = () => world.time;
  const model = modelServices(now, { hasLazyIndexes: true });
  const { objects, wakes } = model;
  const calls = shakyCalls(random, now);
  const late = async (): Promise<void> => {
    for (let turn = 0; turn < LATE_TURNS && !world.isHealed; turn++) await turns();
  };
  const world: World = {
    ...{ random, model, calls, plant },
    services: { objects, wakes, rows: plant.rows?.(model.rows, model.state, late) ?? model.rows },
    far: farSide(random, calls),
    streams: memoryStreams(),
    sent: [],
    deleted: new Set(),
    shards: new Map(),
    putOff: new Map(),
    faults: [],
    time: 1_000_000,
    made: 0,
    isHealed: false,
  };
  return world;
}

async function make(world: World, name: string): Promise<void> {
  const { random } = world;
  const isBackedUp = name === 'backed-up';
  const backup = { ...aStream().destination.config, BucketARN: BACKUP_BUCKET };
  const config = {
    ...(isBackedUp && { S3BackupMode: 'Enabled', S3BackupConfiguration: backup }),
    ...(name === 'processed' && PARTITIONED),
  };
  const stream = aStream({ name, sizeMb: 200 / 2 ** 20, intervalSeconds: random.pick([0, 5, 60]), config });
  await world.streams.change(name, () => ({ ...stream, id: `id${++world.made}` }));
}

/** By keys that the function gives. */
const PARTITIONED = partitionedByFunction({
  NumberOfRetries: '2',
  BufferSizeInMBs: '0.0001',
  BufferIntervalInSeconds: '5',
});

/** A function that answers differently each time, to some records that it cannot, and sometimes to none. */
function fickle({ random, calls }: World, by: Invocation): Transform {
  return async ({ records }) => {
    await calls.call(by, async () => {});
    if (random.chance(0.1)) throw new DeliveryError('No.', { code: 'Lambda.FunctionError', retryable: true });
    return records.map(({ data }) =>
      random.chance(0.2)
        ? { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'No.' }
        : { result: 'Ok', outputs: [{ data, partitionKeys: { p: random.pick(['a', 'b', 'c', 'd', 'e', 'f']) } }] },
    );
  };
}

/** Starts a function; what it does goes on while others do theirs. */
function invoke(world: World, work: (host: Host) => Promise<void>): void {
  const { random } = world;
  const skewMs = world.isHealed ? 0 : random.below(2 * SKEW_MS) - SKEW_MS;
  const deadline = world.time + (world.isHealed ? Number.POSITIVE_INFINITY : INVOCATION_MS);
  const by: Invocation = { isDead: false, skewMs, deadline, stopping: new AbortController() };
  // What it rejects with is in the host's log; what it has left undone is done again.
  work(hostOf(world, by)).catch(() => {});
}

function hostOf(world: World, by: Invocation): Host {
  const { random, streams, far } = world;
  const now = () => world.time + by.skewMs;
  const services = servicesOf(world.services, world.calls, by);
  const { rows, objects, wakes: messages } = services;
  const buffer = sharedBuffer({
    ...{ rows, objects, now, shards: world.shards },
    newId: () => `n${++world.made}`,
    leaseUntil: () => (world.isHealed ? now() + INVOCATION_MS : by.deadline + by.skewMs) + 5_000,
  });
  const watched: SharedBuffer = {
    ...buffer,
    async lease(id) {
      const batch = await buffer.lease(id);
      const until = world.putOff.get(id) ?? 0;
      if (batch !== undefined && until > world.time + SKEW_MS)
        world.faults.push(`${id} was to be attempted at ${until}, not at ${world.time}.`);
      return batch;
    },
  };
  const wakes = wakeUps({
    ...{ buffer, streams, now },
    wakes: messages,
    fault: () => {},
    drain: drain({
      ...{ buffer: watched, streams, now, room: ROOM },
      startedAt: now(),
      adapters: { s3: far.destination(by), others: new Map() },
      processing: processors({ transform: fickle(world, by) }),
      newBatchId: () => `batch-${++world.made}`,
      random: random.next,
      report(event) {
        if (event.type === 'faulty') throw event.error;
        if (event.type === 'postponed') world.putOff.set(event.batch.id, event.until);
      },
    }),
  });
  const take = ingest({ buffer, room: ROOM, grew: wakes.grew });
  return {
    ...{ buffer, wakes, signal: by.stopping.signal },
    async put(stream, records) {
      await take(
        stream,
        recordBlock(
          now(),
          records.map((record) => Buffer.from(record)),
        ),
      );
      await wakes.sent();
    },
  };
}

/** S3 has room for everything. */
const ROOM = { usage: () => ({ usedBytes: 0, budgetBytes: Number.POSITIVE_INFINITY }), heldBytes: () => 0 };

async function act(world: World): Promise<void> {
  const { random } = world;
  const fate = random.next();
  const stream = random.pick(await world.streams.list());
  if (fate < 0.35) putSome(world, stream);
  else if (fate < 0.7) receive(world);
  else if (fate < 0.9) world.time += random.pick([100, 1_000, 10_000, 61_000]);
  else if (fate < 0.95) sweep(world);
  else if (fate < 0.97) await update(world, stream);
  else if (fate < 0.98) await replace(world, stream);
  else if (fate < 0.985) world.model.state.messages.length = 0;
  else if (fate < 0.99) await pass(world, HOURS_MS);
  else await tidy(world);
}

function putSome(world: World, stream: StreamDefinition): void {
  const { random } = world;
  // Some records are too long to stay inline.
  const size = random.chance(0.5) ? 80 : 4_000;
  const records = Array.from({ length: 1 + random.below(3) }, () => {
    const isRefused = stream.name !== 'processed' && random.chance(0.1);
    const sent = { id: `${stream.id}#${++world.made}`, stream, isAcknowledged: false };
    world.sent.push(sent);
    return { sent, text: `${sent.id}${isRefused ? '!' : ''}${'.'.repeat(random.below(size))}\n` };
  });
  invoke(world, async (host) => {
    await host.put(
      stream,
      records.map(({ text }) => text),
    );
    for (const { sent } of records) sent.isAcknowledged = true;
  });
}

/** A message that is due is given to a function, and again when that does not say that it is done, or for no reason. */
function receive(world: World): boolean {
  const { messages } = world.model.state;
  const due = messages.filter(({ at }) => at <= world.time);
  if (due.length === 0) return false;
  const message = world.random.pick(due);
  const again = { ...message, at: world.time + VISIBILITY_MS };
  messages[messages.indexOf(message)] = again;
  if (!world.isHealed && world.random.chance(0.2)) messages.push({ ...message });
  invoke(world, async ({ wakes, signal }) => {
    await wakes.handle(message.wake, signal);
    const at = messages.indexOf(again);
    if (at >= 0 && (world.isHealed || !world.random.chance(0.1))) messages.splice(at, 1);
  });
  return true;
}

function sweep(world: World): void {
  if (!world.plant.isWithoutSweep) invoke(world, ({ wakes }) => wakes.sweep());
}

/** Removes what no row names; after a day, sometimes. */
async function tidy(world: World): Promise<void> {
  if (world.random.chance(0.2)) await pass(world, DAY_MS);
  world.plant.collect?.(world.model.state, world.time);
  invoke(world, async ({ buffer }) => void (await buffer.collect()));
}

/** So long that every request that was under way ends. */
async function pass(world: World, longMs: number): Promise<void> {
  world.time += LONGEST_STALL_MS;
  for (let idle = 0; idle <= LATE_TURNS; idle++) {
    await turns();
    if (world.calls.step()) idle = 0;
  }
  world.time += longMs;
}

/** Lets everything happen that needs no request. */
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function update({ streams }: World, { name }: StreamDefinition): Promise<void> {
  await streams.change(name, (current) => current && { ...current, version: current.version + 1 });
}

async function replace(world: World, { id, name }: StreamDefinition): Promise<void> {
  world.deleted.add(id);
  await make(world, name);
  invoke(world, async ({ buffer }) => void (await buffer.commit({ discard: id })));
}

async function heal(world: World): Promise<readonly string[]> {
  world.isHealed = true;
  world.calls.heal();
  world.far.heal();
  // The sweep finds all that waits by itself.
  if (world.random.chance(0.5)) world.model.state.messages.length = 0;
  await passMinutes(world, HEALING_MINUTES);
  const faults = [...world.faults, ...brokenPromises(world)];
  // What was put and never answered may wait until the collection finds it; then nothing at all is left.
  for (let day = 0; day < 2; day++) {
    await pass(world, DAY_MS);
    await tidy(world);
    await settle(world);
    await passMinutes(world, HEALING_MINUTES);
  }
  return [...faults, ...leftBehind(world)];
}

/** Fewer when nothing is left that a sweep or a message could ask for. */
async function passMinutes(world: World, most: number): Promise<void> {
  const { rows, messages } = world.model.state;
  for (let minute = 0; minute < most; minute++) {
    if (messages.length === 0 && [...rows.values()].every(({ dueAt }) => dueAt === undefined)) return;
    world.time += 60_000;
    sweep(world);
    await settle(world);
  }
}

async function settle(world: World): Promise<void> {
  for (let step = 0; step < HEALING_STEPS; step++) {
    await turns();
    world.model.refreshIndexes(() => false);
    if (!world.calls.step() && !receive(world)) return;
  }
}

function leftBehind({ model: { state } }: World): string[] {
  const open = [...state.rows.values()].filter((row) => row.open !== undefined || row.dueAt !== undefined);
  return [
    ...open.map((row) => `${row.partition} ${row.name} still waits: ${row.body}`),
    ...[...state.objects.keys()].map((key) => `${key} was left behind.`),
  ];
}

function brokenPromises({ sent, deleted, far }: World): string[] {
  const faults: string[] = [];
  const delivered = new Map<string, number>();
  const backedUp = new Map<string, number>();
  for (const { isBackup, records } of far.stored.values()) {
    const into = isBackup ? backedUp : delivered;
    for (const text of records) {
      const id = text.replace(/!?\.*\n$/, '');
      into.set(id, (into.get(id) ?? 0) + 1);
    }
  }
  for (const { id, stream, isAcknowledged } of sent) {
    const isBackedUp = stream.destination.config.S3BackupMode === 'Enabled';
    for (const [where, counts] of [
      ['delivered', delivered],
      ['backed up', backedUp],
    ] as const) {
      if (where === 'backed up' && !isBackedUp) continue;
      const count = counts.get(id) ?? 0;
      if (count > 1) faults.push(`${id} was ${where} ${count} times.`);
      if (count === 0 && isAcknowledged && !deleted.has(stream.id))
        faults.push(`${id} was acknowledged, never ${where}.`);
    }
  }
  return faults;
}
