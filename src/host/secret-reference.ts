import { readFile } from 'node:fs/promises';

/** Where a secret is: in a variable of the environment, or in a file. */
export type SecretReference = { readonly variable: string } | { readonly file: string };

/** The secret as it is now; undefined when there is none or it cannot be read. */
export async function secretAt(reference: SecretReference): Promise<string | undefined> {
  if ('variable' in reference) return process.env[reference.variable];
  return readFile(reference.file, 'utf8').catch(() => undefined); // why is no matter of who asks for it
}

/** `the variable NAME`, or the file's path. */
export function placeOf(reference: SecretReference): string {
  return 'variable' in reference ? `the variable ${reference.variable}` : reference.file;
}
