import { dirname, resolve } from 'node:path';
import type { FileSettings } from '../../destinations/file/places.ts';
import { ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { checkedSchema, type TableSchema } from '../formats/conversion/converter.ts';
import type { KnownClusters } from '../host/clusters.ts';
import type { KeyHolding } from '../host/encryption-keys.ts';
import type { LambdaApiSettings } from '../host/functions/lambda-api.ts';
import type { GlueSettings } from '../host/glue/glue-api.ts';
import type { SecretReference } from '../host/secret-reference.ts';
import type { SecretsManagerSettings } from '../host/secrets-manager-api.ts';
import type { S3Settings } from '../objects/s3.ts';
import { cluster, clusterNames, clusterWithin } from './cluster-settings.ts';
import { encryptionKey, holdingWithin, kmsKeyArns } from './encryption-key-settings.ts';
import type { LocalModule } from './functions/local-function.ts';
import type { LogLevel } from './hydrant-config.ts';
import { type KafkaCluster, kafkaCluster, kafkaClusterArns, kafkaClusterWithin } from './kafka-settings.ts';
import { type ConfiguredKey, configuredKey } from './keys/key-settings.ts';
import type { KinesisSettings } from './kinesis/kinesis-client.ts';
import { type RedshiftSettings, redshift } from './redshift-settings.ts';
import { secretReference, secretWithin } from './secret-settings.ts';
import {
  durationMs,
  httpUrl,
  listOf,
  mapOf,
  members,
  oneOf,
  reasonOf,
  region,
  type Setting,
  sizeBytes,
  text,
  textLike,
  wholeNumber,
  yesOrNo,
} from './setting.ts';
import type { Concurrency } from './slots.ts';
import { type SourceSettings, sources, sourcesWithin } from './sources/source-settings.ts';

/** A stream's CreateDeliveryStream input. What is inside is for the API to judge. */
const streamInput: Setting<JsonObject> = (given, path) => {
  if (isJsonObject(given)) return given;
  throw new ConfigError(path, 'must be an object, the input of CreateDeliveryStream.');
};

const LEAST_BUDGET_BYTES = 64 * 1024 * 1024;
const LONGEST_TRANSITION_MS = 3_600_000;

const endpoint = httpUrl('the URL of a store that speaks S3, such as http://127.0.0.1:9000');

const s3Members = members({ endpoint, region, pathStyle: yesOrNo, sse: oneOf('AES256') });
const s3: Setting<ReturnType<typeof s3Members> | undefined> = (given, path) => {
  if (typeof given === 'boolean') return given ? {} : undefined;
  return s3Members(given, path);
};

const MIB = 1024 * 1024;
const LONGEST_CALL_MS = 5 * 60_000;
const LEAST_MEMORY_BYTES = 16 * MIB;
const CALLS_MOST = 64;

const functionMembers = members({
  module: text,
  timeout: durationMs(LONGEST_CALL_MS),
  memory: sizeBytes(LEAST_MEMORY_BYTES),
  concurrency: wholeNumber(1, CALLS_MOST),
});

/** A path alone is a module with every other member left to its default. */
const localFunction: Setting<LocalModule> = (given, path) => {
  const { module, timeout, memory, concurrency } = functionMembers(
    typeof given === 'string' ? { module: given } : given,
    path,
  );
  if (module === undefined) throw new ConfigError(`${path}.module`, 'is missing: the path of the module.');
  return {
    file: module,
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(memory !== undefined && { memoryMb: Math.ceil(memory / MIB) }),
    ...(concurrency !== undefined && { concurrency }),
  };
};

const functionNames = {
  pattern: /^[a-zA-Z0-9_-]{1,64}$/,
  described: "a Lambda function's: up to 64 letters, digits, _ and -",
};

const columnMembers = members({ name: text, type: text });
const column: Setting<TableSchema['columns'][number]> = (given, path) => {
  const { name, type } = columnMembers(given, path);
  if (name === undefined || type === undefined) throw new ConfigError(path, 'must have a name and a type.');
  return { name, type };
};

const schemaMembers = members({ columns: listOf(column) });
const schema: Setting<TableSchema> = (given, path) => {
  const { columns = [] } = schemaMembers(given, path);
  try {
    return checkedSchema({ columns });
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(`${path}.${error.field}`, reasonOf(error)) : error;
  }
};

const tableNames = { pattern: /^[^\s.]+\.[^\s.]+$/, described: "a database's and a table's, as in shop.orders" };

const schemes = {
  pattern: /^(?!https?$|file$|stdout$)[a-z][a-z0-9+-]*$/,
  described: 'a scheme of its own: lower case letters, digits, + and -',
};

const LEAST_FILE_BYTES = 1024;
const LONGEST_FILE_MS = 366 * 86_400_000;
const FILE_BYTES = 128 * MIB;
const FILE_MS = 3_600_000;

const filesMembers = members({
  folders: listOf(text),
  rotateSize: sizeBytes(LEAST_FILE_BYTES),
  rotateInterval: durationMs(LONGEST_FILE_MS),
});
const files: Setting<FileSettings> = (given, path) => {
  const { folders = [], rotateSize = FILE_BYTES, rotateInterval = FILE_MS } = filesMembers(given, path);
  if (folders.length === 0)
    throw new ConfigError(`${path}.folders`, 'must name a folder that files may be written to.');
  return { folders, rotateBytes: rotateSize, rotateMs: rotateInterval };
};

const DELIVERIES_MOST = 256;
const deliveriesMembers = members({
  atOnce: wholeNumber(1, DELIVERIES_MOST),
  perStream: wholeNumber(1, DELIVERIES_MOST),
});
const deliveries: Setting<Partial<Concurrency>> = (given, path) => {
  const { atOnce, perStream } = deliveriesMembers(given, path);
  return { ...(atOnce !== undefined && { total: atOnce }), ...(perStream !== undefined && { perStream }) };
};

const secretNames = { pattern: /^arn:[^\s]+$/, described: "the secret's ARN" };

const lambdaEndpoint = httpUrl("the URL of what speaks Lambda's API, such as http://127.0.0.1:3002");
const lambdaMembers = members({ endpoint: lambdaEndpoint });
const lambda: Setting<ReturnType<typeof lambdaMembers> | undefined> = (given, path) => {
  if (typeof given === 'boolean') return given ? {} : undefined;
  return lambdaMembers(given, path);
};

const kinesisEndpoint = httpUrl("the URL of what speaks Kinesis' API, such as http://127.0.0.1:4567");
const kinesisMembers = members({ endpoint: kinesisEndpoint, region });
const kinesis: Setting<ReturnType<typeof kinesisMembers> | undefined> = (given, path) => {
  if (typeof given === 'boolean') return given ? {} : undefined;
  return kinesisMembers(given, path);
};

const glueEndpoint = httpUrl("the URL of what speaks Glue's API, such as http://127.0.0.1:5000");
const glueMembers = members({ endpoint: glueEndpoint });
const glue: Setting<ReturnType<typeof glueMembers> | undefined> = (given, path) => {
  if (typeof given === 'boolean') return given ? {} : undefined;
  return glueMembers(given, path);
};

const secretsEndpoint = httpUrl("the URL of what speaks Secrets Manager's API, such as http://127.0.0.1:5000");
const secretsManagerMembers = members({ endpoint: secretsEndpoint });
const secretsManager: Setting<ReturnType<typeof secretsManagerMembers> | undefined> = (given, path) => {
  if (typeof given === 'boolean') return given ? {} : undefined;
  return secretsManagerMembers(given, path);
};

/** Each setting by its name in a configuration file. */
export const SETTINGS = {
  port: wholeNumber(0, 65_535),
  host: text,
  data: text,
  bufferBudget: sizeBytes(LEAST_BUDGET_BYTES),
  fsync: oneOf('always', 'interval'),
  accountId: textLike(/^\d{12}$/, 'twelve digits'),
  region,
  transition: durationMs(LONGEST_TRANSITION_MS),
  strictDestinations: yesOrNo,
  plainHttp: yesOrNo,
  s3,
  functions: mapOf(localFunction, functionNames),
  lambda,
  kinesis,
  sources,
  kafka: mapOf(kafkaCluster, kafkaClusterArns),
  glue,
  redshift,
  schemas: mapOf(schema, tableNames),
  destinations: mapOf(text, schemes),
  files,
  stdout: yesOrNo,
  secrets: mapOf(secretReference, secretNames),
  secretsManager,
  encryptionKeys: mapOf(encryptionKey, kmsKeyArns),
  deliveries,
  keys: listOf(configuredKey),
  opensearch: mapOf(cluster, clusterNames),
  logLevel: oneOf<LogLevel>('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  insecure: yesOrNo,
  streams: listOf(streamInput),
};

const readMembers = members(SETTINGS);

/** Settings as read from a file or the command line, checked but without defaults. */
export type GivenSettings = ReturnType<typeof readMembers>;

/** What a configuration file holds, checked. Paths in it are relative to the file. */
export function settingsIn(config: unknown, file: string): GivenSettings {
  if (!isJsonObject(config)) throw new ConfigError(file, 'must hold an object, the configuration.');
  const given = readMembers(config, '');
  const { data, functions, destinations, files, secrets, encryptionKeys, keys, opensearch, kafka } = given;
  const within = (path: string): string => resolve(dirname(file), path);
  return {
    ...given,
    ...(data !== undefined && { data: within(data) }),
    ...(functions !== undefined && {
      functions: mapped(functions, (module) => ({ ...module, file: within(module.file) })),
    }),
    ...(destinations !== undefined && { destinations: mapped(destinations, within) }),
    ...(files !== undefined && { files: { ...files, folders: files.folders.map(within) } }),
    ...(given.sources !== undefined && { sources: sourcesWithin(given.sources, within) }),
    ...(secrets !== undefined && { secrets: mapped(secrets, (secret) => secretWithin(secret, within)) }),
    ...(keys !== undefined && { keys: keys.map((key) => ({ ...key, secret: secretWithin(key.secret, within) })) }),
    ...(opensearch !== undefined && { opensearch: mapped(opensearch, (one) => clusterWithin(one, within)) }),
    ...(kafka !== undefined && { kafka: mapped(kafka, (one) => kafkaClusterWithin(one, within)) }),
    ...(encryptionKeys !== undefined && {
      encryptionKeys: mapped(encryptionKeys, (key) => holdingWithin(key, within)),
    }),
  };
}

function mapped<T>(all: Readonly<Record<string, T>>, change: (one: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}

/** Everything `hydrant serve` needs to know. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly dataFolder: string;
  /** Absent: a share of what is free on the disk. */
  readonly bufferBudgetBytes?: number;
  readonly fsync: 'always' | 'interval';
  readonly accountId: string;
  readonly region: string;
  readonly transitionMs: number;
  readonly strictDestinations: boolean;
  readonly plainHttp: boolean;
  /** Absent: buckets are folders. */
  readonly s3?: S3Settings;
  readonly functions: Readonly<Record<string, LocalModule>>;
  readonly tables: Readonly<Record<string, TableSchema>>;
  readonly secrets: Readonly<Record<string, SecretReference>>;
  /** Modules of the user's own destinations, by scheme. */
  readonly destinationFiles: Readonly<Record<string, string>>;
  /** Absent: streams may write no files. */
  readonly files?: FileSettings;
  readonly stdout: boolean;
  readonly opensearch: KnownClusters;
  readonly encryptionKeys: Readonly<Record<string, KeyHolding>>;
  /** Absent: only local functions can be called. */
  readonly lambda?: LambdaApiSettings;
  /** Absent: streams are not fed from Kinesis. */
  readonly kinesis?: KinesisSettings;
  readonly sources: SourceSettings;
  readonly kafka: Readonly<Record<string, KafkaCluster>>;
  /** Absent: only tables of the configuration are known. */
  readonly glue?: GlueSettings;
  /** Absent: streams for Redshift are not loaded. */
  readonly redshift?: RedshiftSettings;
  /** Absent: only secrets of the configuration are known. */
  readonly secretsManager?: SecretsManagerSettings;
  readonly deliveries: Partial<Concurrency>;
  readonly keys: readonly ConfiguredKey[];
  readonly logLevel: LogLevel;
  readonly insecure: boolean;
  readonly streams: readonly JsonObject[];
}

/** The command line's settings over the file's over the defaults. `folder` is the current one. */
export function settled(folder: string, flags: GivenSettings, file: GivenSettings): Settings {
  const given = { ...file, ...flags };
  const store = flags.s3 !== undefined && file.s3 !== undefined ? { ...file.s3, ...flags.s3 } : given.s3;
  const ownRegion = given.region ?? 'us-east-1';
  return {
    port: given.port ?? 4573,
    host: given.host ?? '127.0.0.1',
    dataFolder: resolve(folder, given.data ?? 'data'),
    ...(given.bufferBudget !== undefined && { bufferBudgetBytes: given.bufferBudget }),
    fsync: given.fsync ?? 'always',
    accountId: given.accountId ?? '000000000000',
    region: ownRegion,
    transitionMs: given.transition ?? 0,
    strictDestinations: given.strictDestinations ?? false,
    plainHttp: given.plainHttp ?? false,
    ...(store !== undefined && { s3: s3Settings(store, ownRegion) }),
    functions: given.functions ?? {},
    tables: given.schemas ?? {},
    secrets: given.secrets ?? {},
    destinationFiles: given.destinations ?? {},
    ...(given.files !== undefined && { files: given.files }),
    stdout: given.stdout ?? false,
    opensearch: given.opensearch ?? {},
    encryptionKeys: given.encryptionKeys ?? {},
    ...(given.lambda !== undefined && { lambda: atEndpoint(given.lambda) }),
    ...(given.kinesis !== undefined && { kinesis: kinesisSettings(given.kinesis) }),
    kafka: given.kafka ?? {},
    ...(given.glue !== undefined && { glue: atEndpoint(given.glue) }),
    ...redshiftFor(given, store !== undefined),
    ...(given.secretsManager !== undefined && { secretsManager: atEndpoint(given.secretsManager) }),
    sources: given.sources ?? {},
    deliveries: given.deliveries ?? {},
    keys: given.keys ?? [],
    logLevel: given.logLevel ?? 'info',
    insecure: given.insecure ?? false,
    streams: given.streams ?? [],
  };
}

function s3Settings(store: NonNullable<GivenSettings['s3']>, otherwise: string): S3Settings {
  const { endpoint, pathStyle, sse } = store;
  return {
    region: store.region ?? otherwise,
    ...(endpoint !== undefined && { endpoint }),
    ...(pathStyle !== undefined && { forcePathStyle: pathStyle }),
    ...(sse !== undefined && { sse }),
  };
}

/** A warehouse reads buckets in S3; what reads those in folders has to be named. */
function redshiftFor({ redshift }: GivenSettings, isInS3: boolean): Pick<Settings, 'redshift'> {
  if (redshift === false) return {};
  if (redshift !== undefined) return { redshift };
  return isInS3 ? { redshift: {} } : {};
}

function atEndpoint({ endpoint }: { readonly endpoint?: string }): { readonly endpoint?: string } {
  return endpoint === undefined ? {} : { endpoint };
}

function kinesisSettings({ endpoint, region }: NonNullable<GivenSettings['kinesis']>): KinesisSettings {
  return { ...(endpoint !== undefined && { endpoint }), ...(region !== undefined && { region }) };
}
