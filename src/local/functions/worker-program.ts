import { captureOutput } from './worker-output.ts';
import { PLAIN_FORM, type TransformAll } from './worker-plain.ts';
import type { Answered, FunctionForm, Post, WorkerCall, WorkerLimits, WorkerStart } from './worker-protocol.ts';

/**
 * The program of a function's worker thread, as text.
 *
 * Node 20 runs no TypeScript, so a worker cannot be started from a file of ours that works both as a source, under
 * vitest, and compiled. Instead the worker gets the text of the functions below, taken from wherever this file was
 * loaded: TypeScript checks them like any others, and whatever removed their types left plain JavaScript. The price is
 * that they may use each other and what Node gives every program, and nothing that this file imports or declares beside
 * functions.
 *
 * A worker serves one call at a time: `WorkerCall`s come in, and of each a `WorkerAnswer` goes out, after whatever the
 * user's code had to say on the console.
 */

/** Any function can be called with anything; what comes of it is checked. */
type AnyFunction = (...given: readonly unknown[]) => unknown;

/** A module as imported: anything may be in it. */
interface Module {
  readonly handler?: unknown;
  readonly default?: unknown;
}

interface ServePorts {
  readonly threads: typeof import('node:worker_threads');
  readonly load: (url: string) => Promise<Module>;
  readonly captureOutput: typeof captureOutput;
  readonly transform: TransformAll;
}

function serve({ threads, load, captureOutput, transform }: ServePorts): void {
  const start = threads.workerData as WorkerStart; // by startThread
  const { url, key, limits } = start;
  // Out of sight of the user's code, which may also replace anything it sees; what is taken hold of here stays ours.
  Reflect.deleteProperty(start, 'key');
  const port = threads.parentPort;
  if (port === null) throw new Error('not in a worker');
  const postMessage = port.postMessage.bind(port);
  const post: Post = (message, transfer) => postMessage({ key, message }, transfer);
  const output = captureOutput(post, limits);

  load(url).then(
    (module) => {
      const found = functionIn(module);
      output.flush();
      if (found.form === undefined) return post({ type: 'unloadable', message: found.problem });
      port.on('message', async (call: WorkerCall) => {
        output.renew();
        const { answer, transfer } = await answerTo(call, { run: found.run, transform, limits });
        output.flush();
        post({ type: 'done', answer, bufferBytes: process.memoryUsage().arrayBuffers }, transfer);
      });
      return post({ type: 'loaded', form: found.form });
    },
    (error) => {
      output.flush();
      post({ type: 'unloadable', message: messageOf(error, limits) });
    },
  );
}

type Found =
  | { readonly form: FunctionForm; readonly run: AnyFunction }
  | { readonly form?: undefined; readonly problem: string };

/** `export const handler`, or `exports.handler` in CommonJS, is a Lambda handler; a default function the plain form. */
function functionIn(module: Module): Found {
  const main: unknown = module.default;
  const inner = typeof main === 'object' && main !== null && 'handler' in main ? main.handler : undefined;
  const handler = module.handler ?? inner;
  if (typeof handler === 'function' && typeof main === 'function') {
    return { problem: 'it exports both a handler and a default function; it must be one or the other.' };
  }
  if (typeof handler === 'function') return { form: 'handler', run: handler as AnyFunction };
  if (typeof main === 'function') return { form: 'plain', run: main as AnyFunction };
  return { problem: 'it exports neither a default function (record) => … nor a Lambda function named handler.' };
}

interface AnswerPorts {
  readonly run: AnyFunction;
  readonly transform: TransformAll;
  readonly limits: WorkerLimits;
}

async function answerTo(call: WorkerCall, { run, transform, limits }: AnswerPorts): Promise<Answered> {
  try {
    if (call.type === 'invoke') return await invoke(run, call);
    return await transform(run, call, { limits, messageOf: (error) => messageOf(error, limits) });
  } catch (error) {
    const detail = error instanceof Error && error.stack ? error.stack : messageOf(error, limits);
    const answer = { message: messageOf(error, limits), detail: detail.slice(0, limits.lineCharacters) };
    return { answer: { type: 'failed', ...answer } };
  }
}

/** Calls a handler as Lambda does: with an event and a context, and, if it wants one, a callback. */
async function invoke(handler: AnyFunction, call: WorkerCall & { type: 'invoke' }): Promise<Answered> {
  const { event, functionArn, functionName } = call;
  const parsed = JSON.parse(Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString());
  const endsAt = Date.now() + call.timeoutMs;
  const result = await new Promise<unknown>((resolve, reject) => {
    const done = (error: unknown, response?: unknown) => {
      if (error === null || error === undefined) resolve(response);
      else reject(error);
    };
    const context = {
      awsRequestId: parsed.invocationId,
      invokedFunctionArn: functionArn,
      functionName,
      functionVersion: functionArn.split(':')[7] ?? '$LATEST',
      memoryLimitInMB: String(call.memoryMb),
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => Math.max(endsAt - Date.now(), 0),
      done,
      succeed: (response: unknown) => done(null, response),
      fail: (error: unknown) => done(error ?? new Error('the function called context.fail')),
    };
    const returned = handler(parsed, context, done);
    // As in Lambda: a handler that takes a callback and returns nothing is waited for.
    if (returned !== undefined || handler.length < 3) resolve(returned);
  });
  const text = JSON.stringify(result) ?? 'null';
  const bytes = new Uint8Array(new ArrayBuffer(Buffer.byteLength(text)));
  Buffer.from(bytes.buffer).write(text);
  return { answer: { type: 'answered', response: bytes }, transfer: [bytes.buffer] };
}

function messageOf(error: unknown, limits: WorkerLimits): string {
  let text: string;
  try {
    text = error instanceof Error ? error.message || error.name : String(error);
  } catch {
    text = 'an error that cannot be shown'; // whatever was thrown, it says nothing about itself
  }
  return text.slice(0, limits.messageCharacters);
}

const FUNCTIONS = [serve, functionIn, answerTo, invoke, messageOf, captureOutput];

export const WORKER_PROGRAM = `
'use strict';
${FUNCTIONS.join('\n')}
${PLAIN_FORM}
serve({ threads: require('node:worker_threads'), load: (url) => import(url), captureOutput, transform });
`;
