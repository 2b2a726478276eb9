import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/**
 * A stored configuration with an update laid over it. Members given replace what was and members left out stay, except
 * for a few blocks in which AWS was seen to merge member by member. The result is whole only if the stored one was: it
 * is for the shape to say.
 */
export function mergeUpdate(current: JsonObject, update: JsonObject): JsonObject {
  const members = Object.entries(update).map(([name, value]): [string, JsonValue | undefined] => {
    const storedName = STORED_NAME[name] ?? name;
    const was = current[storedName];
    const merge = MERGES[storedName];
    return [storedName, isJsonObject(was) && isJsonObject(value) && merge ? merge(was, value) : value];
  });
  const stays = Object.entries(current).filter(([name]) => {
    const other = EITHER_OR[name];
    return other === undefined || update[other] === undefined;
  });
  return { ...Object.fromEntries(stays), ...Object.fromEntries(members) };
}

/**
 * A cluster has one of these, so the one that is given takes the other's place. Not observed on AWS, but otherwise
 * nobody could go from one to the other.
 */
const EITHER_OR: Readonly<Record<string, string>> = { DomainARN: 'ClusterEndpoint', ClusterEndpoint: 'DomainARN' };

const STORED_NAME: Readonly<Record<string, string>> = {
  S3Update: 'S3Configuration',
  S3BackupUpdate: 'S3BackupConfiguration',
};

type Merge = (was: JsonObject, given: JsonObject) => JsonObject;

const memberwise: Merge = (was, given) => ({ ...was, ...given });

const MERGES: Readonly<Record<string, Merge>> = {
  S3Configuration: mergeUpdate,
  S3BackupConfiguration: mergeUpdate,
  BufferingHints: memberwise,
  CloudWatchLoggingOptions: memberwise,
  RetryOptions: memberwise,
  DynamicPartitioningConfiguration: memberwise,
  // A caller who cannot see the access key must be able to rename the endpoint without losing it. Not observed on AWS.
  EndpointConfiguration: memberwise,
  // Replaced whole, but for the switch: leaving out the processors removes them.
  ProcessingConfiguration: (was, given) => ({ Enabled: was.Enabled, ...given }),
  DataFormatConversionConfiguration: (was, given) => ({
    ...was,
    ...given,
    ...(isJsonObject(was.SchemaConfiguration) &&
      isJsonObject(given.SchemaConfiguration) && {
        SchemaConfiguration: { ...was.SchemaConfiguration, ...given.SchemaConfiguration },
      }),
  }),
};
