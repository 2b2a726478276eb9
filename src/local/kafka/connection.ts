import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Alarm } from '../../host/alarm.ts';
import { badAnswer, unreachable } from './kafka-error.ts';
import { type WireReader, wireReader } from './wire.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** PEM texts. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaRequest {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  /** Whether this version of the request has the newer form. */
  readonly isFlexible?: boolean;
  readonly body: Buffer;
}

/** A connection to a broker, which answers requests in their order. */
export interface Connection {
  /** Rejects with a `DeliveryError`, or with the signal's reason once that aborted. */
  ask(request: KafkaRequest, signal: AbortSignal): Promise<WireReader>;
  isOpen(): boolean;
  /** The broker, or the way to it, has closed it. */
  wasDropped(): boolean;
  close(): void;
}

const CONNECT_MOST_MS = 10_000;
/** A broker answers at once; a fetch may have megabytes to read from its disk. */
const ANSWER_MOST_MS = 30_000;
/** A batch is given whole, however large it is, and no topic allows one anywhere near this. */
const ANSWER_MOST_BYTES = 128 * 1024 * 1024;
const CLIENT_ID = Buffer.from('hydrant');

interface Waiting {
  readonly call: string;
  readonly isFlexible: boolean;
  readonly resolve: (answer: WireReader) => void;
  readonly reject: (error: unknown) => void;
}

/** Connects, in TLS where there are settings for it. */
export async function connectTo(
  { host, port }: BrokerAddress,
  { tls, now, alarm }: { readonly tls: TlsSettings | undefined; readonly now: () => number; readonly alarm: Alarm },
): Promise<Connection> {
  const name = `${host}:${port}`;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = tls ? connectTls({ host, port, ...servername, ...tls }) : connect({ host, port, noDelay: true });
  await opened(socket, name, { event: tls ? 'secureConnect' : 'connect', now, alarm });
  const waiting: Waiting[] = [];
  const frames = frameReader();
  let numbered = 0;
  let failure: Error | undefined;
  let isDropped = false;

  function fail(error: Error): void {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
    socket.destroy();
  }

  function dropped(why: string): void {
    isDropped ||= failure === undefined;
    fail(unreachable(name, why));
  }

  socket.on('error', (error) => dropped(error.message));
  socket.on('close', () => dropped('it closed the connection.'));
  socket.on('data', (chunk) => {
    try {
      for (const frame of frames(chunk)) answered(frame);
    } catch (error) {
      fail(error instanceof RangeError ? badAnswer('a request', 'is not what Kafka says') : (error as Error));
    }
  });

  function answered(frame: Buffer): void {
    const [first] = waiting;
    if (first === undefined) throw badAnswer('nothing', 'came all the same');
    const correlationId = frame.readInt32BE(0);
    if (correlationId !== (numbered - waiting.length) % 2 ** 31) throw badAnswer(first.call, 'is out of order');
    const body = wireReader(frame.subarray(4), { isFlexible: first.isFlexible });
    body.tags();
    waiting.shift();
    first.resolve(body);
  }

  return {
    isOpen: () => failure === undefined,
    wasDropped: () => isDropped,
    close: () => fail(unreachable(name, 'the connection is closed.')),

    ask({ name: call, key, version, isFlexible = false, body }, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (failure !== undefined) return reject(failure);
        const cancel = alarm(now() + ANSWER_MOST_MS, () =>
          fail(unreachable(name, `it did not answer ${call} within ${ANSWER_MOST_MS / 1_000} seconds.`)),
        );
        // The answer is still to come, and taken off the connection when it does.
        const giveUp = (): void => reject(signal.reason);
        signal.addEventListener('abort', giveUp);
        const over = (): void => {
          cancel();
          signal.removeEventListener('abort', giveUp);
        };
        waiting.push({
          ...{ call, isFlexible },
          resolve(answer) {
            over();
            resolve(answer);
          },
          reject(error) {
            over();
            reject(error);
          },
        });
        socket.write(framed({ key, version, isFlexible, body }, numbered++ % 2 ** 31));
      });
    },
  };
}

function opened(
  socket: Socket,
  name: string,
  { event, now, alarm }: { readonly event: string; readonly now: () => number; readonly alarm: Alarm },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = alarm(now() + CONNECT_MOST_MS, () => failed(new Error('it does not answer.')));
    const failed = (error: Error): void => {
      cancel();
      socket.destroy();
      reject(unreachable(name, event === 'connect' ? error.message : `${error.message} (TLS; see tls)`));
    };
    const closed = (): void => failed(new Error('it closed the connection.'));
    socket.once('error', failed).once('close', closed);
    socket.once(event, () => {
      cancel();
      socket.off('error', failed).off('close', closed);
      resolve();
    });
  });
}

function framed({ key, version, isFlexible, body }: Omit<KafkaRequest, 'name'>, correlationId: number): Buffer {
  const tags = isFlexible ? 1 : 0;
  const head = Buffer.alloc(14 + CLIENT_ID.length + tags);
  head.writeInt32BE(head.length - 4 + body.length, 0);
  head.writeInt16BE(key, 4);
  head.writeInt16BE(version, 6);
  head.writeInt32BE(correlationId, 8);
  head.writeInt16BE(CLIENT_ID.length, 12);
  CLIENT_ID.copy(head, 14);
  return Buffer.concat([head, body]);
}

/** Cuts what comes into answers, each after its length. The memory for one is taken at once. */
function frameReader(): (chunk: Buffer) => Generator<Buffer> {
  const length = Buffer.alloc(4);
  let lengthFilled = 0;
  let frame: Buffer | undefined;
  let filled = 0;

  return function* cut(chunk) {
    for (let at = 0; at < chunk.length; ) {
      if (frame === undefined) {
        const copied = chunk.copy(length, lengthFilled, at);
        at += copied;
        lengthFilled += copied;
        if (lengthFilled < length.length) return;
        const bytes = length.readUInt32BE(0);
        if (bytes < 4 || bytes > ANSWER_MOST_BYTES) throw badAnswer('a request', 'is not as long as one of Kafka');
        frame = Buffer.allocUnsafeSlow(bytes);
        [filled, lengthFilled] = [0, 0];
      }
      const copied = chunk.copy(frame, filled, at);
      at += copied;
      filled += copied;
      if (filled < frame.length) return;
      const whole = frame;
      frame = undefined;
      yield whole;
    }
  };
}
