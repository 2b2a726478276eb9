import type { AccessKey } from '../../api/authentication/keys.ts';
import { isLike } from '../../api/authentication/permission.ts';
import { OPERATIONS } from '../../api/operations/index.ts';
import { ConfigError } from '../../core/errors.ts';
import { placeOf, type SecretReference, secretAt } from '../../host/secret-reference.ts';
import { didYouMean } from '../did-you-mean.ts';
import { secretReference } from '../secret-settings.ts';
import { listOf, members, oneOf, type Setting, text, textLike } from '../setting.ts';

/** What a key may be used for, in a word. */
const ALLOWED = {
  put: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
  read: ['firehose:Describe*', 'firehose:List*'],
  all: ['*'],
} as const;

export const allow = oneOf('put', 'read', 'all');

const ACTIONS: readonly string[] = [...[...OPERATIONS.keys()].map((name) => `firehose:${name}`), 'hydrant:Flush'];

/** An action as in a policy, or the operation's name alone. */
export const action: Setting<string> = (given, path) => {
  const name = text(given, path);
  const full = name === '*' || name.includes(':') ? name : `firehose:${name}`;
  if (ACTIONS.some((each) => isLike(each, full))) return full;
  const hint = didYouMean(full, ACTIONS);
  throw new ConfigError(path, `must be an action such as firehose:PutRecord; it is ${JSON.stringify(name)}.${hint}`);
};

/** Which streams a key is for. */
export const streamPattern = textLike(
  /^[a-zA-Z0-9_.*?-]{1,64}$/,
  "a delivery stream's name, in which * stands for any characters and ? for one",
);

/** The name of a user in IAM. */
export const userName = textLike(/^[\w+=,.@-]{1,64}$/, "a user's name: up to 64 letters, digits, and _ + = , . @ -");

/** The actions for what was given; with neither, everything is allowed. */
export function actionsFor(
  given: { readonly allow?: keyof typeof ALLOWED; readonly actions?: readonly string[] },
  path: string,
): readonly string[] {
  if (given.allow !== undefined && given.actions !== undefined) {
    throw new ConfigError(path, 'cannot be given along with actions. Give one of them.');
  }
  return given.actions ?? ALLOWED[given.allow ?? 'all'];
}

/** A key of the configuration file, whose secret is elsewhere. */
export interface ConfiguredKey extends Omit<AccessKey, 'secretAccessKey'> {
  readonly secret: SecretReference;
}

const keyMembers = members({
  accessKeyId: textLike(/^\w{3,128}$/, 'an id of 3 to 128 letters, digits and _'),
  secretAccessKey: secretReference,
  name: userName,
  allow,
  actions: listOf(action),
  streams: listOf(streamPattern),
});

export const configuredKey: Setting<ConfiguredKey> = (given, path) => {
  const { accessKeyId, secretAccessKey, name, streams = ['*'], ...allowed } = keyMembers(given, path);
  if (accessKeyId === undefined) throw new ConfigError(`${path}.accessKeyId`, 'is missing.');
  if (secretAccessKey === undefined) throw new ConfigError(`${path}.secretAccessKey`, 'is missing.');
  return {
    accessKeyId,
    secret: secretAccessKey,
    userName: name ?? accessKeyId,
    actions: actionsFor(allowed, `${path}.allow`),
    streams,
  };
};

/** The configuration's keys with their secrets. Rejects with a `ConfigError` that names the one whose is not there. */
export async function withSecrets(keys: readonly ConfiguredKey[]): Promise<readonly AccessKey[]> {
  return Promise.all(
    keys.map(async ({ secret, ...key }, i) => {
      if (keys.findIndex(({ accessKeyId }) => accessKeyId === key.accessKeyId) < i) {
        throw new ConfigError(`keys[${i}].accessKeyId`, `${key.accessKeyId} is there twice.`);
      }
      const secretAccessKey = (await secretAt(secret))?.trim();
      if (secretAccessKey) return { ...key, secretAccessKey };
      throw new ConfigError(`keys[${i}].secretAccessKey`, `there is no secret in ${placeOf(secret)}.`);
    }),
  );
}
