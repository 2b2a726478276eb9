import { ConfigError } from '../core/errors.ts';
import type { SecretReference } from '../host/secret-reference.ts';
import { type Setting, text } from './setting.ts';

/** `env:NAME` or `file:PATH`. What is given instead may be the secret itself, and is not shown. */
export const secretReference: Setting<SecretReference> = (given, path) => {
  const [, kind, place] = /^(env|file):(.+)$/.exec(text(given, path)) ?? [];
  if (place === undefined) throw new ConfigError(path, 'must be env: and the name of a variable, or file: and a path.');
  return kind === 'env' ? { variable: place } : { file: place };
};

/** With its path as it is from the folder of the configuration file. */
export function secretWithin(secret: SecretReference, within: (path: string) => string): SecretReference {
  return 'file' in secret ? { file: within(secret.file) } : secret;
}
