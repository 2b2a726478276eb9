import { schemeIn } from '../../destinations/custom.ts';
import { folderNamed, folderOver } from '../../destinations/file/places.ts';
import { isLoopback } from './loopback.ts';

export interface KnownPlaces {
  readonly plainHttp: boolean;
  /** Schemes of the user's own destinations. */
  readonly own: readonly string[];
  /** Where files may be written. */
  readonly folders?: readonly string[];
  readonly hasStdout?: boolean;
}

/**
 * Why no records are sent to a URL, as a sentence; undefined when they are. AWS takes https alone. On this machine
 * there is nobody to listen in on plain HTTP, and other schemes name destinations of the user's own, or files and
 * standard output where the operator has these.
 */
export function refusalOfUrl(
  { href, protocol, hostname }: URL,
  { plainHttp, own, folders = [], hasStdout = false }: KnownPlaces,
): string | undefined {
  const scheme = schemeIn(href);
  if (scheme === 'file') return refusalOfFolder(href, folders);
  if (scheme === 'stdout') return hasStdout ? undefined : WITHOUT_STDOUT;
  if (own.includes(scheme) || protocol === 'https:') {
    return own.includes(scheme) || scheme === 'https' ? undefined : unknown(scheme);
  }
  if (protocol !== 'http:') return unknown(scheme);
  if (plainHttp || isLoopback(hostname)) return undefined;
  return `Records are not sent to ${hostname} unencrypted. Use https, or set plainHttp in Hydrant's configuration file.`;
}

const WITHOUT_STDOUT =
  "Records are not written to standard output. Set stdout in Hydrant's configuration file, which then logs elsewhere.";

function refusalOfFolder(url: string, folders: readonly string[]): string | undefined {
  const folder = folderNamed(url);
  if (folder === undefined) return `${url} names no folder of this machine. The form is file:///folder.`;
  if (folderOver(folder, folders) !== undefined) return undefined;
  return `No files are written to ${folder}. Name it, or a folder above it, under files in Hydrant's configuration file.`;
}

function unknown(scheme: string): string {
  return `There is no destination for ${scheme}:// URLs. Name it under destinations in Hydrant's configuration file.`;
}
