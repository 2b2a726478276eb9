import type { Log } from '../host/log.ts';
import type { LambdaHost } from './host.ts';

/** What a function's handler works with. */
export interface FunctionPorts {
  /** What the container keeps, made by the first invocation. */
  readonly open: () => Promise<LambdaHost>;
  readonly log: Log;
}

/** What Lambda tells a handler of its invocation, as far as ours look at it. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}
