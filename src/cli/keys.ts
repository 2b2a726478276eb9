import { ConfigError } from '../core/errors.ts';
import type { KeyDescription, KeyToCreate } from '../host/issued-keys.ts';
import { loadConfig } from '../local/config.ts';
import { type Disk, nodeDisk } from '../local/disk.ts';
import { createKey, listKeys, revokeKey } from '../local/keys/key-files.ts';
import { actionsFor } from '../local/keys/key-settings.ts';
import { settled } from '../local/settings.ts';

/** As `hydrant serve` takes them. */
export interface KeysPlaceOptions {
  readonly data?: string;
  readonly config?: string;
}

export interface CreateOptions {
  readonly userName?: string;
  readonly allow?: 'put' | 'read' | 'all';
  readonly actions?: readonly string[];
  readonly streams?: readonly string[];
  /** In ms. */
  readonly expires?: number;
  readonly sessionToken?: boolean;
}

/**
 * Prints a new key as the variables that every AWS client reads: on standard output nothing else, so that a shell can
 * take it in with `eval`.
 */
export async function runCreate(place: KeysPlaceOptions, options: CreateOptions): Promise<void> {
  const { userName, streams = ['*'], expires, sessionToken = false, ...allowed } = options;
  const wanted: KeyToCreate = {
    actions: actionsFor(allowed, '--allow'),
    streams,
    hasSessionToken: sessionToken,
    ...(userName !== undefined && { userName }),
    ...(expires !== undefined && { expiresAt: Date.now() + expires }),
  };
  const { dataFolder, disk } = await placeIn(place);
  const key = await createKey({ dataFolder, disk, now: Date.now }, wanted);
  const variables = [
    ['AWS_ACCESS_KEY_ID', key.accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', key.secretAccessKey],
    ['AWS_SESSION_TOKEN', key.sessionToken],
  ];
  process.stdout.write(
    variables.flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${value}\n`])).join(''),
  );
  process.stderr.write(
    `The secret is shown this once. From now on every request to the service whose data is in ${dataFolder} must be signed.\n`,
  );
}

/** Prints a line for each key. */
export async function runList(place: KeysPlaceOptions): Promise<void> {
  const keys = await listKeys(await placeIn(place));
  const rows = [['ID', 'NAME', 'ACTIONS', 'STREAMS', 'CREATED', 'EXPIRES'], ...keys.map(rowOf)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))); // rows are alike
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(keys.length === 0 ? 'There are no keys.\n' : `${lines.join('\n')}\n`);
}

function rowOf({ accessKeyId, userName, actions, streams, createdAt, expiresAt }: KeyDescription): readonly string[] {
  const name = userName === accessKeyId ? '-' : userName;
  const until = expiresAt === undefined ? 'never' : time(expiresAt);
  return [accessKeyId, name, actions.join(','), streams.join(','), time(createdAt), until];
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).concat('Z');
}

/** Throws a `ConfigError` when there is no such key. */
export async function runRevoke(place: KeysPlaceOptions, id: string): Promise<void> {
  const { dataFolder, disk } = await placeIn(place);
  if (!(await revokeKey({ dataFolder, disk }, id))) {
    throw new ConfigError('id', `there is no key ${id} in ${dataFolder}. hydrant keys list shows those there are.`);
  }
  process.stdout.write(`The key ${id} is taken back.\n`);
}

async function placeIn({ data, config }: KeysPlaceOptions): Promise<{ dataFolder: string; disk: Disk }> {
  const folder = process.cwd();
  const { settings } = await loadConfig({ folder, ...(config !== undefined && { named: config }) });
  const { dataFolder } = settled(folder, data === undefined ? {} : { data }, settings);
  return { dataFolder, disk: nodeDisk() };
}
