import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { functionError } from '../../host/functions/lambda-error.ts';
import { WORKER_PROGRAM } from './worker-program.ts';
import type {
  FunctionForm,
  LogLevel,
  WorkerAnswer,
  WorkerCall,
  WorkerEnvelope,
  WorkerMessage,
  WorkerStart,
} from './worker-protocol.ts';

const MIB = 1024 * 1024;

/** Of console output one call may make, and of messages; more is cut off in the worker. */
const LOG_LINES_MOST = 1_000;
const LINE_CHARACTERS_MOST = 8_192;
const MESSAGE_CHARACTERS_MOST = 1_000;

/** What the plain form may answer to one call: several times what a Lambda function could. */
const OUTPUT_BYTES_MOST = 32 * MIB;
const OUTPUTS_MOST = 1_000_000;
const RECORDS_AT_ONCE = 64;

export interface ThreadOptions {
  /** The module's URL. */
  readonly url: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly say: (level: LogLevel, text: string) => void;
}

/** One worker with the user's module in it: what an execution environment is in Lambda. */
export interface Thread {
  /** Resolves once the module is loaded; rejects with an `Error` that says why it cannot be. */
  readonly loaded: Promise<FunctionForm>;
  /**
   * One call, after `loaded` and after the last was answered. The call's memory goes to the worker. Rejects with a
   * retryable `DeliveryError` when the function failed or the worker ended.
   */
  call(call: WorkerCall): Promise<WorkerAnswer>;
  /** Whether it can take another call. */
  isAlive(): boolean;
  /** Ends it whatever it is doing; what is under way rejects. Safe to call again. */
  kill(): Promise<void>;
}

/**
 * Starts a worker for a module. Nothing the module does reaches further than its worker: an error that nobody caught,
 * `process.exit` or a heap over its limit end the worker, and the call that was under way fails. The one thing that no
 * limit of Node's covers, memory outside the heap, is looked at after each call, and a worker with too much of it ends.
 */
export function startThread({ url, functionName, memoryMb, say }: ThreadOptions): Thread {
  const workerData: WorkerStart = {
    url,
    key: randomUUID(),
    limits: {
      logLines: LOG_LINES_MOST,
      lineCharacters: LINE_CHARACTERS_MOST,
      messageCharacters: MESSAGE_CHARACTERS_MOST,
      outputBytes: OUTPUT_BYTES_MOST,
      outputs: OUTPUTS_MOST,
      recordsAtOnce: RECORDS_AT_ONCE,
    },
  };
  const worker = new Worker(WORKER_PROGRAM, {
    eval: true,
    workerData,
    name: functionName,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    // What is written past our own capture has nowhere to go.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();

  const loading = promised<FunctionForm>();
  let current: Promised<WorkerAnswer> | undefined;
  let isAlive = true;
  let isKilled = false;
  let uncaught: Error | undefined;

  function kill(): Promise<void> {
    isAlive = false;
    isKilled = true;
    return worker.terminate().then(() => undefined);
  }

  function finish(answer: WorkerAnswer, bufferBytes: number): void {
    const call = current;
    current = undefined;
    if (bufferBytes > memoryMb * MIB) {
      const held = Math.round(bufferBytes / MIB);
      say('warn', `The function holds ${held} MiB in buffers, over its ${memoryMb} MiB: it is started anew.`);
      void kill();
    }
    if (answer.type === 'failed') {
      say('error', answer.detail);
      call?.reject(functionError(answer.message));
    } else {
      call?.resolve(answer);
    }
  }

  function take(message: WorkerMessage): void {
    if (message.type === 'log') say(message.level, message.text);
    else if (message.type === 'loaded') loading.resolve(message.form);
    else if (message.type === 'done') finish(message.answer, message.bufferBytes);
    else {
      loading.reject(new Error(message.message));
      void kill();
    }
  }

  // The module can post messages, too; those are not for us.
  worker.on('message', (envelope: Partial<WorkerEnvelope> | null | undefined) => {
    if (envelope?.key === workerData.key && envelope.message !== undefined) take(envelope.message);
  });
  // Whatever this was, the worker waits no longer for a call to end that did.
  worker.on('messageerror', () => void kill());
  worker.on('error', (error) => {
    uncaught = error instanceof Error ? error : new Error(String(error));
  });
  worker.on('exit', (code) => {
    isAlive = false;
    const reason = uncaught === undefined ? `it ended itself with exit code ${code}` : uncaught.message;
    if (!isKilled) say('error', `The function's worker ended: ${uncaught?.stack ?? reason}`);
    loading.reject(new Error(reason));
    current?.reject(functionError(reason));
    current = undefined;
  });
  // Whoever waits for it gets the rejection; nobody may be waiting.
  loading.promise.catch(() => undefined);

  return {
    loaded: loading.promise,
    async call(call) {
      if (!isAlive) throw functionError('its worker ended before the call');
      current = promised<WorkerAnswer>();
      const { promise } = current;
      worker.postMessage(call, call.type === 'invoke' ? [call.event.buffer] : [call.data.buffer]);
      return promise;
    },
    isAlive: () => isAlive,
    kill,
  };
}

interface Promised<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function promised<T>(): Promised<T> {
  let settle: Pick<Promised<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle! }; // the executor has run
}
