import { ConfigError, DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { DestinationKind, StreamDefinition } from '../../core/streams.ts';
import { conversionOf } from '../../formats/conversion/format-options.ts';
import { conversionIn, tableNamed } from '../../formats/conversion/stream-table.ts';
import { kmsKeyIn } from '../../formats/kms-key.ts';
import { regionIn } from '../caller.ts';
import type { ApiContext } from '../context.ts';
import { DESTINATIONS } from '../destinations/index.ts';
import { invalidArgument } from '../invalid.ts';

export type Destination = StreamDefinition['destination'];

/** A validated configuration with its defaults, all of AWS's rules kept. Throws the error of the first that is not. */
export function settleDestination(kind: DestinationKind, config: JsonObject, region: string): Destination {
  const rules = DESTINATIONS[kind];
  const complete = rules.complete(config);
  rules.check(complete, { region });
  return { kind, config: complete };
}

/**
 * Refuses what AWS would do and this host cannot: encryption is done or refused, never ignored. Comes after AWS's own
 * rules.
 */
export function refuseImpossible(context: ApiContext, { kind, config }: Destination): void {
  const { strictDestinations, hasAdapter } = context.settings;
  refuseImpossibleEncryption(context, { kind, config });
  refuseImpossibleConversion(config);
  refuseImpossibleUrl(context, config);
  if (strictDestinations && !hasAdapter(kind)) {
    const problem = `Hydrant has no adapter for ${kind} destinations here, and runs with strict destinations.`;
    throw invalidArgument(problem + adviceFor(kind));
  }
}

function refuseImpossibleEncryption({ settings }: ApiContext, { kind, config }: Destination): void {
  for (const s3 of [config, config.S3Configuration, config.S3BackupConfiguration]) {
    const arn = isJsonObject(s3) ? kmsKeyIn(s3) : undefined;
    if (arn === undefined) continue;
    const by = settings.encryptedBy(arn);
    if (by === undefined) {
      throw invalidArgument(
        `Objects cannot be encrypted under the KMS key ${arn} here, because buckets are folders. Name the key ` +
          "under encryptionKeys in Hydrant's configuration file, leave out KMSEncryptionConfig, " +
          'or run Hydrant with an S3 endpoint for its buckets.',
      );
    }
    if (by === 'Hydrant' && kind === 'Redshift' && s3 === config.S3Configuration) {
      throw invalidArgument(
        `Redshift cannot copy objects that Hydrant encrypts itself, as it does under the KMS key ${arn}. ` +
          "Name another key in S3Configuration, or take this one out of encryptionKeys in Hydrant's configuration file.",
      );
    }
  }
}

/** The words are ours. */
function refuseImpossibleConversion(config: JsonObject): void {
  const conversion = conversionIn(config);
  if (conversion === undefined) return;
  try {
    conversionOf(conversion);
  } catch (error) {
    if (error instanceof ConfigError) throw invalidArgument(`${error.message}.`);
    throw error;
  }
}

/**
 * On AWS a table is looked up in Glue when a stream is created, and what Glue says is in the error. Comes last, after
 * all that can be said without asking anybody.
 */
export async function refuseUnknownTable({ settings }: ApiContext, stream: StreamDefinition): Promise<void> {
  const conversion = conversionIn(stream.destination.config);
  if (conversion === undefined) return;
  try {
    await settings.tables(tableNamed(conversion, regionIn(stream.arn)));
  } catch (error) {
    throw error instanceof DeliveryError ? invalidArgument(error.message) : error;
  }
}

/** AWS takes no plain HTTP; on this machine there is nobody to listen in. */
function refuseImpossibleUrl({ settings }: ApiContext, config: JsonObject): void {
  const url = urlIn(config);
  if (url === undefined) return;
  if (!URL.canParse(url)) throw invalidArgument(`The URL ${url} cannot be read.`);
  const reason = settings.refusesUrl(new URL(url));
  if (reason !== undefined) throw invalidArgument(reason);
}

/** Where records are sent over HTTP: to an endpoint, a collector, or a cluster. */
function urlIn(config: JsonObject): string | undefined {
  const { EndpointConfiguration: endpoint, HECEndpoint, ClusterEndpoint, CollectionEndpoint } = config;
  const url = isJsonObject(endpoint) ? endpoint.Url : (HECEndpoint ?? ClusterEndpoint ?? CollectionEndpoint);
  return typeof url === 'string' ? url : undefined;
}

/** For the operator, once the stream is stored. */
export function warnWithoutAdapter(context: ApiContext, { name, destination: { kind } }: StreamDefinition): void {
  if (context.settings.hasAdapter(kind)) return;
  context.warn(
    'There is no adapter for this destination; its records will go to its S3 backup with Hydrant.NoAdapter.' +
      adviceFor(kind),
    { stream: name, destination: kind },
  );
}

function adviceFor(kind: DestinationKind): string {
  if (kind !== 'Redshift') return '';
  return (
    ' Redshift reads buckets in S3: run Hydrant with --s3, ' +
    "or name what loads from folders under redshift in Hydrant's configuration file."
  );
}
