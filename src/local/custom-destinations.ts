import { pathToFileURL } from 'node:url';
import type { CustomDestination } from '../../destinations/custom.ts';
import { ConfigError } from '../core/errors.ts';

/**
 * The destinations that modules export by default, by the schemes under which the configuration names their files.
 * Their code runs within the service. Throws a `ConfigError` that names the first which cannot be used.
 */
export async function loadDestinations(
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, CustomDestination>>> {
  const loaded: Record<string, CustomDestination> = {};
  for (const [scheme, file] of Object.entries(files)) loaded[scheme] = await load(`destinations.${scheme}`, file);
  return loaded;
}

async function load(field: string, file: string): Promise<CustomDestination> {
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new ConfigError(field, `${file} cannot be loaded: ${error instanceof Error ? error.message : error}.`);
  }
  if (!isDestination(module.default)) {
    throw new ConfigError(field, `${file} must have a default export with a function deliver: a destination.`);
  }
  return module.default;
}

function isDestination(value: unknown): value is CustomDestination {
  return typeof value === 'object' && value !== null && 'deliver' in value && typeof value.deliver === 'function';
}
