import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { updateDestinationInput } from '../api/operations/update-destination.ts';
import type { Shape } from '../api/shapes/index.ts';
import { ApiError, ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { type ApiCall, apiCall } from './api-call.ts';

export interface Applied {
  readonly name: string;
  /**
   * `in transition`: it is CREATING or DELETING, which lasts as long as the settings say; the next start tries again.
   */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'in transition';
}

/**
 * Brings the configuration file's streams into being through the API: creates those that are absent, updates the
 * destination and adds the tags of those that are there, and leaves alone what is as it should be. Nothing is deleted:
 * not a stream that the file no longer has, and, as UpdateDestination merges, not a member. Throws a `ConfigError`
 * whose field starts with `streams[2]` when the API refuses; the streams before it are then applied.
 */
export async function applyStreams(
  streams: readonly JsonObject[],
  handle: (request: ApiRequest) => Promise<ApiResponse>,
): Promise<readonly Applied[]> {
  const call = apiCall(handle);
  const applied: Applied[] = [];
  for (const [i, stream] of streams.entries()) {
    const outcome = await applyStream(stream, `streams[${i}]`, call);
    applied.push({ name: String(stream.DeliveryStreamName), outcome });
  }
  return applied;
}

/** The same with one stream, which messages call `at`. */
export async function applyStream(stream: JsonObject, at: string, call: ApiCall): Promise<Applied['outcome']> {
  try {
    return await apply(stream, at, call);
  } catch (error) {
    throw error instanceof ApiError ? refusal(error, at) : error;
  }
}

const UPDATES: Readonly<Record<string, Shape>> = updateDestinationInput.members;

async function apply(stream: JsonObject, at: string, call: ApiCall): Promise<Applied['outcome']> {
  const before = await describe(stream, call);
  if (before === undefined) {
    await call('CreateDeliveryStream', stream);
    return 'created';
  }
  if (before.DeliveryStreamStatus !== 'ACTIVE') return 'in transition';
  refuseImmutable(stream, before, at);
  await encrypt(stream, before, call);
  const { DeliveryStreamName = null, Tags } = stream;
  await call('UpdateDestination', {
    DeliveryStreamName,
    CurrentDeliveryStreamVersionId: before.VersionId,
    DestinationId: destinationOf(before).DestinationId,
    ...updatesIn(stream, destinationOf(before), at),
    Hydrant: stream.Hydrant,
  });
  if (Array.isArray(Tags) && Tags.length > 0) await call('TagDeliveryStream', { DeliveryStreamName, Tags });
  const after = await describe(stream, call);
  return after?.VersionId === before.VersionId ? 'unchanged' : 'updated';
}

async function describe({ DeliveryStreamName }: JsonObject, call: ApiCall): Promise<JsonObject | undefined> {
  // Without a name nothing can be there; CreateDeliveryStream then says what is wrong with it.
  if (typeof DeliveryStreamName !== 'string') return undefined;
  try {
    const { DeliveryStreamDescription } = await call('DescribeDeliveryStream', { DeliveryStreamName });
    return isJsonObject(DeliveryStreamDescription) ? DeliveryStreamDescription : undefined;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Encryption has an operation of its own; asked for here, it must not be passed over because the stream exists. */
async function encrypt(stream: JsonObject, { DeliveryStreamEncryptionConfiguration }: JsonObject, call: ApiCall) {
  const { DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput = null } = stream;
  if (holds(DeliveryStreamEncryptionConfiguration, DeliveryStreamEncryptionConfigurationInput)) return;
  await call('StartDeliveryStreamEncryption', { DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput });
}

function destinationOf(description: JsonObject): JsonObject {
  const [destination] = Array.isArray(description.Destinations) ? description.Destinations : [];
  return isJsonObject(destination) ? destination : {};
}

/** The stream's type and source are given once, at create. */
function refuseImmutable(stream: JsonObject, description: JsonObject, at: string): void {
  if ((stream.DeliveryStreamType ?? 'DirectPut') !== description.DeliveryStreamType)
    throw immutable(`${at}.DeliveryStreamType`);
  const sources = isJsonObject(description.Source) ? description.Source : {};
  for (const [name, source] of Object.entries(stream)) {
    if (!name.endsWith('SourceConfiguration')) continue;
    if (!holds(sources[name.replace(/Configuration$/, 'Description')], source)) throw immutable(`${at}.${name}`);
  }
}

/** UpdateDestination's members for CreateDeliveryStream's. */
function updatesIn(stream: JsonObject, described: JsonObject, at: string): JsonObject {
  const updates: Record<string, JsonValue> = {};
  for (const [name, config] of Object.entries(stream)) {
    if (!name.endsWith('DestinationConfiguration') || config === undefined) continue;
    const update = name.replace(/Configuration$/, 'Update');
    const description = described[name.replace(/Configuration$/, 'Description')];
    const to = { update, described: isJsonObject(description) ? description : {}, at: `${at}.${name}` };
    updates[update] = isJsonObject(config) ? updateOf(config, to) : config;
  }
  return updates;
}

/**
 * Most members are called alike in both; a bucket's `S3Configuration` is an `S3Update`; some are given once, at create.
 */
function updateOf(
  config: JsonObject,
  to: { readonly update: string; readonly described: JsonObject; readonly at: string },
): JsonObject {
  const shape = UPDATES[to.update];
  const known = shape?.type === 'structure' ? Object.keys(shape.members) : [];
  const update: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(config)) {
    const renamed = name.replace(/Configuration$/, 'Update');
    if (value === undefined) continue;
    if (known.includes(name)) update[name] = value;
    else if (known.includes(renamed)) update[renamed] = value;
    else if (!holds(to.described[name] ?? to.described[`${name}Description`], value)) {
      throw immutable(`${to.at}.${name}`);
    }
  }
  return update;
}

function immutable(path: string): ConfigError {
  return new ConfigError(
    path,
    'cannot be changed once the stream exists. Delete the stream first, or give it another name.',
  );
}

/** Whether the described value has everything of the given one. Describe adds defaults; null asks for nothing. */
function holds(described: JsonValue | undefined, given: JsonValue | undefined): boolean {
  if (given === null) return true;
  if (!isJsonObject(given)) return JSON.stringify(described) === JSON.stringify(given);
  return isJsonObject(described) && Object.entries(given).every(([name, value]) => holds(described[name], value));
}

const PATH = /at '([^']*)'/g;

/**
 * The API's refusal in terms of the file: `extendedS3DestinationUpdate.prefix` was written
 * `streams[2].ExtendedS3DestinationConfiguration.Prefix`.
 */
function refusal({ code, message }: ApiError, at: string): ConfigError {
  const inFile = (path: string): string => (path === '' ? at : `${at}.${memberPath(path)}`);
  const [single, path, fault] =
    /^1 validation error detected: Value at '([^']*)' failed to satisfy constraint: (.*)$/s.exec(message) ?? [];
  if (single !== undefined && path !== undefined) return new ConfigError(inFile(path), `${fault} (${code})`);
  return new ConfigError(at, `${message.replace(PATH, (_, path: string) => `at '${inFile(path)}'`)} (${code})`);
}

/** `processors.1.member.type` is `Processors[0].Type`. */
function memberPath(path: string): string {
  return path
    .replace(/\.(\d+)\.member(?=\.|$)/g, (_, number: string) => `[${Number(number) - 1}]`)
    .replace(/(^|\.)([a-z])/g, (_, dot: string, letter: string) => dot + letter.toUpperCase())
    .replace(/Update(?=\.|$)/g, 'Configuration');
}
