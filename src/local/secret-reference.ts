import { readFile } from 'node:fs/promises';
import { ConfigError } from '../core/errors.ts';
import { type Setting, text } from './setting.ts';

/** Where a secret is: in a variable of the environment, or in a file. */
export type SecretReference = { readonly variable: string } | { readonly file: string };

/** `env:NAME` or `file:PATH`. What is given instead may be the secret itself, and is not shown. */
export const secretReference: Setting<SecretReference> = (given, path) => {
  const [, kind, place] = /^(env|file):(.+)$/.exec(text(given, path)) ?? [];
  if (place === undefined) throw new ConfigError(path, 'must be env: and the name of a variable, or file: and a path.');
  return kind === 'env' ? { variable: place } : { file: place };
};

/** The secret as it is now; undefined when there is none or it cannot be read. */
export async function secretAt(reference: SecretReference): Promise<string | undefined> {
  if ('variable' in reference) return process.env[reference.variable];
  return readFile(reference.file, 'utf8').catch(() => undefined); // why is no matter of who asks for it
}

/** `the variable NAME`, or the file's path. */
export function placeOf(reference: SecretReference): string {
  return 'variable' in reference ? `the variable ${reference.variable}` : reference.file;
}

/** With its path as it is from the folder of the configuration file. */
export function secretWithin(secret: SecretReference, within: (path: string) => string): SecretReference {
  return 'file' in secret ? { file: within(secret.file) } : secret;
}
