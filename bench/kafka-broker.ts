import { createServer } from 'node:net';
import { wireReader, wireWriter } from '../src/local/kafka/wire.ts';

/** A broker as far as reading asks, whose topics never end: each partition has the same batch again and again. */
export interface EndlessBroker {
  readonly port: number;
  /** Records that were read and stored, since what is behind them was asked for. */
  stored(): number;
  close(): void;
}

const PARTITIONS = 8;
const BATCH_RECORDS = 500;
/** Of one partition in one answer. */
const BATCHES = 2;

export async function endlessBroker(recordBytes: number): Promise<EndlessBroker> {
  const batch = batchOf(recordBytes);
  const asked = new Map<string, number>();
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {}); // the service is killed when it was measured
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = bytes.subarray(4, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(4 + request.length);
        const answer = answerTo(request);
        const head = wireWriter()
          .int32(4 + answer.length)
          .int32(request.readInt32BE(4));
        socket.write(Buffer.concat([head.written(), answer]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  function answerTo(request: Buffer): Buffer {
    const key = request.readInt16BE(0);
    const body = wireReader(request.subarray(8));
    body.text(); // client_id
    if (key === 18) return wireWriter().int16(0).int16(0).int16(0).int16(0).written(); // Metadata of the oldest form
    return key === 3 ? metadata() : key === 2 ? offsets() : fetched(body);
  }

  function metadata(): Buffer {
    const answer = wireWriter().int32(0);
    answer.list([1], (node) => void answer.int32(node).text('127.0.0.1').int32(port).text(null));
    answer
      .text('bench')
      .int32(1)
      .list(['t'], (name) => {
        answer
          .int16(0)
          .text(name)
          .int8(0)
          .list(numbers(PARTITIONS), (partition) => {
            answer
              .int16(0)
              .int32(partition)
              .int32(1)
              .list([], () => {})
              .list([], () => {});
          });
      });
    return answer.written();
  }

  function offsets(): Buffer {
    const answer = wireWriter().int32(0);
    answer.list(['t'], (name) => {
      answer.text(name).list(numbers(PARTITIONS), (partition) => {
        answer.int32(partition).int16(0).int64(-1).int64(0);
      });
    });
    return answer.written();
  }

  function fetched(body: ReturnType<typeof wireReader>): Buffer {
    for (let i = 0; i < 4; i++) body.int32();
    body.int8();
    for (let i = 0; i < 2; i++) body.int32();
    const answer = wireWriter().int32(0).int16(0).int32(0);
    const topics = body.list(() => {
      const name = body.text() ?? '';
      const partitions = body.list(() => {
        const partition = body.int32();
        body.int32();
        const offset = body.int64();
        body.int64();
        body.int32();
        asked.set(`${name}/${partition}`, offset);
        return { partition, offset };
      });
      return { name, partitions };
    });
    answer.list(topics, ({ name, partitions }) => {
      answer.text(name).list(partitions, ({ partition, offset }) => {
        const end = offset + 1_000_000;
        answer
          .int32(partition)
          .int16(0)
          .int64(end)
          .int64(end)
          .int64(0)
          .list([], () => {});
        answer.bytes(Buffer.concat(numbers(BATCHES).map((i) => at(offset + i * BATCH_RECORDS))));
      });
    });
    return answer.written();
  }

  function at(offset: number): Buffer {
    const copy = Buffer.from(batch);
    copy.writeBigInt64BE(BigInt(offset), 0);
    return copy;
  }

  return {
    port,
    stored: () => [...asked.values()].reduce((sum, offset) => sum + offset, 0),
    close: () => void server.close(),
  };
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** https://kafka.apache.org/documentation/#recordbatch */
function batchOf(recordBytes: number): Buffer {
  const value = Buffer.alloc(recordBytes, 'x');
  const records = numbers(BATCH_RECORDS).map((number) => {
    const record = Buffer.concat([
      Buffer.from([0, 0]),
      varint(number),
      varint(-1),
      varint(value.length),
      value,
      varint(0),
    ]);
    return Buffer.concat([varint(record.length), record]);
  });
  const head = Buffer.alloc(61);
  const length = records.reduce((sum, record) => sum + record.length, 0);
  head.writeInt32BE(head.length - 12 + length, 8);
  head.writeInt8(2, 16);
  head.writeInt32BE(BATCH_RECORDS - 1, 23);
  head.writeBigInt64BE(BigInt(Date.now()), 27);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt32BE(BATCH_RECORDS, 57);
  return Buffer.concat([head, ...records]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
