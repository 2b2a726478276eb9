import { createServer, type Socket } from 'node:net';
import { DeliveryError } from '../../../src/core/errors.ts';
import type { KafkaApi } from '../../../src/local/kafka/kafka-api.ts';
import { type WireReader, type WireWriter, wireReader, wireWriter } from '../../../src/local/kafka/wire.ts';
import type { KafkaModel } from './kafka-model.ts';

export interface KafkaEndpoint {
  readonly port: number;
  /** Requests so far, by name. */
  readonly asked: string[];
  /** Answers in place of what would be, where it gives bytes; nothing is no answer at all. */
  instead: (name: string) => Buffer | 'nothing' | undefined;
  /** Closes what is connected, as brokers do with idle connections. */
  drop(): void;
  close(): Promise<void>;
}

const NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'Fetch', 2: 'ListOffsets', 3: 'Metadata', 17: 'SaslHandshake', 18: 'ApiVersions', 36: 'SaslAuthenticate' },
};
const REQUEST_MOST_BYTES = 1024 * 1024;
const never = new AbortController().signal;

/** The model as a broker on a socket, which leads everything. `metadata`: the newest version that it knows. */
export async function kafkaEndpoint(model: KafkaModel, { metadata = 12 } = {}): Promise<KafkaEndpoint> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {}); // the client may be gone before its answer
    socket.on('data', async (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      // As brokers do, when they are spoken to in another protocol.
      if (bytes.length >= 4 && bytes.readInt32BE(0) > REQUEST_MOST_BYTES) socket.destroy();
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const frame = bytes.subarray(4, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(4 + frame.length);
        const answer = await answerTo(frame);
        if (answer === 'nothing') continue;
        const length = Buffer.alloc(4);
        length.writeInt32BE(answer.length);
        // In two, so that nothing can rely on an answer coming at once.
        socket.write(Buffer.concat([length.subarray(0, 3)]));
        socket.write(Buffer.concat([length.subarray(3), answer]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  async function answerTo(frame: Buffer): Promise<Buffer | 'nothing'> {
    const head = wireReader(frame);
    const [key, version] = [head.int16(), head.int16()];
    const correlation = head.int32();
    head.text(); // client_id
    const name = NAMES[key] ?? '';
    endpoint.asked.push(name);
    const isFlexible = key === 3 && version >= 9;
    const other = endpoint.instead(name);
    if (other !== undefined) return other;
    // Fields behind the head start after its own tags.
    const body = wireReader(frame.subarray(8 + 2 + 'hydrant'.length + (isFlexible ? 1 : 0)), { isFlexible });
    const answer = wireWriter({ isFlexible });
    if (isFlexible) answer.noTags();
    await write(name, body, answer);
    return Buffer.concat([wireWriter().int32(correlation).written(), answer.written()]);
  }

  async function write(name: string, body: WireReader, answer: WireWriter): Promise<void> {
    switch (name) {
      case 'ApiVersions':
        answer.int16(0).list([3], (key) => void answer.int16(key).int16(0).int16(metadata));
        return;
      case 'SaslHandshake':
        answer.int16(0).list(['PLAIN'], (each) => void answer.text(each));
        return;
      case 'SaslAuthenticate': {
        const isRight = body.bytes().toString() === '\0alice\0secret';
        answer
          .int16(isRight ? 0 : 58)
          .text(isRight ? null : 'Wrong.')
          .bytes(Buffer.alloc(0));
        return;
      }
      case 'Metadata':
        return writeTopic(body, answer);
      case 'ListOffsets':
        return writeOffsets(body, answer);
      case 'Fetch':
        return writeFetched(body, answer);
    }
  }

  async function writeTopic(body: WireReader, answer: WireWriter): Promise<void> {
    const [name] = body.list(() => {
      if (body.isFlexible) body.uuid();
      return body.text();
    });
    const isIds = body.isFlexible;
    answer.int32(0).list([1], (node) => void answer.int32(node).text('127.0.0.1').int32(port).text(null).noTags());
    answer.text('cluster').int32(1);
    const found = await errorOr(model.api.topic(name ?? '', never));
    const partitions = 'error' in found ? [] : found.partitions;
    answer.list([found], (topic) => {
      answer.int16('error' in topic ? topic.error : 0).text(name ?? '');
      if (isIds) answer.int64(0).int64('error' in topic ? 0 : 7);
      answer.int8(0).list(partitions, ({ partition }) => {
        answer.int16(0).int32(partition).int32(1);
        if (isIds) answer.int32(0);
        for (let i = 0; i < (isIds ? 3 : 2); i++) answer.list([1], (node) => void answer.int32(node));
        answer.noTags();
      });
      if (isIds) answer.int32(0);
      answer.noTags();
    });
    answer.noTags();
  }

  async function writeOffsets(body: WireReader, answer: WireWriter): Promise<void> {
    body.int32();
    body.int8();
    const [topic = []] = body.list(() => {
      body.text();
      return body.list(() => ({ partition: body.int32(), time: body.int64() }));
    });
    const places = topic.map(({ partition, time }) => {
      return { partition, place: time === -1 ? ('latest' as const) : time === -2 ? ('earliest' as const) : time };
    });
    const offsets = await model.api.offsets({ leader: 0, topic: '' }, places, never);
    answer.int32(0).list(['t'], (name) => {
      answer.text(name).list(places, ({ partition }) => {
        answer
          .int32(partition)
          .int16(0)
          .int64(-1)
          .int64(offsets.get(partition) ?? -1);
      });
    });
  }

  async function writeFetched(body: WireReader, answer: WireWriter): Promise<void> {
    for (let i = 0; i < 4; i++) body.int32();
    body.int8();
    body.int32();
    body.int32();
    const [asked = []] = body.list(() => {
      body.text();
      return body.list(() => {
        const partition = body.int32();
        body.int32();
        const offset = body.int64();
        body.int64();
        body.int32();
        return { partition, offset };
      });
    });
    const found: Awaited<ReturnType<KafkaApi['fetch']>> = await model.api.fetch({ leader: 0, topic: '' }, asked, never);
    answer
      .int32(0)
      .int16(0)
      .int32(0)
      .list(['t'], (name) => {
        answer.text(name).list(found, ({ partition, error, end, batches }) => {
          answer
            .int32(partition)
            .int16(error ? numberIn(error) : 0)
            .int64(end)
            .int64(end)
            .int64(0);
          answer.list(
            [{ producerId: 5, firstOffset: 9 }],
            (each) => void answer.int64(each.producerId).int64(each.firstOffset),
          );
          answer.bytes(batches);
        });
      });
  }

  const endpoint: KafkaEndpoint = {
    port,
    asked: [],
    instead: () => undefined,
    drop() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      endpoint.drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}

async function errorOr<T>(answer: Promise<T>): Promise<T | { readonly error: number }> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DeliveryError) return { error: numberIn(error) };
    throw error;
  }
}

function numberIn({ message }: DeliveryError): number {
  return Number(/error (\d+)/.exec(message)?.[1]);
}
