import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What S3 bills: PUT, COPY, POST and LIST are one price, GET and all others another, DELETE is free. */
export interface BucketRequests {
  puts: number;
  gets: number;
}

export interface BucketServer {
  readonly endpoint: string;
  readonly requests: BucketRequests;
  /** By bucket and key. */
  readonly objects: ReadonlyMap<string, Buffer>;
  close(): Promise<void>;
}

/** As much of S3 as objects of up to 8 MiB need, in memory; the one S3 server on npm damages streamed bodies. */
export async function startBuckets(): Promise<BucketServer> {
  const requests: BucketRequests = { puts: 0, gets: 0 };
  const objects = new Map<string, Buffer>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://buckets');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isPlain = [...searchParams.keys()].every((name) => name === 'x-id');
    if (method === 'PUT' && isPlain) {
      requests.puts++;
      objects.set(pathname, body);
      response.setHeader('etag', '"any"').end();
    } else if (method === 'GET' && isPlain) {
      requests.gets++;
      const found = objects.get(pathname);
      response.writeHead(found === undefined ? 404 : 200).end(found ?? '<Error><Code>NoSuchKey</Code></Error>');
    } else if (method === 'POST' && searchParams.has('delete')) {
      for (const [, key] of body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)) objects.delete(`${pathname}${key}`);
      response.end('<DeleteResult/>');
    } else {
      response.writeHead(501).end(`<Error><Code>NotImplemented</Code><Message>${method} ${url}</Message></Error>`);
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    objects,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
