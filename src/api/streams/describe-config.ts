import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/**
 * A stored destination configuration as its description shows it: some members have other names there, and secrets
 * never come back.
 */
export function describeConfig(config: JsonObject): JsonObject {
  const members = Object.entries(config).flatMap(([name, value]): [string, JsonValue][] => {
    if (value === undefined || SECRETS.has(name)) return [];
    const describe = DESCRIBED[name];
    return describe === undefined || !isJsonObject(value) ? [[name, value]] : [describe(value)];
  });
  return Object.fromEntries(members);
}

/** The members that a plain S3 description has. */
export function describeS3(config: JsonObject): JsonObject {
  return Object.fromEntries(S3_MEMBERS.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]]])));
}

/** The descriptions have no such members. Splunk's HECToken does come back, as on AWS. */
const SECRETS = new Set(['Password', 'AccessKey', 'PrivateKey', 'KeyPassphrase']);

const S3_MEMBERS = [
  'RoleARN',
  'BucketARN',
  'Prefix',
  'ErrorOutputPrefix',
  'BufferingHints',
  'CompressionFormat',
  'EncryptionConfiguration',
  'CloudWatchLoggingOptions',
] as const;

const DESCRIBED: Readonly<Record<string, (value: JsonObject) => [string, JsonValue]>> = {
  S3Configuration: (value) => ['S3DestinationDescription', value],
  S3BackupConfiguration: (value) => ['S3BackupDescription', value],
  VpcConfiguration: (value) => ['VpcConfigurationDescription', value],
  EndpointConfiguration: (value) => ['EndpointConfiguration', describeConfig(value)],
  ProcessingConfiguration: (value) => ['ProcessingConfiguration', describeProcessing(value)],
};

/** Observed on AWS: AppendDelimiterToRecord's parameters come back as an empty list, since they change nothing. */
function describeProcessing(processing: JsonObject): JsonObject {
  if (!Array.isArray(processing.Processors)) return processing;
  const Processors = processing.Processors.map((processor: JsonValue) =>
    isJsonObject(processor) && processor.Type === 'AppendDelimiterToRecord'
      ? { ...processor, Parameters: [] }
      : processor,
  );
  return { ...processing, Processors };
}
