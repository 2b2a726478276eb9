import type { LaneStatus, RecordBuffer } from './buffer.ts';
import { ApiError, DeliveryError } from './errors.ts';
import { type LaneKey, laneKey } from './lanes.ts';
import { admits } from './policy.ts';
import type { RecordBlock } from './records.ts';
import { backsUpEverything, needsProcessing } from './settings.ts';
import type { StreamDefinition } from './streams.ts';

export interface IngestPorts {
  readonly buffer: RecordBuffer;
  /** Told of every lane that has just grown. */
  readonly grew: (stream: StreamDefinition, lane: LaneStatus) => void;
}

/**
 * Takes a put's records in: resolves when they are durable. Rejects with `ServiceUnavailableException`, which every SDK
 * retries, when there is no room.
 */
export function ingest({ buffer, grew }: IngestPorts) {
  return async (stream: StreamDefinition, records: RecordBlock): Promise<void> => {
    const lanes = lanesOf(stream);
    if (!admits(buffer.usage(), buffer.heldBytes(stream.id), records.data.length * lanes.length)) throw slowDown();
    const grown = await buffer.commit({ append: [{ lanes, records }] }).catch((error: unknown) => {
      throw error instanceof DeliveryError ? slowDown(error) : error;
    });
    for (const lane of grown) grew(stream, lane);
  };
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
