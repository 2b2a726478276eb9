import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../core/errors.ts';
import { type GivenSettings, settingsIn } from './settings.ts';

/** Looked for in the current folder when no file is named. */
const FILE_NAMES: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `hydrant.config.${ending}`);

export interface LoadedConfig {
  /** The file's absolute path; absent when there is none. */
  readonly file?: string;
  readonly settings: GivenSettings;
}

/**
 * Reads the configuration file: `named` (relative to `folder`), else the one `hydrant.config.ts`, `.js` or `.json` in
 * `folder`, else none. A module's default export is the configuration; its code runs. Throws a `ConfigError` that names
 * the file, or the member in it.
 */
export async function loadConfig({
  folder,
  named,
}: {
  readonly folder: string;
  readonly named?: string;
}): Promise<LoadedConfig> {
  const file = named === undefined ? findConfig(folder) : resolve(folder, named);
  if (file === undefined) return { settings: {} };
  if (!existsSync(file)) throw new ConfigError('--config', `there is no file ${file}.`);
  const config = extname(file) === '.json' ? await readJson(file) : await importConfig(file);
  return { file, settings: settingsIn(config, file) };
}

function findConfig(folder: string): string | undefined {
  const found = FILE_NAMES.filter((name) => existsSync(resolve(folder, name)));
  if (found.length > 1) {
    throw new ConfigError(found.join(', '), 'there is more than one configuration file; name one with --config.');
  }
  return found[0] === undefined ? undefined : resolve(folder, found[0]);
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(file, `cannot be read: ${messageOf(error)}`);
  }
}

async function importConfig(file: string): Promise<unknown> {
  if (/\.[cm]?ts$/.test(file) && !runsTypeScript()) {
    throw new ConfigError(
      file,
      `a configuration in TypeScript needs Node 22.18 or later, which runs it as it is; this is Node ${process.versions.node}. ` +
        'Rename the file to hydrant.config.js and take its types out, or use hydrant.config.json.',
    );
  }
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new ConfigError(file, `cannot be loaded: ${messageOf(error)}.${moduleHint(file, error)}`);
  }
  if (module.default === undefined) throw new ConfigError(file, 'must have a default export, the configuration.');
  return module.default;
}

/** Node says so itself since 22.10; before, it could not. */
function runsTypeScript(): boolean {
  return 'typescript' in process.features && process.features.typescript !== false;
}

/** In a folder whose package.json says `"type": "commonjs"`, as npm init writes it, `export` is a syntax error. */
function moduleHint(file: string, error: unknown): string {
  if (!(error instanceof SyntaxError) || !/\.[jt]s$/.test(file)) return '';
  const named = basename(file).replace(/\.([jt]s)$/, '.m$1');
  return ` If the file is an ES module in a package of "type": "commonjs", name it ${named}.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
