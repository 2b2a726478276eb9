import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import { describeConfig, describeS3 } from './describe-config.ts';
import { statusOf } from './status.ts';

/** A stream has one destination, and all of AWS's were seen to have this id. */
export const DESTINATION_ID = 'destinationId-000000000001';

/** Hydrant's extensions are described as `Hydrant`, and only where there are any. */
export function describeStream(stream: StreamDefinition, now: number): JsonObject {
  const source = describeSource(stream);
  return {
    DeliveryStreamName: stream.name,
    DeliveryStreamARN: stream.arn,
    DeliveryStreamStatus: statusOf(stream, now),
    // Observed on AWS: absent for a stream that has a source of its own.
    ...(stream.type === 'DirectPut' && { DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' } }),
    DeliveryStreamType: stream.type,
    VersionId: String(stream.version),
    CreateTimestamp: seconds(stream.createdAt),
    ...(stream.updatedAt !== undefined && { LastUpdateTimestamp: seconds(stream.updatedAt) }),
    ...(source && { Source: source }),
    Destinations: [{ DestinationId: DESTINATION_ID, ...describeDestination(stream) }],
    HasMoreDestinations: false,
    ...(stream.extensions && { Hydrant: stream.extensions }),
  };
}

/** Observed on AWS: an S3 destination is described twice, whichever of the two configurations made it. */
function describeDestination({ destination: { kind, config } }: StreamDefinition): JsonObject {
  const description = { [`${kind}DestinationDescription`]: describeConfig(config) };
  return kind === 'ExtendedS3' ? { S3DestinationDescription: describeS3(config), ...description } : description;
}

/** `KinesisStreamSourceConfiguration` is described as `KinesisStreamSourceDescription`, and so on. */
function describeSource(stream: StreamDefinition): JsonObject | undefined {
  const entry = Object.entries(stream.source ?? {})[0];
  if (entry === undefined) return undefined;
  const [member, config] = entry;
  const start = deliveryStart(stream);
  const description: JsonValue = {
    ...(isJsonObject(config) && config),
    ...(start !== undefined && { DeliveryStartTimestamp: seconds(start) }),
  };
  return { [member.replace('Configuration', 'Description')]: description };
}

/** Observed on AWS: what was written to a Kinesis stream while its delivery stream was CREATING is delivered too. */
function deliveryStart({ type, createdAt, activeAt }: StreamDefinition): number | undefined {
  if (type === 'KinesisStreamAsSource') return createdAt;
  return type === 'MSKAsSource' ? activeAt : undefined;
}

/** Times are seconds since the epoch on the wire. */
function seconds(ms: number): number {
  return ms / 1_000;
}
