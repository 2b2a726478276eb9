import type { Destination } from './destination.ts';
import type { JsonObject } from './json.ts';
import { type Lane, type LaneKey, laneKey } from './lanes.ts';
import type { FailureReason } from './records.ts';
import { backupConfigOf, errorConfigOf, needsProcessing, processorsOf, REFUSED_BY_DESTINATION } from './settings.ts';
import type { DestinationKind, StreamDefinition } from './streams.ts';

/** Where a lane's batches go: an adapter with its configuration, another lane, or nowhere in this version and why. */
export type Route =
  | Destined
  | { readonly onward: LaneKey }
  | { readonly impossible: Pick<FailureReason, 'type' | 'code' | 'message'> };

export interface Destined {
  readonly destination: Destination;
  readonly config: JsonObject;
  readonly extensions?: JsonObject;
  readonly errorOutputType?: string;
}

export interface Adapters {
  /** Writes objects, for S3 destinations and for the backup and error stages of every stream. */
  readonly s3: Destination;
  /** The adapters of all other kinds. */
  readonly others: ReadonlyMap<DestinationKind, Destination>;
}

/**
 * Records that cannot be handled as their stream's definition says go to the error output with the reason, never to the
 * destination in another form than was asked for.
 */
export function routeOf(stream: StreamDefinition, lane: Lane, adapters: Adapters): Route {
  switch (lane.stage) {
    case 'error':
      return { destination: adapters.s3, config: errorConfigOf(stream), errorOutputType: lane.partition };
    case 'backup':
      return { destination: adapters.s3, config: backupConfigOf(stream) };
    case 'process':
      // An update may have taken the processors away while records waited for them.
      if (!needsProcessing(stream)) return { onward: laneKey({ ...lane, stage: 'deliver' }) };
      return { impossible: cannotProcess(stream) };
    case 'deliver':
      return deliveryOf(stream, adapters);
  }
}

function deliveryOf(stream: StreamDefinition, adapters: Adapters): Route {
  const { kind, config } = stream.destination;
  const { extensions } = stream;
  if (isEnabled(config.DataFormatConversionConfiguration)) {
    return {
      impossible: {
        type: 'format-conversion-failed',
        code: 'Hydrant.NoFormatConversion',
        message: 'This version of Hydrant does not convert record formats.',
      },
    };
  }
  const destination = kind === 'ExtendedS3' ? adapters.s3 : adapters.others.get(kind);
  if (destination !== undefined) return { destination, config, ...(extensions && { extensions }) };
  return {
    impossible: {
      type: REFUSED_BY_DESTINATION[kind],
      code: 'Hydrant.NoAdapter',
      message: `This version of Hydrant has no adapter for ${kind} destinations.`,
    },
  };
}

function cannotProcess(stream: StreamDefinition): Pick<FailureReason, 'type' | 'code' | 'message'> {
  const types = processorsOf(stream).map(({ Type }) => Type);
  return {
    type: 'processing-failed',
    code: 'Hydrant.NoProcessor',
    message: `This version of Hydrant has no processor for ${types.join(', ')}.`,
  };
}

function isEnabled(block: unknown): boolean {
  return typeof block === 'object' && block !== null && 'Enabled' in block && block.Enabled === true;
}
