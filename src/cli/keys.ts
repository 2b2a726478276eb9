import { ConfigError } from '../core/errors.ts';
import type { KeyDescription, KeyToCreate } from '../host/issued-keys.ts';
import { actionsFor } from '../local/keys/key-settings.ts';
import { type KeyPlaceOptions, keyPlace } from './key-places.ts';

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
export async function runCreate(where: KeyPlaceOptions, options: CreateOptions): Promise<void> {
  const { userName, streams = ['*'], expires, sessionToken = false, ...allowed } = options;
  const wanted: KeyToCreate = {
    actions: actionsFor(allowed, '--allow'),
    streams,
    hasSessionToken: sessionToken,
    ...(userName !== undefined && { userName }),
    ...(expires !== undefined && { expiresAt: Date.now() + expires }),
  };
  const place = await keyPlace(where);
  const key = await place.create(wanted);
  const variables = [
    ['AWS_ACCESS_KEY_ID', key.accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', key.secretAccessKey],
    ['AWS_SESSION_TOKEN', key.sessionToken],
  ];
  process.stdout.write(
    variables.flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${value}\n`])).join(''),
  );
  process.stderr.write(`The secret is shown this once. ${place.consequence}\n`);
}

/** Prints a line for each key. */
export async function runList(where: KeyPlaceOptions): Promise<void> {
  const keys = await (await keyPlace(where)).list();
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
export async function runRevoke(where: KeyPlaceOptions, id: string): Promise<void> {
  const place = await keyPlace(where);
  if (!(await place.revoke(id))) {
    throw new ConfigError('id', `there is no key ${id} in ${place.name}. hydrant keys list shows those there are.`);
  }
  process.stdout.write(`The key ${id} is taken back.\n`);
}
