import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Something that can die and come back, with what it has. */
export interface FarSide {
  /** Dies as badly as it can: it takes the next request, and is gone before it has answered. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP server on this machine; its port is the same after each death. */
export async function farSide(answer: (request: Request) => Answer): Promise<FarSide & { readonly url: string }> {
  let isDying = false;
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // the other side has gone
    }
    const { method = '', url = '', headers } = incoming;
    const { status, body, headers: own = {} } = answer({ method, path: url, headers, body: Buffer.concat(chunks) });
    if (!isDying) return void response.writeHead(status, own).end(body);
    response.destroy();
    await stop();
  });

  async function stop(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async function listen(port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port; // not a pipe
  }

  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    async kill() {
      isDying = true;
    },
    async revive() {
      await stop();
      isDying = false;
      await listen(port);
    },
    close: stop,
  };
}
