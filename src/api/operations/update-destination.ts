import { ApiError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DestinationKind, StreamDefinition } from '../../core/streams.ts';
import type { ApiContext } from '../context.ts';
import { DESTINATION_KINDS } from '../destinations/index.ts';
import { invalidArgument } from '../invalid.ts';
import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { httpEndpointDestinationUpdate } from '../shapes/http-endpoint.ts';
import { icebergDestinationUpdate } from '../shapes/iceberg.ts';
import { string, structure, type ValueOf } from '../shapes/index.ts';
import { openSearchDestinationUpdate, openSearchServerlessDestinationUpdate } from '../shapes/opensearch.ts';
import { redshiftDestinationUpdate } from '../shapes/redshift.ts';
import { extendedS3DestinationUpdate, s3DestinationUpdate } from '../shapes/s3.ts';
import { snowflakeDestinationUpdate } from '../shapes/snowflake.ts';
import { splunkDestinationUpdate } from '../shapes/splunk.ts';
import { DESTINATION_ID } from '../streams/describe.ts';
import { refuseImpossible, refuseUnknownTable, warnWithoutAdapter } from '../streams/destination.ts';
import { hydrantExtensions } from '../streams/extensions.ts';
import { changeStream, checkActive, findStream } from '../streams/find.ts';
import { updated } from '../streams/update.ts';

export const updateDestinationInput = structure(
  {
    DeliveryStreamName: deliveryStreamName,
    CurrentDeliveryStreamVersionId: string({ min: 1, max: 50, pattern: '[0-9]+' }),
    DestinationId: string({ min: 1, max: 100, pattern: '[a-zA-Z0-9-]+' }),
    S3DestinationUpdate: s3DestinationUpdate,
    ExtendedS3DestinationUpdate: extendedS3DestinationUpdate,
    RedshiftDestinationUpdate: redshiftDestinationUpdate,
    ElasticsearchDestinationUpdate: openSearchDestinationUpdate,
    AmazonopensearchserviceDestinationUpdate: openSearchDestinationUpdate,
    SplunkDestinationUpdate: splunkDestinationUpdate,
    HttpEndpointDestinationUpdate: httpEndpointDestinationUpdate,
    AmazonOpenSearchServerlessDestinationUpdate: openSearchServerlessDestinationUpdate,
    SnowflakeDestinationUpdate: snowflakeDestinationUpdate,
    IcebergDestinationUpdate: icebergDestinationUpdate,
    Hydrant: hydrantExtensions,
  },
  ['DeliveryStreamName', 'CurrentDeliveryStreamVersionId', 'DestinationId'],
);

type Input = ValueOf<typeof updateDestinationInput>;

/**
 * A failed update leaves everything as it was; one that changes nothing succeeds and leaves the version.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_UpdateDestination.html
 */
export const updateDestination = operation(updateDestinationInput, async (context, given) => {
  const seen = await findStream(context, given.DeliveryStreamName);
  const next = nextOf(context, given, seen);
  // A table is looked up before the stream is held; who changes it meanwhile changes its version, which is checked.
  if (next !== seen) await refuseUnknownTable(context, next);
  let before: StreamDefinition | undefined;
  const after = await changeStream(context, given.DeliveryStreamName, (current) => {
    before = current;
    return nextOf(context, given, current);
  });
  if (after === undefined || after === before) return {};
  if (after.destination.kind !== before?.destination.kind) warnWithoutAdapter(context, after);
  context.changed(after);
  return {};
});

/** The stream as the update leaves it; the same when that changes nothing. */
function nextOf(context: ApiContext, given: Input, current: StreamDefinition): StreamDefinition {
  checkActive(current, context.now(), 'update');
  checkVersion(current, given.CurrentDeliveryStreamVersionId);
  if (given.DestinationId !== DESTINATION_ID) {
    throw invalidArgument(`Destination Id ${given.DestinationId} not found`);
  }
  const [kind, config] = chosenUpdate(given, current);
  const next = updated(current, { kind, config, ...(given.Hydrant && { extensions: given.Hydrant }) }, context.now());
  refuseImpossible(context, next.destination);
  return next;
}

function checkVersion({ name, version }: StreamDefinition, given: string): void {
  if (given === String(version)) return;
  throw new ApiError(
    'ConcurrentModificationException',
    `Cannot update firehose: ${name} since the current version id: ${version} and specified version id: ${given} ` +
      'do not match',
  );
}

function chosenUpdate(given: Input, current: StreamDefinition): [DestinationKind, JsonObject] {
  const legacy = given.S3DestinationUpdate;
  if (legacy !== undefined && given.ExtendedS3DestinationUpdate !== undefined) {
    throw invalidArgument('Exactly one of s3DestinationUpdate or extendedS3DestinationUpdate must be specified.');
  }
  const chosen = DESTINATION_KINDS.flatMap((kind): [DestinationKind, JsonObject][] => {
    const config = given[`${kind}DestinationUpdate`];
    return config === undefined ? [] : [[kind, config]];
  });
  if (legacy !== undefined) chosen.push(['ExtendedS3', legacy]);
  if (chosen.length > 1) throw invalidArgument('Exactly one destination configuration is supported for a Firehose');
  const [first] = chosen;
  if (first !== undefined) return first;
  // Our own extensions may be changed alone.
  if (given.Hydrant !== undefined) return [current.destination.kind, {}];
  throw invalidArgument('At least one destination or source configuration update must be provided');
}
