import type { Destination } from './destination.ts';
import type { JsonObject } from './json.ts';
import type { Lane, Stage } from './lanes.ts';
import type { FailureReason } from './records.ts';
import { backupConfigOf, errorConfigOf, REFUSED_BY_DESTINATION } from './settings.ts';
import type { DestinationKind, StreamDefinition } from './streams.ts';

/** Where a lane's batches go: an adapter with its configuration, or nowhere in this version and why. */
export type Route = Destined | { readonly impossible: Pick<FailureReason, 'type' | 'code' | 'message'> };

export interface Destined {
  readonly destination: Destination;
  readonly config: JsonObject;
  readonly extensions?: JsonObject;
  readonly errorOutputType?: string;
  readonly partition?: string;
}

/** A lane whose batches leave; the others are processed. */
export interface DeliveryLane extends Lane {
  readonly stage: Exclude<Stage, 'process'>;
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
export function routeOf(stream: StreamDefinition, lane: DeliveryLane, adapters: Adapters): Route {
  switch (lane.stage) {
    case 'error':
      return { destination: adapters.s3, config: errorConfigOf(stream), errorOutputType: lane.partition };
    case 'backup':
      return { destination: adapters.s3, config: backupConfigOf(stream), ...delimiterOf(stream) };
    case 'deliver':
      return deliveryOf(stream, lane, adapters);
  }
}

function deliveryOf(stream: StreamDefinition, { partition }: Lane, adapters: Adapters): Route {
  const { kind, config } = stream.destination;
  const { extensions } = stream;
  const destination = kind === 'ExtendedS3' ? adapters.s3 : adapters.others.get(kind);
  if (destination !== undefined) {
    return { destination, config, ...(extensions && { extensions }), ...(partition !== '' && { partition }) };
  }
  return {
    impossible: {
      type: REFUSED_BY_DESTINATION[kind],
      code: 'Hydrant.NoAdapter',
      message: `Hydrant has no adapter for ${kind} destinations here.`,
    },
  };
}

/** Of our extensions only the delimiter concerns a backup too. */
function delimiterOf({ extensions }: StreamDefinition): Pick<Destined, 'extensions'> {
  const Delimiter = extensions?.Delimiter;
  return Delimiter === undefined ? {} : { extensions: { Delimiter } };
}
