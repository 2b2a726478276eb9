import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What a far side got in one request. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Without its content encoding. */
  readonly body: Buffer;
}

export interface FarSide {
  readonly url: string;
  readonly received: readonly Received[];
  /** Connections that are open. */
  connections(): number;
  close(): Promise<void>;
}

/** A server on this machine that answers as it is told; each request is read to its end first. */
export async function farSide(
  answer: (received: Received, response: ServerResponse) => void | Promise<void>,
): Promise<FarSide> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // the other side has gone
    }
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    received.push({ path: request.url ?? '', headers: request.headers, body });
    await answer(received.at(-1)!, response); // just pushed
  });
  return { received, ...(await listening(server)) };
}

/** A server that is spoken to, and answers, in bytes. */
export async function rawFarSide(connected: (socket: Socket) => void): Promise<FarSide> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}); // the other side may go whenever it likes
    socket.resume();
    connected(socket);
  });
  return { received: [], ...(await listening(server)) };
}

async function listening(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // not a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
