import { schemeIn } from '../../destinations/custom.ts';
import { isLoopback } from './loopback.ts';

/**
 * Why no records are sent to a URL, as a sentence; undefined when they are. AWS takes https alone. On this machine
 * there is nobody to listen in on plain HTTP, and other schemes name destinations of the user's own.
 */
export function refusalOfUrl(
  { href, protocol, hostname }: URL,
  { plainHttp, own }: { readonly plainHttp: boolean; readonly own: readonly string[] },
): string | undefined {
  const scheme = schemeIn(href);
  if (own.includes(scheme) || protocol === 'https:') {
    return own.includes(scheme) || scheme === 'https' ? undefined : unknown(scheme);
  }
  if (protocol !== 'http:') return unknown(scheme);
  if (plainHttp || isLoopback(hostname)) return undefined;
  return `Records are not sent to ${hostname} unencrypted. Use https, or set plainHttp in Hydrant's configuration file.`;
}

function unknown(scheme: string): string {
  return `There is no destination for ${scheme}:// URLs. Name it under destinations in Hydrant's configuration file.`;
}
