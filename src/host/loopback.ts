import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether only this machine can reach a server that listens on the host. A name other than localhost is taken to mean
 * more.
 */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  if (family === 0) return /^([^.]+\.)*localhost\.?$/i.test(address);
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
