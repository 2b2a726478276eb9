import { type Arrived, arrivalBlocks } from './arrival-blocks.ts';
import type { Append, Change, LaneStatus, RecordBuffer, Room } from './buffer.ts';
import { ApiError, DeliveryError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { type LaneKey, laneKey } from './lanes.ts';
import { admits } from './policy.ts';
import { eachRecord, type RecordBlock } from './records.ts';
import { backsUpEverything, needsProcessing, processorsOf } from './settings.ts';
import { withMetadata } from './source-metadata.ts';
import type { StreamDefinition } from './streams.ts';

export interface IngestPorts {
  readonly buffer: RecordBuffer;
  readonly room: Room;
  /** Told of every lane that has just grown. */
  readonly grew: (stream: StreamDefinition, lane: LaneStatus) => void;
}

/**
 * Takes a put's records in: resolves when they are durable, and with them what is to be remembered of their sender.
 * Rejects with `ServiceUnavailableException`, which every SDK retries, when there is no room.
 */
export function ingest(ports: IngestPorts) {
  return async (stream: StreamDefinition, records: RecordBlock, cursor?: Cursor): Promise<void> => {
    const lanes = lanesOf(stream);
    if (!hasRoom(ports, stream, records.data.length * lanes.length)) throw slowDown();
    await enter(ports, stream, { append: [{ lanes, records }], ...(cursor && { cursor }) });
  };
}

/** A record from a stream's own source. */
export interface SourcedRecord extends Arrived {
  readonly metadata: JsonObject;
}

/** Records from a stream's own source that came packed. */
export interface SourcedBlock extends RecordBlock {
  /** What its source says of one of its records. With a reason they go to the error output, and there is none. */
  readonly metadata?: (record: number) => JsonObject;
}

export interface SourceIngest {
  /** Throws what `take` would, when there is next to no room: so that nothing is read in vain. */
  expectRoom(stream: StreamDefinition): void;
  /**
   * Takes records of a stream's own source in, and with them how far it has been read: after a crash both are there, or
   * neither. Like `ingest` otherwise.
   */
  take(stream: StreamDefinition, records: readonly SourcedRecord[], cursor: Cursor): Promise<void>;
  /** The same for packed ones. */
  takeBlocks(stream: StreamDefinition, blocks: readonly SourcedBlock[], cursor: Cursor): Promise<void>;
}

type Cursor = NonNullable<Change['cursor']>;

export function sourceIngest(ports: IngestPorts & { readonly now: () => number }): SourceIngest {
  async function takeIn(stream: StreamDefinition, append: readonly Append[], cursor: Cursor): Promise<void> {
    const bytes = append.reduce((sum, { lanes, records: { data } }) => sum + data.length * lanes.length, 0);
    if (bytes > 0 && !hasRoom(ports, stream, bytes)) throw slowDown();
    // Its records have waited elsewhere; here they wait from now on.
    await enter(ports, stream, { now: ports.now(), append, cursor });
  }

  return {
    expectRoom(stream) {
      const bytes = Math.min(ROOM_MOST_BYTES, ports.room.usage().budgetBytes * ROOM_SHARE);
      if (!hasRoom(ports, stream, bytes)) throw slowDown();
    },

    take: async (stream, records, cursor) => takeIn(stream, sourceAppends(stream, records), cursor),
    takeBlocks: async (stream, blocks, cursor) => takeIn(stream, blockAppends(stream, blocks), cursor),
  };
}

/** Room worth reading for: this share of a small budget, and never more than this. */
const ROOM_SHARE = 1 / 64;
const ROOM_MOST_BYTES = 1024 * 1024;

function sourceAppends(stream: StreamDefinition, records: readonly SourcedRecord[]): readonly Append[] {
  const lanes = lanesOf(stream);
  if (!needsProcessing(stream)) return arrivalBlocks(records, lanes);
  const [process = '', ...backup] = lanes;
  const isTold = processorsOf(stream).some(({ Type }) => Type === 'Lambda');
  const fronted = records.map(({ arrivedAt, data, metadata }) => ({
    arrivedAt,
    data: withMetadata(data, isTold ? metadata : undefined),
  }));
  const appends = arrivalBlocks(fronted, [process]);
  return backup.length === 0 ? appends : [...appends, ...arrivalBlocks(records, backup)];
}

function blockAppends(stream: StreamDefinition, blocks: readonly SourcedBlock[]): readonly Append[] {
  const lanes = lanesOf(stream);
  const isProcessed = needsProcessing(stream);
  return blocks.flatMap((block): readonly Append[] => {
    const { reason } = block;
    if (reason !== undefined) {
      const lane = laneKey({ streamId: stream.id, stage: 'error', partition: reason.type });
      return [{ lanes: [lane], records: block }];
    }
    if (!isProcessed) return [{ lanes, records: block }];
    return sourceAppends(stream, recordsIn(block));
  });
}

function recordsIn({ arrivedAt, metadata, ...block }: SourcedBlock): readonly SourcedRecord[] {
  const records = eachRecord({ arrivedAt, ...block });
  return Array.from(records, (data, i) => ({ arrivedAt, data, metadata: metadata?.(i) ?? {} }));
}

function hasRoom({ room }: IngestPorts, { id }: StreamDefinition, bytes: number): boolean {
  return admits(room.usage(), room.heldBytes(id), bytes);
}

async function enter({ buffer, grew }: IngestPorts, stream: StreamDefinition, change: Change): Promise<void> {
  const grown = await buffer.commit(change).catch((error: unknown) => {
    throw error instanceof DeliveryError ? slowDown(error) : error;
  });
  for (const lane of grown) grew(stream, lane);
}

/** AWS's own words for a put it has no room for. */
function slowDown(cause?: unknown): ApiError {
  const error = new ApiError('ServiceUnavailableException', 'Slow down.', 503);
  if (cause !== undefined) error.cause = cause;
  return error;
}

const lanesOfStream = new WeakMap<StreamDefinition, readonly LaneKey[]>();

function lanesOf(stream: StreamDefinition): readonly LaneKey[] {
  let lanes = lanesOfStream.get(stream);
  if (lanes === undefined) {
    const stage = needsProcessing(stream) ? 'process' : 'deliver';
    const first = laneKey({ streamId: stream.id, stage, partition: '' });
    lanes = backsUpEverything(stream)
      ? [first, laneKey({ streamId: stream.id, stage: 'backup', partition: '' })]
      : [first];
    lanesOfStream.set(stream, lanes);
  }
  return lanes;
}
