import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Keys, Reason } from '../processors/item.ts';
import type { Extract } from '../processors/metadata-extraction.ts';
import { extractionFailed } from '../processors/partitioning.ts';

export interface JqWorker {
  readonly extract: Extract;
  close(): Promise<void>;
}

/** What the thread is asked, and answers with an outcome for each record. */
export interface JqRequest {
  readonly query: string;
  readonly records: readonly Uint8Array[];
}

/**
 * A record's query may take this long, twice: a machine that stands still for a moment must not fail a record. A chunk
 * of a MiB takes some 30 ms.
 */
const LONGEST_MS = 5_000;
/** The message that a thread is ready for requests. */
export const READY = 'ready';
/** Then the thread ends, and what it was at counts as having taken too long. */
const THREAD_MEMORY_MB = 256;

/**
 * Runs jq queries on a thread of its own, where they keep nobody waiting, and where one that does not end, as a regular
 * expression can, is ended: the records it was given are tried again in halves, until the one that it does not end on
 * is alone and fails. A query that was ended once runs on another thread from then on, so that the queries of other
 * streams need not wait for it.
 */
export function jqWorker({ longestMs = LONGEST_MS } = {}): JqWorker {
  const threads = { quick: jqThread(longestMs), slow: jqThread(longestMs) };
  const slowQueries = new Set<string>();

  async function extract(query: string, records: readonly Uint8Array[]): Promise<readonly (Keys | Reason)[]> {
    if (records.length === 0) return [];
    const thread = slowQueries.has(query) ? threads.slow : threads.quick;
    const outcomes = await thread.run({ query, records });
    if (outcomes !== undefined) return outcomes;
    slowQueries.add(query);
    if (records.length === 1) {
      const again = await threads.slow.run({ query, records });
      return again ?? [extractionFailed(`The query takes longer than ${longestMs / 1_000} seconds.`)];
    }
    const half = Math.ceil(records.length / 2);
    return [...(await extract(query, records.slice(0, half))), ...(await extract(query, records.slice(half)))];
  }

  return {
    extract,
    async close() {
      await Promise.all([threads.quick.close(), threads.slow.close()]);
    },
  };
}

type Outcomes = readonly (Keys | Reason)[];

/** One thread, started when it is first needed and again after it was ended. */
function jqThread(longestMs: number) {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Resolves when the thread takes requests, which on a busy machine may be later than a query may take. */
  async function start(): Promise<Worker> {
    const started = new Worker(new URL('./jq-thread.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
    });
    started.unref();
    await once(started, 'message');
    return started;
  }

  /** The thread's answer; undefined when it took too long, or too much memory. Rejects when it does not run at all. */
  async function ask(request: JqRequest): Promise<Outcomes | undefined> {
    worker ??= await start();
    const asked = worker;
    return new Promise((resolve, reject) => {
      // One by one: without its own listeners, which removeAllListeners takes as well, a worker says nothing more.
      const done = (): void => {
        clearTimeout(timeout);
        asked.off('message', answered).off('error', end).off('exit', exited);
      };
      const answered = (outcomes: Outcomes): void => {
        done();
        resolve(outcomes);
      };
      const end = (error?: unknown): void => {
        done();
        worker = undefined;
        asked.on('error', () => {}); // what it says while it is being ended is of no interest
        void asked.terminate();
        if (error === undefined || isOutOfMemory(error)) resolve(undefined);
        else reject(error);
      };
      const exited = (code: number): void => {
        end(new Error(`The thread for jq queries ended with exit code ${code}.`));
      };
      const timeout = setTimeout(end, longestMs);
      asked.on('message', answered).on('error', end).on('exit', exited);
      asked.postMessage(request);
    });
  }

  return {
    run(request: JqRequest): Promise<Outcomes | undefined> {
      const answer = last.then(() => ask(request));
      last = answer.catch(() => {}); // whoever asked is told; the next one has a new thread
      return answer;
    },
    async close() {
      await worker?.terminate();
    },
  };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
