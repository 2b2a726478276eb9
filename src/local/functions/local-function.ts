import { strict as assert } from 'node:assert';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, DeliveryError } from '../../core/errors.ts';
import type { FunctionPorts } from '../../host/functions/function-ports.ts';
import { inHalves } from '../../processors/lambda/halves.ts';
import { lambdaTransform } from '../../processors/lambda/lambda-transform.ts';
import type { Transform, TransformBatch } from '../../processors/lambda/transform.ts';
import { plainCall, plainOutcomes } from './plain-form.ts';
import { startThread, type Thread } from './thread.ts';
import { threads } from './threads.ts';
import type { FunctionForm, WorkerAnswer, WorkerCall } from './worker-protocol.ts';

export interface LocalModule {
  /** The module's absolute path. */
  readonly file: string;
  /** How long one call may take, in ms; 5 minutes unless given, as long as Firehose waits. */
  readonly timeoutMs?: number;
  /** The size of each worker's heap in MiB, and what it may hold in buffers beside; 256 unless given. */
  readonly memoryMb?: number;
  /** Calls at once, with a worker each; 5 unless given. */
  readonly concurrency?: number;
}

export interface LocalFunction {
  readonly form: FunctionForm;
  readonly transform: Transform;
  close(): Promise<void>;
}

/** Firehose's own limit. https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html */
const TIMEOUT_MS = 5 * 60_000;
const MEMORY_MB = 256;
/**
 * As many invocations as Firehose makes at once. A worker serves one at a time, like an execution environment of
 * Lambda's, so that blocking code holds up its own call only, and console output has one stream it can belong to.
 */
const CONCURRENCY = 5;
/** Lambda gives a module ten seconds to load; a laptop under load may be slower. */
const LOADING_LONGEST_MS = 30_000;

/**
 * A module as a function, of either form, in worker threads. Resolves when the module is loaded; rejects with a
 * `ConfigError` that names the file when it cannot be.
 */
export async function localFunction(
  { name, module }: { readonly name: string; readonly module: LocalModule },
  ports: FunctionPorts,
): Promise<LocalFunction> {
  const { file, timeoutMs = TIMEOUT_MS, memoryMb = MEMORY_MB, concurrency = CONCURRENCY } = module;
  const { log } = ports;
  const streamOf = new WeakMap<Thread, string>();

  function start(): Thread {
    const thread: Thread = startThread({
      url: pathToFileURL(file).href,
      functionName: name,
      memoryMb,
      say(level, text) {
        const streamName = streamOf.get(thread);
        log({ functionName: name, level, text, ...(streamName !== undefined && { streamName }) });
      },
    });
    return thread;
  }

  const pool = threads({ start, most: concurrency });

  function call(call: WorkerCall, { stream }: TransformBatch, signal: AbortSignal): Promise<WorkerAnswer> {
    return pool.run(async (thread) => {
      streamOf.set(thread, stream.name);
      const answer = loadedIn(thread).then(() => thread.call(call));
      const limit = { thread, signal, timeoutMs, timedOut: () => timedOut(name, timeoutMs) };
      return limited(answer, limit, ports).finally(() => streamOf.delete(thread));
    }, signal);
  }

  const form = await pool.run((thread) => {
    const timedOut = () => new Error(`it is still loading after ${LOADING_LONGEST_MS / 1_000} seconds`);
    const limit = { thread, signal: new AbortController().signal, timeoutMs: LOADING_LONGEST_MS, timedOut };
    return limited(thread.loaded, limit, ports).catch(async (error: Error) => {
      await thread.kill();
      throw new ConfigError(`functions.${name}`, `${file} cannot be loaded: ${error.message}${hint(file)}`);
    });
  }, new AbortController().signal);

  const invoked: Transform = (batch, signal) =>
    lambdaTransform({
      newInvocationId: ports.newInvocationId,
      async invoke(event) {
        const { functionArn } = batch;
        const asked = { type: 'invoke', event, functionArn, functionName: name, memoryMb, timeoutMs } as const;
        const answer = await call(asked, batch, signal);
        assert(answer.type === 'answered');
        return answer.response;
      },
    })(batch, signal);
  const plain = inHalves(async (batch, signal) => plainOutcomes(await call(plainCall(batch), batch, signal)));

  return { form, transform: form === 'handler' ? invoked : plain, close: pool.close };
}

/** The module was there when the service started; what is wrong with it now may be put right. */
async function loadedIn(thread: Thread): Promise<void> {
  try {
    await thread.loaded;
  } catch (cause) {
    const message = `The function cannot be loaded any more: ${cause instanceof Error ? cause.message : cause}`;
    throw new DeliveryError(message, { code: 'Lambda.FunctionError', retryable: true, cause });
  }
}

interface Limit {
  readonly thread: Thread;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly timedOut: () => Error;
}

/** The work's result, unless it takes too long or is given up: then its thread ends, whatever it is doing. */
function limited<T>(work: Promise<T>, limit: Limit, { now, alarm }: FunctionPorts): Promise<T> {
  const { thread, signal, timeoutMs, timedOut } = limit;
  return new Promise<T>((resolve, reject) => {
    const kill = (reason: unknown) => {
      reject(reason);
      void thread.kill();
    };
    const aborted = () => kill(signal.reason);
    const cancel = alarm(now() + timeoutMs, () => kill(timedOut()));
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
    void work.then(resolve, reject).finally(() => {
      cancel();
      signal.removeEventListener('abort', aborted);
    });
  });
}

function timedOut(name: string, timeoutMs: number): DeliveryError {
  const message = `The Lambda function timed out: ${name} took longer than ${timeoutMs / 1_000} seconds.`;
  return new DeliveryError(message, { code: 'Lambda.FunctionTimedOut', retryable: true });
}

function hint(file: string): string {
  if (!/^\.[cm]?ts$/.test(extname(file))) return '';
  // Node says so itself since 22.10; before, it could not.
  if ('typescript' in process.features && process.features.typescript !== false) return '';
  return ` Modules in TypeScript need Node 22.18 or later; this is Node ${process.versions.node}.`;
}
