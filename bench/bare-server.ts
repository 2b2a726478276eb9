import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface BareServer {
  readonly url: string;
  stop(): void;
}

/**
 * The ceiling of what can be had over HTTP: node:http in a process of its own that reads each request to its end, keeps
 * nothing, and sends an answer of the service's size and headers.
 */
export function bareServer(answer: string, contentType = 'application/x-amz-json-1.1'): Promise<BareServer> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [answer, contentType]);
    child.once('message', (url) => resolve({ url: String(url), stop: () => child.kill() }));
    child.once('exit', () => reject(new Error('The bare server did not start.')));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const answer = process.argv[2] ?? '';
  const headers = {
    'content-type': process.argv[3],
    'x-amzn-requestid': '00000000-0000-0000-0000-000000000000',
    'content-length': answer.length,
  };
  const server = createServer((request, response) => {
    request.on('data', () => {});
    request.on('end', () => response.writeHead(200, headers).end(answer));
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // It listens on TCP.
  });
}
