import { availableParallelism } from 'node:os';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { BatchBlock } from '../../core/buffer.ts';
import { DeliveryError } from '../../core/errors.ts';
import { type ConversionFailure, converter } from '../../formats/conversion/converter.ts';
import { packets } from './packets.ts';
import type { Answer, ConversionTask, Converted, FailedConversion, Packet } from './protocol.ts';

export interface ConversionThreads {
  /** Converts as the plain one does, to the same bytes, but on a thread. */
  readonly converter: typeof converter;
  /** Ends the threads. What is under way rejects, and so does whatever comes later. */
  close(): Promise<void>;
}

/** One core is left to the service; compression has the threads of Node's own pool. */
const THREADS_MOST = Math.min(Math.max(availableParallelism() - 1, 1), 4);
/** One that is being converted, and the next one, so that the thread need not wait for this one. */
const PACKETS_AT_ONCE = 2;
/** Of a thread's heap, in which there is little: records, columns and pages lie in buffers. */
const HEAP_MB = 256;

/**
 * Converts to Parquet on threads, where nobody waits for it: a MiB takes some 20 ms. A conversion stays on one thread,
 * the one with the fewest, and takes turns there with the others, a packet each, so that a small file is done soon
 * beside a large one. A conversion has at most two packets at its thread, and reads no further than its own reader: one
 * that is slow, or that stops, stops it there.
 *
 * When a thread crashes or its heap is full, its conversions reject with a retryable `DeliveryError`; the next one
 * starts another.
 */
export function conversionThreads({ most = THREADS_MOST, heapMb = HEAP_MB } = {}): ConversionThreads {
  const threads = new Set<Thread>();
  let isClosed = false;

  function leastBusy(): Thread {
    const [least] = [...threads].sort((a, b) => a.conversions() - b.conversions());
    if (least !== undefined && (least.conversions() === 0 || threads.size === most)) return least;
    const thread = startThread(heapMb, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  return {
    converter(schema, input, output) {
      converter(schema, input, output); // throws what is wrong with them here
      return {
        async *convert(blocks, failed) {
          if (isClosed) throw ended('The service is stopping.');
          const conversion = leastBusy().begin({ schema, input, output });
          try {
            yield* converted(conversion, blocks, failed);
          } finally {
            conversion.end();
          }
        },
      };
    },

    async close() {
      isClosed = true;
      await Promise.all([...threads].map((thread) => thread.close()));
    },
  };
}

async function* converted(
  { ask }: Conversion,
  blocks: AsyncIterable<BatchBlock>,
  failed: (failure: ConversionFailure) => void,
): AsyncGenerator<Uint8Array> {
  const asked: Promise<Converted>[] = [];
  const spares: ArrayBuffer[] = [];
  function* taken({ pieces, failures, memory }: Converted) {
    if (memory !== undefined) spares.push(memory);
    for (const failure of failures) failed(failure);
    yield* pieces;
  }
  for await (const packet of packets(blocks, spares)) {
    const first = asked.length === PACKETS_AT_ONCE ? asked.shift() : undefined;
    const answer = await first;
    asked.push(ask(packet));
    if (answer !== undefined) yield* taken(answer);
  }
  for (const answer of asked) yield* taken(await answer);
  yield* taken(await ask('end'));
}

interface Thread {
  /** How many are under way. */
  conversions(): number;
  begin(task: Omit<ConversionTask, 'port'>): Conversion;
  close(): Promise<void>;
}

interface Conversion {
  ask(packet: Packet): Promise<Converted>;
  /** Lets go of all it holds, here and on the thread, however far it is. */
  end(): void;
}

/** An answer that is still to come. */
interface Waiting {
  readonly resolve: (answer: Converted) => void;
  readonly reject: (error: Error) => void;
}

/** `over` is called when it takes no more conversions. */
function startThread(heapMb: number, over: () => void): Thread {
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    name: 'conversion',
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  worker.unref();
  /** Each as what to call when nothing more will come of it. */
  const conversions = new Set<(reason: Error) => void>();
  let death: DeliveryError | undefined;

  function die(reason: string, cause?: unknown): void {
    death ??= ended(reason, cause);
    over();
    for (const fail of conversions) fail(death);
  }

  worker.on('error', (error) => die(`Its thread ended: ${error instanceof Error ? error.message : error}`, error));
  worker.on('exit', (code) => die(`Its thread ended with exit code ${code}.`));

  function begin(task: Omit<ConversionTask, 'port'>): Conversion {
    const { port1, port2 } = new MessageChannel();
    const waiting: Waiting[] = [];
    let failure: Error | undefined = death;
    const fail = (reason: Error): void => {
      failure ??= reason;
      for (const { reject } of waiting.splice(0)) reject(failure);
    };
    conversions.add(fail);
    port1.on('message', (answer: Answer) => {
      if (answer.type === 'converted') waiting.shift()?.resolve(answer);
      else fail(errorOf(answer));
    });
    worker.postMessage({ ...task, port: port2 } satisfies ConversionTask, [port2]);
    return {
      ask(packet) {
        const answer = new Promise<Converted>((resolve, reject) => {
          if (failure === undefined) waiting.push({ resolve, reject });
          else reject(failure);
        });
        answer.catch(() => undefined); // it may fail before it is awaited
        port1.postMessage(packet, packet === 'end' ? [] : [packet.memory, packet.lengths.buffer]);
        return answer;
      },
      end() {
        conversions.delete(fail);
        port1.close();
      },
    };
  }

  return {
    conversions: () => conversions.size,
    begin,
    async close() {
      await worker.terminate();
    },
  };
}

function errorOf({ message, delivery }: FailedConversion): Error {
  return delivery === undefined ? new Error(message) : new DeliveryError(message, delivery);
}

function ended(reason: string, cause?: unknown): DeliveryError {
  const message = `The conversion to Parquet did not end. ${reason} The records stay buffered.`;
  return new DeliveryError(message, { code: 'Hydrant.ConversionEnded', retryable: true, cause });
}
