import { on } from 'node:events';
import { parentPort } from 'node:worker_threads';
import type { BatchBlock } from '../../core/buffer.ts';
import { DeliveryError } from '../../core/errors.ts';
import { type ConversionFailure, converter } from '../../formats/conversion/converter.ts';
import type { Answer, ConversionTask } from './protocol.ts';

/**
 * What `conversionThreads` runs on each thread. Conversions take turns, a packet each: none has more than one packet
 * here, and the thread takes messages in the order in which they come.
 */
parentPort?.on('message', (task: ConversionTask) => void run(task));

async function run({ schema, input, output, port }: ConversionTask): Promise<void> {
  const closed = new AbortController();
  port.once('close', () => closed.abort());
  let pieces: Uint8Array[] = [];
  let failures: ConversionFailure[] = [];

  function answer(memory?: ArrayBuffer): void {
    const own = pieces.map(ownMemory);
    const converted: Answer = { type: 'converted', pieces: own, failures, ...(memory && { memory }) };
    port.postMessage(converted, [...own.map(({ buffer }) => buffer), ...(memory ? [memory] : [])]);
    pieces = [];
    failures = [];
  }

  /** The converter asks for the next block when it is done with the last one. */
  async function* blocks(): AsyncGenerator<BatchBlock> {
    for await (const [packet] of on(port, 'message', { signal: closed.signal })) {
      if (packet === 'end') return;
      const { place, memory, bytes, lengths } = packet;
      yield { place, data: new Uint8Array(memory, 0, bytes), lengths, arrivedAt: 0 }; // no part of the file
      answer(memory);
    }
  }

  try {
    const { convert } = converter(schema, input, output);
    for await (const piece of convert(blocks(), (failure) => failures.push(failure))) pieces.push(piece);
    answer();
  } catch (error) {
    const failed: Answer = { type: 'failed', ...plain(error) };
    port.postMessage(failed);
  } finally {
    port.close();
  }
}

/** Short pieces may lie in memory that others use, too. */
function ownMemory(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = piece;
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === piece.byteLength;
  return isAlone ? new Uint8Array(buffer) : Uint8Array.from(piece);
}

function plain(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof DeliveryError)) return { message };
  const { code, retryable, refused } = error;
  return { message, delivery: { code, retryable, refused } };
}
