import { pino } from 'pino';
import type { DrainEvent } from '../../core/events.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { laneOf, type Stage } from '../../core/lanes.ts';
import { type ApiCall, apiCall } from '../api-call.ts';
import { applyStream } from '../apply-streams.ts';
import { createHydrant, type Hydrant } from '../hydrant.ts';
import type { Settings } from '../settings.ts';
import { type Contents, contentsOf } from './contents.ts';
import { type Failure, failuresIn } from './failures.ts';
import { type KeptObject, type KeptObjects, keptObjects } from './kept-objects.ts';
import { notedSends, type Sent } from './noted-sends.ts';

export interface RehearsalOptions {
  readonly settings: Settings;
  /** The stream's CreateDeliveryStream input, and how messages call it. */
  readonly stream: JsonObject;
  readonly at: string;
  /** When all records arrive, in ms since the epoch. */
  readonly arrivedAt: number;
  /** Holds the buffer. Whoever made it removes it. */
  readonly dataFolder: string;
  /** How many rows of an object are looked at. */
  readonly rowsMost: number;
}

export interface Rehearsal {
  readonly streamName: string;
  /** The API of the service, for puts. */
  readonly call: ApiCall;
  /** Drains everything that was put, and tells what came of it. Called once. */
  outcome(): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Outcome {
  /** What the destination gets when it is a bucket; the objects with the most records first. */
  readonly objects: readonly PreviewedObject[];
  /** What a destination of another kind gets. */
  readonly sent?: Sent;
  /** The source-record backup. */
  readonly backups: readonly PreviewedObject[];
  readonly failures: readonly Failure[];
  /** Where the failures are written. */
  readonly errorObjects: readonly PreviewedObject[];
  /** What would be tried again for ever. */
  readonly stuck: readonly { readonly code: string; readonly message: string }[];
  /** What functions said on the console. */
  readonly said: readonly string[];
}

export interface PreviewedObject {
  readonly bucket: string;
  readonly key: string;
  readonly records: number;
  /** As stored. */
  readonly bytes: number;
  readonly contents: Contents;
}

/**
 * The real service with one stream, on a clock that stands still, where nothing leaves: objects are kept in memory, and
 * for destinations of other kinds it is only noted what they would be sent. Functions run as they are. Throws the
 * `ConfigError` of what is wrong with the stream.
 */
export async function openRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const { settings, dataFolder, arrivedAt, rowsMost } = options;
  // What is encrypted could not be shown.
  const { s3, kinesis: _, kafka: __, keys: ___, encryptionKeys, ...own } = settings;
  const objects = keptObjects({ encryptsWithKms: s3 !== undefined || Object.keys(encryptionKeys).length > 0 });
  const events: DrainEvent[] = [];
  const said: string[] = [];
  const sends = notedSends(rowsMost);
  const hydrant = await createHydrant({
    ...{ ...own, dataFolder, objects, transitionMs: 0, now: () => arrivedAt },
    report: (event) => void events.push(event),
    adapt: sends.adapt,
    logger: pino({ base: null }, { write: (line: string) => void said.push(...saidIn(line)) }),
  });
  const call = apiCall(hydrant.handleOwn);

  try {
    const streamName = await createStream(options, call);
    return {
      streamName,
      call,
      async outcome() {
        const stuck = await drained(hydrant);
        const stored = (stage: Stage) => storedIn(stage, events, objects);
        const sent = sends.sent();
        return {
          objects: await previewed(stored('deliver'), rowsMost),
          ...(sent && { sent }),
          backups: await previewed(stored('backup'), rowsMost),
          failures: failuresIn(
            stored('error').map(({ partition, object }) => ({ type: partition, body: object.body })),
          ),
          errorObjects: await previewed(stored('error'), rowsMost),
          ...{ stuck, said },
        };
      },
      close: () => hydrant.close(0),
    };
  } catch (error) {
    await hydrant.close(0);
    throw error;
  }
}

interface Stored {
  readonly bucket: string;
  readonly key: string;
  readonly records: number;
  /** Of the lane that it was made of. */
  readonly partition: string;
  readonly object: KeptObject;
}

/** The objects that were made of the stage's lanes. A batch of which no record could be converted made none. */
function storedIn(stage: Stage, events: readonly DrainEvent[], objects: KeptObjects): readonly Stored[] {
  return events.flatMap((event) => {
    if (event.type !== 'delivered') return [];
    const lane = laneOf(event.batch.lane);
    const { bucket, key } = isJsonObject(event.plan.output) ? event.plan.output : {};
    if (lane.stage !== stage || typeof bucket !== 'string' || typeof key !== 'string') return [];
    const object = objects.at({ bucket, key });
    return object === undefined ? [] : [{ bucket, key, records: event.records, partition: lane.partition, object }];
  });
}

async function previewed(stored: readonly Stored[], rowsMost: number): Promise<readonly PreviewedObject[]> {
  const objects: PreviewedObject[] = [];
  for (const { bucket, key, records, object } of stored) {
    objects.push({ bucket, key, records, bytes: object.body.length, contents: await contentsOf(object, rowsMost) });
  }
  return objects.sort((a, b) => b.records - a.records || (a.key < b.key ? -1 : 1));
}

/**
 * A stream with a source of its own takes no puts. Once the API has accepted it as it is, another takes its place that
 * does.
 */
async function createStream({ stream, at }: RehearsalOptions, call: ApiCall): Promise<string> {
  await applyStream(stream, at, call);
  const { DeliveryStreamName = '', DeliveryStreamType = 'DirectPut', ...rest } = stream;
  if (DeliveryStreamType !== 'DirectPut') {
    const own = Object.entries(rest).filter(([name]) => !name.endsWith('SourceConfiguration'));
    await call('DeleteDeliveryStream', { DeliveryStreamName });
    await applyStream({ DeliveryStreamName, ...Object.fromEntries(own) }, at, call);
  }
  return String(DeliveryStreamName);
}

/** More than the retries that a Lambda processor may be given, 300, and the stages after it. */
const ROUNDS_MOST = 310;

/** Has everything attempted until nothing is left, or only what another attempt does not change. */
async function drained(hydrant: Hydrant): Promise<Outcome['stuck']> {
  let left: Outcome['stuck'] = [];
  for (let round = 0; round < ROUNDS_MOST; round++) {
    const { batches, postponed } = await hydrant.flush();
    if (batches === 0) return [];
    left = postponed.map(({ code, message }) => ({ code, message }));
    // Functions are called as often as the stream says; then their records go to the error output.
    if (left.length === batches && !left.some(({ code }) => code.startsWith('Lambda.'))) return left;
  }
  return left;
}

/** A function's own words in a line of the log, said while it had the stream's records. */
function saidIn(line: string): readonly string[] {
  const { function: name, stream, msg }: Readonly<Record<string, string>> = JSON.parse(line);
  return name === undefined || stream === undefined ? [] : String(msg).split('\n');
}
