import { fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Putting, putBodies } from './bodies.ts';

/** What one client does: every connection sends its next put when the last is answered, stream after stream. */
export interface Load {
  readonly url: string;
  readonly putting: Putting;
  readonly streams: readonly string[];
  readonly connections: number;
  /** Ends after this time, or after so many puts. */
  readonly until: { readonly seconds: number } | { readonly puts: number };
}

export interface Loaded {
  readonly putsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Puts that were told to slow down. */
  readonly refused: number;
}

/** Runs the load in a process of its own, so that it takes nothing from the service but its core. */
export function load(options: Load): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)]);
    let loaded: Loaded | undefined;
    child.on('message', (message) => {
      loaded = message as Loaded; // The other end is `run` below.
    });
    child.on('exit', (code) => {
      if (loaded !== undefined) resolve(loaded);
      else reject(new Error(`The load ended with exit code ${code} and no result.`));
    });
  });
}

/**
 * The requests are made beforehand and the answers looked at no further than needed, so that one core can drive any
 * server.
 */
async function run({ url, putting, streams, connections, until }: Load): Promise<Loaded> {
  const { hostname, port } = new URL(url);
  const requests = streams.map((stream) => httpRequest(putting, stream));
  const latenciesMs: number[] = [];
  let refused = 0;
  const begun = performance.now();
  const isOver = (put: number, now: number) =>
    'puts' in until ? put >= until.puts : now > begun + until.seconds * 1_000;

  const one = async (first: number) => {
    const socket = await connected(hostname, Number(port));
    for (let next = first; ; next += connections) {
      const sentAt = performance.now();
      if (isOver(next, sentAt)) break;
      const status = await exchange(socket, requests[next % requests.length]!); // There is at least one.
      if (status === '200') latenciesMs.push(performance.now() - sentAt);
      else if (status === '503') refused += 1;
      else throw new Error(`A put was answered ${status}.`);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, (_, i) => one(i)));

  const took = performance.now() - begun;
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { putsPerSecond: (sorted.length / took) * 1_000, p50Ms: at(0.5), p99Ms: at(0.99), refused };
}

function httpRequest(putting: Putting, stream: string): Buffer {
  const [body] = putBodies(putting, stream, 1);
  const head = [
    'POST / HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/x-amz-json-1.1',
    `X-Amz-Target: Firehose_20150804.${putting.operation}`,
    'User-Agent: aws-sdk-js/3.0.0',
    `Content-Length: ${body!.length}`,
  ].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body!]);
}

async function connected(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Sends the request and resolves with the answer's status once the whole answer is there. */
function exchange(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let status = '';
    let missing = Number.POSITIVE_INFINITY;
    const onData = (chunk: Buffer) => {
      if (status === '') {
        // Servers here send the whole head at once.
        const head = chunk.toString('latin1', 0, chunk.indexOf('\r\n\r\n') + 4);
        status = head.slice(9, 12);
        missing = head.length + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      }
      missing -= chunk.length;
      if (missing > 0) return;
      socket.off('data', onData).off('close', onClose);
      resolve(status);
    };
    const onClose = () => reject(new Error('The server closed a connection in the middle of a put.'));
    socket.on('data', onData).on('close', onClose);
    socket.write(request);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const loaded = await run(JSON.parse(process.argv[2] ?? ''));
  process.send?.(loaded, () => process.disconnect());
}
