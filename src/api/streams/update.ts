import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../core/json.ts';
import type { DestinationKind, StreamDefinition } from '../../core/streams.ts';
import { regionIn } from '../caller.ts';
import { DESTINATIONS } from '../destinations/index.ts';
import { invalidArgument } from '../invalid.ts';
import { type ValueOf, validate } from '../shapes/index.ts';
import { type Destination, settleDestination } from './destination.ts';
import { type hydrantExtensions, settleExtensions } from './extensions.ts';
import { mergeUpdate } from './merge-update.ts';
import { checkTakesSource } from './source.ts';
import { checkSwitches } from './switches.ts';

export interface Update {
  readonly kind: DestinationKind;
  readonly config: JsonObject;
  readonly extensions?: ValueOf<typeof hydrantExtensions>;
}

/**
 * The stream as the update leaves it: the same object when the update changes nothing. Throws AWS's error for an update
 * that may not be.
 */
export function updated(stream: StreamDefinition, update: Update, now: number): StreamDefinition {
  const destination = updatedDestination(stream, update);
  const extensions = settleExtensions(update.extensions ?? stream.extensions, destination);
  if (isDeepStrictEqual([destination, extensions], [stream.destination, stream.extensions])) return stream;
  const { extensions: _, ...others } = stream;
  return {
    ...others,
    version: stream.version + 1,
    updatedAt: now,
    destination,
    ...(extensions && { extensions }),
  };
}

function updatedDestination(stream: StreamDefinition, update: Update): Destination {
  const { kind, config } = stream.destination;
  const region = regionIn(stream.arn);
  if (!isSameService(kind, update.kind)) return otherDestination(stream, update, region);
  const merged = mergeUpdate(config, update.config);
  checkSwitches(kind, config, merged);
  // What was stored and what was given satisfy their shapes, so what they make together does.
  return settleDestination(kind, merged, region);
}

/** A destination of another type starts from nothing: everything must be given. */
function otherDestination(stream: StreamDefinition, update: Update, region: string): Destination {
  const fixed = [stream.destination.kind, update.kind].find((kind) => CANNOT_CHANGE.has(kind));
  if (fixed !== undefined) {
    throw invalidArgument(`Changing the destination type to or from ${fixed} is not supported at this time.`);
  }
  checkTakesSource(update.kind, stream.type);
  const given = mergeUpdate({}, update.config);
  const whole = validate(DESTINATIONS[update.kind].configuration, given, updateName(update.kind));
  return settleDestination(update.kind, whole as JsonObject, region); // A structure's value is an object.
}

function updateName(kind: DestinationKind): string {
  return `${kind.charAt(0).toLowerCase()}${kind.slice(1)}DestinationUpdate`;
}

/** Observed on AWS for Elasticsearch and HTTP endpoints; the reference says the same of OpenSearch. */
const CANNOT_CHANGE: ReadonlySet<DestinationKind> = new Set<DestinationKind>([
  'Elasticsearch',
  'Amazonopensearchservice',
  'AmazonOpenSearchServerless',
  'HttpEndpoint',
]);

/** Elasticsearch is the older name of Amazon OpenSearch Service, with the same members. */
function isSameService(a: DestinationKind, b: DestinationKind): boolean {
  const service = (kind: DestinationKind) => (kind === 'Elasticsearch' ? 'Amazonopensearchservice' : kind);
  return service(a) === service(b);
}
