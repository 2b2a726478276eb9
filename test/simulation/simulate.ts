import s3Destination from '../../destinations/s3.ts';
import { drain } from '../../src/core/drain.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import type { DrainEvent } from '../../src/core/events.ts';
import { ingest, sourceIngest } from '../../src/core/ingest.ts';
import { recordBlock } from '../../src/core/records.ts';
import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import { fileStreams } from '../../src/local/file-streams.ts';
import { kinesisReaders } from '../../src/local/kinesis/kinesis-readers.ts';
import { type Log, openLog } from '../../src/local/log/log.ts';
import { type StreamSources, streamSources } from '../../src/local/sources/stream-sources.ts';
import { type Timers, timers } from '../../src/local/timers.ts';
import { processors } from '../../src/processors/index.ts';
import type { Transform } from '../../src/processors/lambda/transform.ts';
import { noTables } from '../kit/no-tables.ts';
import { type Random, seededRandom } from '../kit/random.ts';
import { type SimulatedDisk, simulatedDisk } from '../kit/simulated-disk.ts';
import { type SimulatedObjects, simulatedObjects } from '../kit/simulated-objects.ts';
import { aKinesisStream, aStream, partitionedByFunction } from '../kit/streams.ts';
import { type VirtualClock, virtualClock } from '../kit/virtual-clock.ts';
import { type SimulatedKinesis, simulatedKinesis } from './simulated-kinesis.ts';
import { type SimulatedReceiver, simulatedReceiver } from './simulated-receiver.ts';

/** What became of a record's put, as its producer saw it. */
interface Sent {
  readonly text: string;
  readonly stream: StreamDefinition;
  answer: 'none' | 'acknowledged' | 'refused';
}

/** From one start of the process to its death. */
interface Life {
  readonly buffer: Log;
  readonly streams: StreamStore;
  readonly timers: Timers;
  readonly sources: StreamSources;
  put(stream: StreamDefinition, records: readonly string[]): Promise<void>;
}

interface World {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly objects: SimulatedObjects;
  readonly kinesis: SimulatedKinesis;
  readonly receiver: SimulatedReceiver;
  readonly sent: Sent[];
  readonly deleted: Set<string>;
  disk: SimulatedDisk;
  life: Life | undefined;
  made: number;
}

const MISSING = 'no-such-bucket';
const STEPS = 60;
const SEGMENT_BYTES = 32 * 1024;
/** Several times more than the batches there can be. */
const HEALING_ROUNDS = 100;

/**
 * The service on a disk that loses power and a bucket store that fails in every way, driven by a seed: puts, time,
 * updates, deletions, deaths. In the end everything works again, and what the promises say must be so. Returns what
 * broke them, nothing when all held.
 */
export async function simulate(seed: number): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const clock = virtualClock(1_000_000, 12);
  const world: World = {
    random,
    clock,
    kinesis: simulatedKinesis(random, clock.now),
    receiver: simulatedReceiver(random, clock.now),
    objects: simulatedObjects(random, { missing: new Set([MISSING]) }),
    sent: [],
    deleted: new Set(),
    disk: simulatedDisk(random.next),
    life: undefined,
    made: 0,
  };
  await begin(world);
  for (const name of ['plain', 'backed-up', 'processed', 'posted']) await make(world, name);
  // Its source is asked every second, which takes most of such a run's time.
  if (random.chance(0.3)) await make(world, 'sourced');
  for (let step = 0; step < STEPS; step++) {
    if (random.chance(0.08)) world.disk.dieAfter(random.below(60));
    await oneOf(
      world,
      world.disk.died.then(() => 'died'),
      act(world),
    );
  }
  return heal(world);
}

/** Whatever was going on ends with the process; the next finds what the disk kept, and may die while it looks. */
async function oneOf(world: World, died: Promise<unknown>, work: Promise<unknown>): Promise<void> {
  let ended = await Promise.race([died, work]);
  while (ended === 'died') {
    await bury(world);
    if (world.random.chance(0.3)) world.disk.dieAfter(world.random.below(60));
    ended = await Promise.race([world.disk.died.then(() => 'died'), begin(world)]);
  }
}

/**
 * What had passed the disk at the moment of death still comes to its end, then nothing of that life happens any more.
 */
async function bury(world: World): Promise<void> {
  world.clock.silence();
  await world.clock.settle();
  world.clock.silence();
  world.receiver.senderDied();
  world.disk = world.disk.restart();
  world.life = undefined;
}

async function begin(world: World): Promise<void> {
  const { disk, clock, random, objects, receiver } = world;
  const buffer = await openLog({
    folder: '/data/log',
    disk,
    budgetBytes: 64 * SEGMENT_BYTES,
    segmentBytes: SEGMENT_BYTES,
    fsync: 'always',
    newSalt: () => random.below(2 ** 32),
    warn: () => {},
  });
  const streams = await fileStreams({ folder: '/data/streams', disk });
  const faults = (event: DrainEvent): void => {
    if (event.type === 'faulty') throw event.error;
  };
  const wakes = timers({
    buffer,
    now: clock.now,
    alarm: clock.alarm,
    concurrency: { total: 4, perStream: 4 },
    fault: (error) => {
      throw error;
    },
    drain: drain({
      startedAt: clock.now(),
      buffer,
      room: buffer,
      streams,
      adapters: {
        s3: s3Destination({ objects, tables: noTables, converter, encryptionKeys: () => undefined }),
        others: new Map([['HttpEndpoint', receiver.destination]]),
      },
      processing: processors({ transform: fickle(world) }),
      now: clock.now,
      newBatchId: () => `batch-${++world.made}`,
      random: random.next,
      report: faults,
    }),
  });
  const take = ingest({ buffer, room: buffer, grew: wakes.grew });
  const readers = kinesisReaders({
    api: world.kinesis.api,
    ingest: sourceIngest({ buffer, room: buffer, grew: wakes.grew, now: clock.now }),
    streams,
    cursor: buffer.cursor,
    forget: async (name) => void (await buffer.commit({ cursor: { name, value: undefined } })),
    now: clock.now,
    alarm: clock.alarm,
    random: random.next,
    report: () => {},
  });
  const sources = streamSources(streams, [readers]);
  wakes.start();
  await sources.start();
  world.life = {
    buffer,
    streams,
    timers: wakes,
    sources,
    put: (stream, records) =>
      take(
        stream,
        recordBlock(
          clock.now(),
          records.map((record) => Buffer.from(record)),
        ),
      ),
  };
}

async function make(world: World, name: string): Promise<void> {
  const backup = { ...s3('backup'), BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } };
  const isBackedUp = name === 'backed-up';
  const config = {
    ...s3('lake'),
    ...(isBackedUp && { S3BackupMode: 'Enabled', S3BackupConfiguration: backup }),
    ...((name === 'processed' || (name === 'sourced' && world.random.chance(0.5))) && PARTITIONED),
  };
  const made = name === 'sourced' ? aKinesisStream : aStream;
  const stream = {
    ...(name === 'posted' ? POSTED : made({ name, intervalSeconds: world.random.pick([0, 1, 60]), config })),
    id: `id${++world.made}`,
  };
  const { life } = world;
  await life?.streams.change(name, () => (name === 'sourced' ? world.kinesis.feeding(stream) : stream));
  life?.sources.changed((await life.streams.get(name)) ?? stream);
}

function s3(bucket: string) {
  return {
    BucketARN: `arn:aws:s3:::${bucket}`,
    RoleARN: 'arn:aws:iam::000000000000:role/f',
    CompressionFormat: 'UNCOMPRESSED',
  };
}

/** To a far side that takes slices. */
const POSTED = aStream({
  name: 'posted',
  kind: 'HttpEndpoint',
  intervalSeconds: 1,
  config: {
    RetryOptions: { DurationInSeconds: 120 },
    S3Configuration: {
      ...s3('lake'),
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 1 },
    },
  },
});

/** By keys that the function gives. */
const PARTITIONED = partitionedByFunction({
  NumberOfRetries: '2',
  BufferSizeInMBs: '1',
  BufferIntervalInSeconds: '0',
});

/** A function that answers differently each time, to one record in five that it cannot, and sometimes to none. */
function fickle({ random }: World): Transform {
  return async ({ records }) => {
    if (random.chance(0.2)) throw new DeliveryError('No.', { code: 'Lambda.FunctionError', retryable: true });
    return records.map(({ data }) =>
      random.chance(0.2)
        ? { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'No.' }
        : { result: 'Ok', outputs: [{ data, partitionKeys: { p: random.pick(['a', 'b', 'c']) } }] },
    );
  };
}

async function act(world: World): Promise<void> {
  const { random, clock, life } = world;
  const fate = random.next();
  const streams = (await life?.streams.list()) ?? [];
  const stream = streams.length > 0 ? random.pick(streams) : undefined;
  if (life === undefined) return;
  if (stream === undefined) await make(world, 'plain');
  else if (fate < 0.6) await putSome(world, stream);
  else if (fate < 0.8) await clock.pass(random.pick([0, 100, 1_000, 60_000]));
  else if (fate < 0.93) await update(world, stream);
  // Not waited for: a bucket that hangs would hold it up for longer than the test lets pass here.
  else if (fate < 0.96) void life.timers.flush(random.chance(0.5) ? stream.id : undefined).catch(() => {});
  else await replace(world, stream);
}

/** Several at once, and not all waited for. */
async function putSome(world: World, stream: StreamDefinition): Promise<void> {
  const { random, life, kinesis } = world;
  if (stream.type === 'KinesisStreamAsSource') {
    const text = (shard: string) => `${stream.id}/${shard}#${++world.made}${'.'.repeat(random.below(400))}\n`;
    const sent = kinesis.put(stream, text).map((put): Sent => ({ text: put, stream, answer: 'acknowledged' }));
    world.sent.push(...sent);
    return;
  }
  const puts = Array.from({ length: 1 + random.below(3) }, async () => {
    const records = Array.from({ length: 1 + random.below(4) }, (): Sent => {
      const padding = '.'.repeat(random.below(400));
      return { text: `${stream.id}#${++world.made}${padding}\n`, stream, answer: 'none' };
    });
    world.sent.push(...records);
    const answer = await life
      ?.put(
        stream,
        records.map(({ text }) => text),
      )
      .then(
        () => 'acknowledged' as const,
        () => 'refused' as const,
      );
    for (const record of records) record.answer = answer ?? 'none';
  });
  if (random.chance(0.7)) await Promise.all(puts);
}

async function update(world: World, { name }: StreamDefinition): Promise<void> {
  const { random, life } = world;
  const bucket = random.pick(['lake', 'pond', MISSING]);
  const changed = await life?.streams.change(name, (current) => current && updatedTo(current, bucket));
  if (changed) life?.timers.changed(changed.id);
}

function updatedTo(stream: StreamDefinition, bucket: string): StreamDefinition {
  const config = { ...stream.destination.config, BucketARN: `arn:aws:s3:::${bucket}` };
  return { ...stream, version: stream.version + 1, destination: { ...stream.destination, config } };
}

/** Deletes the stream, and mostly makes another under its name. */
async function replace(world: World, stream: StreamDefinition): Promise<void> {
  const { life, random, deleted } = world;
  deleted.add(stream.id);
  await life?.streams.change(stream.name, () => undefined);
  life?.timers.forget(stream.id);
  await life?.sources.forget(stream.id);
  await life?.buffer.commit({ discard: stream.id });
  if (random.chance(0.8)) await make(world, stream.name);
}

async function heal(world: World): Promise<readonly string[]> {
  const { clock, objects, kinesis, receiver } = world;
  objects.heal();
  receiver.heal();
  kinesis.heal();
  world.disk.dieAfter(0);
  await bury(world);
  await begin(world);
  const { life } = world;
  if (life === undefined) return ['The service did not start again.'];
  for (const stream of await life.streams.list()) {
    const healed = await life.streams.change(stream.name, (current) => current && updatedTo(current, 'lake'));
    if (healed) life.timers.changed(healed.id);
  }
  // Until then everything that Kinesis holds is read.
  await clock.pass(60_000);
  let waiting = life.buffer.due();
  for (let round = 0; round < HEALING_ROUNDS && waiting.lanes.length + waiting.batches.length > 0; round++) {
    await clock.pass(60_000);
    waiting = life.buffer.due();
  }
  const left = waiting.lanes.length + waiting.batches.length;
  const faults = left > 0 ? [`${left} lanes and batches were never delivered.`] : [];
  faults.push(...brokenPromises(world));
  if (life.buffer.damaged().places > 0)
    faults.push('The log found damage on a disk that damages nothing it has synced.');
  return faults;
}

const isProcessed = (path: string): boolean => /\/(p=|errors\/)/.test(path);

/** The records that a report of errors is about. */
function sourcesIn(report: string): string[] {
  const lines = report.split('\n').filter((line) => line !== '');
  return lines.map((line) => Buffer.from(JSON.parse(line).rawData, 'base64').toString());
}

/** Numbers rise within a stream, or a shard. */
function isDisordered(lines: readonly string[]): boolean {
  const last = new Map<string, number>();
  return lines.some((line) => {
    const [of = '', number = ''] = line.replace(/\.*\n$/, '').split('#');
    const before = last.get(of) ?? -1;
    last.set(of, Number(number));
    return Number(number) <= before;
  });
}

function brokenPromises({ sent, deleted, objects, receiver }: World): string[] {
  const faults: string[] = [];
  const delivered = new Map<string, number>();
  const backedUp = new Map<string, number>();
  for (const [path, bytes] of objects.stored) {
    const into = path.startsWith('backup/') ? backedUp : delivered;
    const lines = path.includes('/errors/') ? sourcesIn(bytes.toString()) : bytes.toString().split(/(?<=\n)/);
    for (const line of lines) into.set(line, (into.get(line) ?? 0) + 1);
    // Functions are called for several chunks at once, and their answers come when they come.
    if (isProcessed(path)) continue;
    if (isDisordered(lines)) faults.push(`${path} is out of order.`);
  }
  for (const [text, times] of receiver.taken) {
    // What was given up while its fate was unknown may be in both places.
    const isTwice = delivered.has(text) && !receiver.inDoubt.has(text);
    delivered.set(text, isTwice || times > 1 ? times + (delivered.get(text) ?? 0) : 1);
  }
  for (const { text, stream, answer } of sent) {
    const isBackedUp = stream.destination.config.S3BackupMode === 'Enabled';
    for (const [where, counts] of [
      ['delivered', delivered],
      ['backed up', backedUp],
    ] as const) {
      if (where === 'backed up' && !isBackedUp) continue;
      const count = counts.get(text) ?? 0;
      if (count > 1) faults.push(`${text.trim()} (${answer}) was ${where} ${count} times.`);
      if (count === 0 && answer === 'acknowledged' && !deleted.has(stream.id))
        faults.push(`${text.trim()} was acknowledged and never ${where}.`);
      if (count > 0 && answer === 'refused') faults.push(`${text.trim()} was refused, and ${where} all the same.`);
    }
  }
  return faults;
}
