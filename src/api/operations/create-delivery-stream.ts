import { ApiError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DestinationKind, StreamDefinition } from '../../core/streams.ts';
import { streamArn } from '../caller.ts';
import type { ApiContext } from '../context.ts';
import { DESTINATION_KINDS } from '../destinations/index.ts';
import { invalidArgument } from '../invalid.ts';
import { operation } from '../operation.ts';
import { deliveryStreamName, deliveryStreamType } from '../shapes/common.ts';
import { httpEndpointDestinationConfiguration } from '../shapes/http-endpoint.ts';
import { icebergDestinationConfiguration } from '../shapes/iceberg.ts';
import { structure, type ValueOf } from '../shapes/index.ts';
import {
  openSearchDestinationConfiguration,
  openSearchServerlessDestinationConfiguration,
} from '../shapes/opensearch.ts';
import { redshiftDestinationConfiguration } from '../shapes/redshift.ts';
import { extendedS3DestinationConfiguration, s3DestinationConfiguration } from '../shapes/s3.ts';
import { snowflakeDestinationConfiguration } from '../shapes/snowflake.ts';
import {
  databaseSourceConfiguration,
  directPutSourceConfiguration,
  encryptionConfigurationInput,
  kinesisStreamSourceConfiguration,
  mskSourceConfiguration,
} from '../shapes/sources.ts';
import { splunkDestinationConfiguration } from '../shapes/splunk.ts';
import { tagList } from '../shapes/tags.ts';
import { refuseImpossible, refuseUnknownTable, settleDestination, warnWithoutAdapter } from '../streams/destination.ts';
import { cannotEncrypt, checkEncryption } from '../streams/encryption.ts';
import { hydrantExtensions, settleExtensions } from '../streams/extensions.ts';
import { checkTakesSource, settleSource } from '../streams/source.ts';
import { statusOf } from '../streams/status.ts';
import { mergeTags } from '../streams/tags.ts';

export const createDeliveryStreamInput = structure(
  {
    DeliveryStreamName: deliveryStreamName,
    DeliveryStreamType: deliveryStreamType,
    DirectPutSourceConfiguration: directPutSourceConfiguration,
    KinesisStreamSourceConfiguration: kinesisStreamSourceConfiguration,
    DeliveryStreamEncryptionConfigurationInput: encryptionConfigurationInput,
    S3DestinationConfiguration: s3DestinationConfiguration,
    ExtendedS3DestinationConfiguration: extendedS3DestinationConfiguration,
    RedshiftDestinationConfiguration: redshiftDestinationConfiguration,
    ElasticsearchDestinationConfiguration: openSearchDestinationConfiguration,
    AmazonopensearchserviceDestinationConfiguration: openSearchDestinationConfiguration,
    SplunkDestinationConfiguration: splunkDestinationConfiguration,
    HttpEndpointDestinationConfiguration: httpEndpointDestinationConfiguration,
    Tags: tagList,
    AmazonOpenSearchServerlessDestinationConfiguration: openSearchServerlessDestinationConfiguration,
    MSKSourceConfiguration: mskSourceConfiguration,
    SnowflakeDestinationConfiguration: snowflakeDestinationConfiguration,
    IcebergDestinationConfiguration: icebergDestinationConfiguration,
    DatabaseSourceConfiguration: databaseSourceConfiguration,
    Hydrant: hydrantExtensions,
  },
  ['DeliveryStreamName'],
);

type Input = ValueOf<typeof createDeliveryStreamInput>;

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html */
export const createDeliveryStream = operation(createDeliveryStreamInput, async (context, given, region) => {
  const definition = definitionOf(context, given, region);
  await checkQuota(context, definition);
  await refuseUnknownTable(context, definition);
  let replaced: StreamDefinition | undefined;
  await context.streams.change(definition.name, (current) => {
    if (current !== undefined && statusOf(current, context.now()) !== 'GONE') throw alreadyExists(context, current);
    replaced = current;
    return definition;
  });
  // A deleted stream of this name whose time had come: nobody has asked for it since, so nobody has cleared up after
  // it.
  if (replaced !== undefined) await context.discard(replaced);
  warnWithoutAdapter(context, definition);
  context.changed(definition);
  return { DeliveryStreamARN: definition.arn };
});

/** All rules first, in the order stream, source, encryption, destination; then what this host cannot do. */
function definitionOf(context: ApiContext, given: Input, region: string): StreamDefinition {
  const { accountId, transitionMs } = context.settings;
  const name = given.DeliveryStreamName;
  const type = given.DeliveryStreamType ?? 'DirectPut';
  const [kind, config] = chosenDestination(given);
  const source = settleSource(type, given);
  checkTakesSource(kind, type);
  const encryption = given.DeliveryStreamEncryptionConfigurationInput;
  if (encryption !== undefined) checkEncryption(encryption, { type, region });
  const destination = settleDestination(kind, config, region);
  if (encryption !== undefined) throw cannotEncrypt();
  refuseImpossible(context, destination);
  const extensions = settleExtensions(given.Hydrant, destination);
  const now = context.now();
  return {
    id: context.newStreamId(),
    name,
    arn: streamArn({ region, accountId, name }),
    type,
    version: 1,
    createdAt: now,
    activeAt: now + transitionMs,
    ...(source && { source }),
    destination,
    tags: mergeTags([], given.Tags ?? []),
    ...(extensions && { extensions }),
  };
}

/** The plain S3 configuration is a legacy form of the extended one. */
function chosenDestination(given: Input): [DestinationKind, JsonObject] {
  const legacy = given.S3DestinationConfiguration;
  if (legacy !== undefined && given.ExtendedS3DestinationConfiguration !== undefined) {
    throw invalidArgument(
      'Exactly one of S3DestinationConfiguration or ExtendedS3DestinationConfiguration must be specified.',
    );
  }
  const chosen = DESTINATION_KINDS.flatMap((kind): [DestinationKind, JsonObject][] => {
    const config = given[`${kind}DestinationConfiguration`];
    return config === undefined ? [] : [[kind, config]];
  });
  if (legacy !== undefined) chosen.push(['ExtendedS3', legacy]);
  const [first] = chosen;
  if (first === undefined || chosen.length > 1) {
    throw invalidArgument('Exactly one destination configuration is supported for a Firehose');
  }
  return first;
}

/** Of a name that is taken, that it is taken is said, which callers who create what may be there already look for. */
async function checkQuota(context: ApiContext, { name: wanted }: StreamDefinition): Promise<void> {
  const { streamQuota } = context.settings;
  const streams = await context.streams.list();
  if (streams.length < streamQuota) return;
  const names = streams.filter((stream) => statusOf(stream, context.now()) !== 'GONE').map(({ name }) => name);
  if (names.length < streamQuota || names.includes(wanted)) return;
  throw new ApiError(
    'LimitExceededException',
    `You have already consumed your firehose quota of ${streamQuota} hoses. Firehose names: [${names.join(', ')}]`,
  );
}

function alreadyExists(context: ApiContext, { name }: StreamDefinition): ApiError {
  const message = `Firehose ${name} under accountId ${context.settings.accountId} already exists`;
  return new ApiError('ResourceInUseException', message);
}
