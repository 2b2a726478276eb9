import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where files may be written, and how large and old one may become. */
export interface FileSettings {
  /** Absolute paths. */
  readonly folders: readonly string[];
  readonly rotateBytes: number;
  readonly rotateMs: number;
}

/**
 * The folder that a `file:///…` URL names, or `https://file.destination.local/…` for clients that insist on https;
 * undefined when it names none.
 */
export function folderNamed(url: string): string | undefined {
  try {
    return fileURLToPath(url.replace(ALIAS, 'file:///'));
  } catch {
    return undefined; // another machine's, or with a slash that is hidden by an escape
  }
}

const ALIAS = /^https:\/\/file\.destination\.local(\/+|$)/i;

/**
 * The one of the folders that a path is in. They are the operator's word: who can only call the API can write nowhere
 * else.
 */
export function folderOver(path: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => {
    const within = relative(folder, path);
    return within !== '..' && !within.startsWith(`..${sep}`) && !isAbsolute(within);
  });
}
