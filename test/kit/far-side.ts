import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What a far side got in one request. */
export interface FarRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Without its content encoding. */
  readonly body: Buffer;
}

export interface FarAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The records that it now has from this request. */
  readonly records?: readonly Uint8Array[];
  /** By which a far side knows a repeat, and takes nothing of it; absent where it knows none. */
  readonly id?: string;
}

/**
 * How it behaves: takes what it is sent; says that it has too much to do; does not answer before `release`; never
 * answers; closes the connection before it has taken the records, or after.
 */
export type FarMood = 'takes' | 'overloaded' | 'slow' | 'silent' | 'closes before' | 'closes after';

export interface MoodyFarSide {
  readonly url: string;
  /** All records that it has, in the order in which it took them. */
  readonly held: readonly Uint8Array[];
  mood: FarMood;
  /** Resolves with the next request, when it has come whole. */
  request(): Promise<unknown>;
  /** Ends being slow. */
  release(): void;
  connections(): number;
  close(): Promise<void>;
}

/** An HTTP server on this machine that takes records as `take` says, when it is in the mood for it. */
export async function moodyFarSide(
  take: (request: FarRequest) => FarAnswer,
  overloaded: FarAnswer = { status: 503 },
): Promise<MoodyFarSide> {
  const held: Uint8Array[] = [];
  const known = new Set<string>();
  const events = new EventEmitter();

  async function answer(request: FarRequest, response: ServerResponse): Promise<void> {
    events.emit('request');
    if (moody.mood === 'slow') await once(events, 'release');
    if (moody.mood === 'silent') return;
    if (moody.mood === 'closes before') return void response.destroy();
    const { status, headers = {}, body, records = [], id } = moody.mood === 'overloaded' ? overloaded : take(request);
    if (id === undefined || !known.has(id)) held.push(...records);
    if (id !== undefined) known.add(id);
    if (moody.mood === 'closes after') response.destroy();
    else response.writeHead(status, headers).end(body);
  }

  const { url, connections, close } = await farSide(answer);
  const moody: MoodyFarSide = {
    ...{ url, held, mood: 'takes', connections, close },
    request: () => once(events, 'request'),
    release() {
      moody.mood = 'takes';
      events.emit('release');
    },
  };
  return moody;
}

export interface FarSide {
  readonly url: string;
  readonly received: readonly FarRequest[];
  /** Connections that are open. */
  connections(): number;
  close(): Promise<void>;
}

/** An HTTP server on this machine that answers as it is told; each request is read to its end first. */
export async function farSide(
  answer: (request: FarRequest, response: ServerResponse) => void | Promise<void>,
): Promise<FarSide> {
  const received: FarRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // the other side has gone
    }
    const sent = Buffer.concat(chunks);
    const { url = '', headers } = incoming;
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const request = { path: url, headers, body };
    received.push(request);
    await answer(request, response);
  });
  return { received, ...(await listening(server)) };
}

/** Opens a server on a free port of this machine, and keeps count of its connections. */
export async function listening(server: Server): Promise<Omit<FarSide, 'received'>> {
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
