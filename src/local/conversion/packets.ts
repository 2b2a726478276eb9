import type { BatchBlock } from '../../core/buffer.ts';
import type { PackedRecords } from './protocol.ts';

/** A larger block is a packet by itself. */
const PACKET_BYTES = 512 * 1024;
const PACKET_RECORDS = 10_000;

/**
 * The blocks' records in packets that a thread can be given: a stream of single puts has blocks of one record, and
 * handing each over would cost more than converting it. The bytes are copied, because a block may be a view of memory
 * that others use, and what a thread is given is gone here.
 */
export async function* packets(
  blocks: AsyncIterable<BatchBlock>,
  spares: ArrayBuffer[],
): AsyncGenerator<PackedRecords> {
  let gathered: BatchBlock[] = [];
  let bytes = 0;
  let records = 0;
  let nextPlace = 0;
  for await (const block of blocks) {
    const isFull = bytes + block.data.length > PACKET_BYTES || records + block.lengths.length > PACKET_RECORDS;
    // Records are missing in between where the buffer was damaged; each knows its place by those before it.
    if (gathered.length > 0 && (isFull || block.place !== nextPlace)) {
      yield packed(gathered, { memory: memoryFor(bytes, spares), bytes, records });
      gathered = [];
      bytes = 0;
      records = 0;
    }
    gathered.push(block);
    bytes += block.data.length;
    records += block.lengths.length;
    nextPlace = block.place + block.lengths.length;
  }
  if (gathered.length > 0) yield packed(gathered, { memory: memoryFor(bytes, spares), bytes, records });
}

/** Memory is used again, because what is garbage on another thread lies there until that one collects it. */
function memoryFor(bytes: number, spares: ArrayBuffer[]): ArrayBuffer {
  const spare = spares.pop();
  if (spare !== undefined && spare.byteLength >= bytes) return spare;
  // Most batches of a stream with many partitions are a small packet and no more.
  return new ArrayBuffer(bytes < PACKET_BYTES / 2 ? bytes : Math.max(bytes, PACKET_BYTES));
}

interface Room {
  readonly memory: ArrayBuffer;
  readonly bytes: number;
  readonly records: number;
}

function packed(blocks: readonly BatchBlock[], { memory, bytes, records }: Room): PackedRecords {
  const data = new Uint8Array(memory);
  const lengths = new Uint32Array(records);
  let [byte, record] = [0, 0];
  for (const block of blocks) {
    data.set(block.data, byte);
    lengths.set(block.lengths, record);
    byte += block.data.length;
    record += block.lengths.length;
  }
  return { place: blocks[0]?.place ?? 0, memory, bytes, lengths };
}
