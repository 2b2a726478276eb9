import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { ApiError } from '../core/errors.ts';
import { type BodyRoom, receiveBody } from './request-body.ts';

type Answer = (request: ApiRequest) => Promise<ApiResponse>;

export interface Route {
  readonly answer: Answer;
  /** The largest body, where it is not as large as the API's. */
  readonly requestBytes?: number;
}

export interface ServeOptions {
  /** The API. The request's body is its own until it has answered; then that memory is used for another. */
  readonly handle: Answer;
  /**
   * What is answered outside the API, by method and path, such as `GET /health`; in place of the path's last part may
   * stand `*`. HEAD is answered like GET.
   */
  readonly routes: ReadonlyMap<string, Route>;
  /** Told when one of the above rejects with anything but an `ApiError`; the client then gets an InternalFailure. */
  readonly fault: (error: unknown) => void;
  /** Told that connections are closed as they come, for there are so many: once a minute at most. */
  readonly full?: (connections: number) => void;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits?: Partial<ServerLimits>;
}

export interface ServerLimits {
  /** The largest body. 4 MiB of records are 5.6 MiB of base64, with JSON around it. */
  readonly requestBytes: number;
  /**
   * Bodies being received or worked on, all together. Beyond it requests are refused with ServiceUnavailableException.
   */
  readonly bytesInFlight: number;
  /** Further ones are closed as they come. */
  readonly connections: number;
  /** How long a request may take to arrive. */
  readonly uploadMs: number;
  /**
   * How long a connection may be idle: longer than clients keep theirs, so that none is closed under a request that is
   * on its way.
   */
  readonly idleMs: number;
}

const MIB = 1024 * 1024;

const LIMITS: ServerLimits = {
  requestBytes: 6.25 * MIB,
  bytesInFlight: 128 * MIB,
  connections: 10_000,
  uploadMs: 60_000,
  idleMs: 120_000,
};

export interface HttpServer {
  /** Where it listens: `http://127.0.0.1:4573`. */
  readonly url: string;
  /**
   * Takes no more connections, answers the requests it has, and resolves when the last connection is closed: after
   * `graceMs` by force.
   */
  close(graceMs: number): Promise<void>;
}

/** Puts the API on a socket. Rejects with the system's error when the address is taken or forbidden. */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { handle, routes, fault } = options;
  const limits = { ...LIMITS, ...options.limits };
  const room: BodyRoom = { freeBytes: limits.bytesInFlight };
  const timeouts = {
    headersTimeout: limits.uploadMs,
    requestTimeout: limits.uploadMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(limits.uploadMs, TIMEOUT_CHECK_MS),
  };
  let underWay = 0;
  let isClosing = false;
  let fullToldAt = 0;

  const server = createServer(timeouts, (incoming, response) => {
    underWay += 1;
    response.on('close', () => {
      underWay -= 1;
      if (isClosing && underWay === 0) server.closeAllConnections();
    });
    const { method = '', url = '' } = incoming;
    const route = method === 'POST' && url === '/' ? undefined : routeOf(routes, method, url);
    const { answer = handle, requestBytes: bytesMost = limits.requestBytes } = route ?? {};
    receiveBody(incoming, { room, bytesMost }, async (body, release) => {
      // What was refused may still be on its way, so its connection is of no more use.
      if (!Buffer.isBuffer(body)) return send(response.setHeader('connection', 'close'), errorAnswer(body));
      const from = incoming.socket.remoteAddress;
      const request = { method, url, headers: headersOf(incoming), body, ...(from !== undefined && { from }) };
      const answered = await answer(request).catch((error) => faultAnswer(error, fault));
      release();
      if (isClosing) response.setHeader('connection', 'close');
      send(response, answered);
    });
  });
  server.maxConnections = limits.connections;
  server.on('drop', () => {
    if (Date.now() < fullToldAt + FULL_TOLD_EVERY_MS) return;
    fullToldAt = Date.now();
    options.full?.(limits.connections);
  });
  await listening(server, options);

  return {
    url: urlOf(server),
    close(graceMs) {
      isClosing = true;
      return closed(server, underWay === 0 ? 0 : graceMs);
    },
  };
}

const TIMEOUT_CHECK_MS = 5_000;
const FULL_TOLD_EVERY_MS = 60_000;

/** Node joins a header's values with a comma and a blank, but they are signed with a comma. */
function headersOf(incoming: IncomingMessage): ApiRequest['headers'] {
  const { headers, rawHeaders } = incoming;
  if (rawHeaders.length === 2 * Object.keys(headers).length) return headers;
  const each = Object.entries(incoming.headersDistinct);
  return Object.fromEntries(each.map(([name, values = []]) => [name, values.length === 1 ? values[0] : values]));
}

function routeOf(routes: ServeOptions['routes'], method: string, url: string): Route | undefined {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const name = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  return routes.get(name) ?? routes.get(name.replace(/[^/]+$/, '*'));
}

function send(response: ServerResponse, { status, headers, body }: ApiResponse): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'content-length': length });
  // Text that is as long in bytes as in characters is ASCII, and can be sent without being encoded.
  if (typeof body === 'string' && length === body.length) response.end(body, 'latin1');
  else response.end(body);
}

function faultAnswer(error: unknown, fault: (error: unknown) => void): ApiResponse {
  if (error instanceof ApiError) return errorAnswer(error);
  fault(error);
  return errorAnswer(
    new ApiError('InternalFailure', 'The request failed for a reason of the service; its log says more.', 500),
  );
}

function errorAnswer({ status, code, message }: ApiError): ApiResponse {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code };
  return { status, headers, body: JSON.stringify({ __type: code, message }) };
}

function listening(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A server that listens on TCP has an address.');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

function closed(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
