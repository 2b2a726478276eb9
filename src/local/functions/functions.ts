import { DeliveryError } from '../../core/errors.ts';
import { functionNameIn } from '../../host/functions/function-arn.ts';
import type { FunctionPorts } from '../../host/functions/function-ports.ts';
import { type LambdaApiSettings, lambdaApi } from '../../host/functions/lambda-api.ts';
import { lambdaTransform } from '../../processors/lambda/lambda-transform.ts';
import type { Transform } from '../../processors/lambda/transform.ts';
import { type LocalModule, localFunction } from './local-function.ts';

export interface FunctionsOptions extends FunctionPorts {
  /** Local modules by the name of the function they stand for. */
  readonly modules: Readonly<Record<string, LocalModule>>;
  /** Where all other functions are invoked; without it they are not. */
  readonly api?: LambdaApiSettings;
}

export interface Functions {
  readonly transform: Transform;
  /** Ends every worker and connection; what is under way fails. Waits a few seconds at most. */
  close(): Promise<void>;
}

/**
 * The functions that streams name: one whose name is in `modules` runs here, in whatever region and account its ARN
 * puts it, any other is invoked through Lambda's API. Resolves when every module is loaded; rejects with the
 * `ConfigError` of the first that cannot be, and leaves no worker behind.
 */
export async function functions(options: FunctionsOptions): Promise<Functions> {
  const entries = Object.entries(options.modules);
  const loading = await Promise.allSettled(entries.map(([name, module]) => localFunction({ name, module }, options)));
  const loaded = loading.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const broken = loading.find((each) => each.status === 'rejected');
  if (broken !== undefined) {
    await Promise.all(loaded.map((each) => each.close()));
    throw broken.reason;
  }

  const local = new Map(entries.map(([name], i) => [name, loaded[i]?.transform]));
  const api = options.api && lambdaApi(options.api, options);

  return {
    async transform(batch, signal) {
      const { functionArn } = batch;
      const { name } = functionNameIn(functionArn);
      const own = local.get(name);
      if (own !== undefined) return own(batch, signal);
      if (api === undefined) throw notFound(functionArn, name);
      const { newInvocationId } = options;
      const invoke = (payload: Uint8Array, stop: AbortSignal) =>
        api.invoke(payload, { functionArn, streamName: batch.stream.name, signal: stop });
      return lambdaTransform({ newInvocationId, invoke })(batch, signal);
    },

    async close() {
      api?.close();
      await withinGrace(
        loaded.map((each) => each.close()),
        options,
      );
    },
  };
}

/** A worker that waits for the system, such as for another program to end, cannot be ended before. */
const CLOSE_GRACE_MS = 5_000;

async function withinGrace(closing: readonly Promise<void>[], { now, alarm }: FunctionPorts): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const cancel = alarm(now() + CLOSE_GRACE_MS, resolve);
    void Promise.all(closing)
      .then(() => resolve(), reject)
      .finally(cancel);
  });
}

function notFound(functionArn: string, name: string): DeliveryError {
  const message =
    `There is no function ${functionArn}: the configuration has no module for it under functions.${name}, ` +
    'and names no Lambda endpoint to invoke it at.';
  return new DeliveryError(message, { code: 'Lambda.ResourceNotFound', retryable: true });
}
